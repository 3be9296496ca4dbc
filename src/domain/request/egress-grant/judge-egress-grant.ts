import type { Grant } from "../../grant.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import type { FoundReason } from "./admission-chain.ts";
import type { Some } from "../by-request.ts";
import type { EgressGrantSpec } from "./egress-grant.ts";
import { envelopeDigest } from "../signed/envelope.ts";
import { answeredBy, type ReadGrant, readEgressGrant } from "./read-egress-grant.ts";
import type { Activation, Admission, Answered, EndCause, RequestDecision } from "../request.ts";
import { mayStand, saysApplied } from "./grant-status.ts";
import { type Proof, type Removal, signedStatus } from "./signed-status.ts";
import { openStatement, type Signed, type Trust } from "../signed/signature.ts";

/** One grant of one EgressGrant, with what its object says of it. */
export interface JudgedGrant {
  readonly object: KubernetesObject;
  readonly requestId: string;
  readonly grant: Grant;
  readonly spec: EgressGrantSpec;
  /** Genuine, whatever else is wrong with the object. */
  readonly admission: Signed<Admission> | undefined;
  /** Was admitted; or its request is genuine and what it needs may stand: somebody may have changed its admission. */
  readonly wasOpen: boolean;
  /** The request whose grants go on by this one. */
  readonly follows: string | undefined;
  /** Whether it gives otherwise than those. */
  readonly amends: boolean;
  /** Of one that moves those to another gateway: milliseconds after its admission. */
  readonly takesOverAfterMs: number | undefined;
}

export interface OpenGrant extends JudgedGrant {
  readonly admission: Signed<Admission>;
  readonly activation: Signed<Activation> | undefined;
  readonly endsAt: number;
  /** Whether a lane saw its objects in place, and has not seen them kept from it since. */
  readonly wasApplied: boolean;
  /** What the last proof saw. */
  readonly proof: Proof | undefined;
}

export interface ClosedGrant extends JudgedGrant {
  readonly cause: EndCause;
  readonly at: number;
  /** Whether the object itself says so; else the lane writes it there. */
  readonly recorded: boolean;
  /** Whether the object stays closed by what it says itself, so that it may be told: an end, a deletion, a time that is over. */
  readonly lasting: boolean;
  readonly answered: Answered;
  /** What was seen since of its refusal, if anybody looked. */
  readonly removal: Removal | undefined;
}

/** Of several the end of the last one is the request's. */
export function lastEnded(grants: Some<ClosedGrant>): ClosedGrant {
  return grants.reduce((last, each) => (each.at > last.at ? each : last));
}

/** May not open and does not close: nothing is built or updated for it, and people are told. */
export interface FoundGrant extends JudgedGrant {
  readonly why: FoundReason;
}

export type GrantJudgement =
  | ({ readonly verdict: "open" } & OpenGrant)
  | ({ readonly verdict: "closed" } & ClosedGrant)
  | ({ readonly verdict: "found" } & FoundGrant)
  /** Made, and not admitted yet. */
  | ({ readonly verdict: "waiting" } & JudgedGrant);

/** What one cluster is, seen in this run. */
export interface ClusterFacts {
  /** Its name in the configuration. */
  readonly cluster: string;
  /** UID of its namespace kube-system. */
  readonly uid: string;
  /** UIDs of the namespaces that exist and are not being deleted, by name. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** The API server's time. Epoch ms. */
  readonly now: number;
  /** Our CRD or namespace is being deleted: then a deletion of a grant is nobody's revoke. */
  readonly terminating: boolean;
}

export interface Judging {
  readonly trust: Trust;
  readonly facts: ClusterFacts;
  /** What Redis holds of signed revokes and ends for this request; not verified. */
  readonly ends: readonly unknown[];
}

/**
 * What an EgressGrant is worth. Closing takes the least: one end anywhere, genuine or written into the cluster by who
 * may write there, or a time that is over. Opening takes all of it: every signature, a spec equal to what was signed,
 * and the UIDs of the object, its namespace and its cluster. Undefined for an object of another instance or that
 * cannot be read at all.
 */
export function judgeEgressGrant(
  object: KubernetesObject,
  judging: Judging,
): readonly GrantJudgement[] | undefined {
  const { trust, facts } = judging;
  const reading = { trust, cluster: facts.cluster, clusterUid: facts.uid };
  const read = readEgressGrant(object, reading);
  if (read === undefined) return undefined;
  const { spec, admission, activation, why } = read;
  const kept: KubernetesObject =
    read.written === undefined ? object : { ...object, spec: read.written };
  return read.grants.map((grant): GrantJudgement => {
    const wasOpen = admission !== undefined || (read.isAsked && mayStand(object));
    const base: JudgedGrant = {
      object: kept,
      requestId: spec.id,
      grant,
      spec,
      admission,
      wasOpen,
      follows: read.follows,
      amends: read.amends,
      takesOverAfterMs: read.takesOverAfterMs,
    };
    const end = endOf(base, read, judging);
    const signing = { requestId: spec.id, trust };
    if (end !== undefined) {
      const removal = signedStatus("removal", object, signing)[grant.id];
      const lasting = end.recorded || isOver(base, read, facts);
      return { verdict: "closed", ...base, ...end, lasting, removal };
    }
    if (spec.admission === undefined) return { verdict: "waiting", ...base };
    if (why !== undefined || admission === undefined || activation === "not-genuine")
      return { verdict: "found", ...base, why: why ?? "activation" };
    const endsAt = Math.min(
      spec.endsAt,
      grant.latestEnd,
      activation?.payload.endsAt ?? grant.latestEnd,
    );
    return { verdict: "open", ...base, admission, activation, endsAt, ...seenOf(base, signing) };
  });
}

/** What the worker signed of what it saw of an open grant. Of several the condition says what holds of all of them. */
function seenOf(
  { object, grant }: JudgedGrant,
  signing: Parameters<typeof signedStatus>[2],
): Pick<OpenGrant, "wasApplied" | "proof"> {
  const isOne = grant.id === signing.requestId;
  const applied = signedStatus("applied", object, signing)[grant.id];
  return {
    wasApplied: applied !== undefined && (!isOne || saysApplied(object)),
    proof: signedStatus("evidence", object, signing)[grant.id],
  };
}

type End = Pick<ClosedGrant, "cause" | "at" | "recorded" | "answered">;

/** The first end there is. `status.endsAt` may bring it forward and never prolongs. */
function endOf(
  { object, spec, grant, requestId, admission }: JudgedGrant,
  { activation, answered }: Pick<ReadGrant, "activation" | "answered">,
  judging: Judging,
): End | undefined {
  const { facts } = judging;
  const id = spec.end[grant.id] === undefined ? requestId : grant.id;
  const written = spec.end[id];
  if (written !== undefined)
    return { ...written, recorded: true, answered: answered.get(id) ?? {} };
  const stored = storedEnd(judging, { spec, grantId: grant.id });
  if (stored !== undefined) return { ...stored, recorded: false };
  if (isDeleted(object, facts)) {
    const at = Date.parse(object.metadata.deletionTimestamp ?? "") || facts.now;
    return { cause: "deleted", at, recorded: false, answered: {} };
  }
  const uid = facts.namespaces.get(grant.scope.namespace);
  if (admission !== undefined && uid !== undefined && uid !== admission.payload.namespaceUid)
    return { cause: "namespace", at: facts.now, recorded: false, answered: {} };
  const endsAt = lastMoment({ object, spec, grant }, { activation });
  return facts.now >= endsAt
    ? { cause: "expired", at: endsAt, recorded: false, answered: {} }
    : undefined;
}

function isDeleted({ metadata }: KubernetesObject, { terminating }: ClusterFacts): boolean {
  return metadata.deletionTimestamp !== undefined && !terminating;
}

function isOver(base: JudgedGrant, read: ReadGrant, facts: ClusterFacts): boolean {
  return isDeleted(base.object, facts) || facts.now >= lastMoment(base, read);
}

/** From when on it is over by its times alone, all of which only move earlier. */
function lastMoment(
  { object, spec, grant }: Pick<JudgedGrant, "object" | "spec" | "grant">,
  { activation }: Pick<ReadGrant, "activation">,
): number {
  const times = [spec.endsAt, grant.latestEnd, ...statusEnd(object)];
  if (typeof activation === "object") times.push(activation.payload.endsAt);
  return Math.min(...times);
}

function statusEnd({ status }: KubernetesObject): readonly number[] {
  const text = status?.["endsAt"];
  const time = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? [] : [time];
}

/** A genuine end of this very request in Redis: the worker's, or a person's revoke the cluster has not heard of. */
function storedEnd(
  { trust, ends, facts }: Judging,
  { spec, grantId }: { readonly spec: EgressGrantSpec; readonly grantId: string },
): Omit<End, "recorded"> | undefined {
  for (const raw of ends) {
    const end = openStatement(trust, raw, { kind: "end", at: facts.now });
    if (end.opened && end.statement.payload.requestId === spec.id) {
      const { grantIds, cause, at } = end.statement.payload;
      if (grantIds.length === 0 || grantIds.includes(grantId))
        return { cause, at, answered: answeredBy(end.statement.payload) };
    }
    const decision = openStatement(trust, raw, { kind: "decision", at: facts.now });
    if (!decision.opened) continue;
    const { payload, envelope } = decision.statement;
    if (payload.about !== "request" || payload.requestId !== spec.id) continue;
    if (!closes(payload, grantId) || !isOfRequest(payload.request, spec)) continue;
    const answered = { answers: envelopeDigest(envelope), by: payload.by };
    return { cause: "revoked", at: payload.at, answered };
  }
  return undefined;
}

function closes({ verdict, grantIds }: RequestDecision, grantId: string): boolean {
  return verdict !== "approve" && grantIds?.includes(grantId) !== false;
}

function isOfRequest(digest: string, { statements }: EgressGrantSpec): boolean {
  const request = statements.request;
  return (
    typeof request === "object" &&
    request !== null &&
    "payloadType" in request &&
    "payload" in request &&
    typeof request.payloadType === "string" &&
    typeof request.payload === "string" &&
    envelopeDigest({ payloadType: request.payloadType, payload: request.payload }) === digest
  );
}
