import { asksForEgress } from "../kinds.ts";
import type { Grant } from "../../grant.ts";
import { type KubernetesObject, madeAt } from "../../kubernetes-object.ts";
import { VerifiedOnce } from "../../remembered.ts";
import { admissionProblem, type FoundReason, grantsAsked } from "./admission-chain.ts";
import { EgressGrantSpec, egressGrantName, grantsOfSpec } from "./egress-grant.ts";
import { envelopeDigest } from "../signed/envelope.ts";
import type { Activation, Admission, Answered } from "../request.ts";
import { type Opened, openStatement, type Signed, type Trust } from "../signed/signature.ts";

/** What an EgressGrant says by itself: the same at any time, and whatever else is known. */
export interface ReadGrant {
  readonly spec: EgressGrantSpec;
  /** As they were signed; only where nothing genuine says them, as the spec does. */
  readonly grants: readonly Grant[];
  /** Genuine and of this request, whatever else is wrong with the object. */
  readonly admission: Signed<Admission> | undefined;
  readonly activation: Signed<Activation> | "not-genuine" | undefined;
  /** Whether the request in it is the bot's, and of this id. */
  readonly isAsked: boolean;
  /** Why its admission opens nothing. */
  readonly why: FoundReason | undefined;
  /** By id in `spec.end`: the decision that a genuine end there carries out. */
  readonly answered: ReadonlyMap<string, Answered>;
  /** The request whose grants go on by these, as it was asked. */
  readonly follows: string | undefined;
  /** Whether these give otherwise than those. */
  readonly amends: boolean;
  /** Of one that moves those to another gateway: milliseconds after its admission. */
  readonly takesOverAfterMs: number | undefined;
  /** The spec as it was first read, so that the same bytes are kept once. */
  readonly written: KubernetesObject["spec"];
}

export interface Reading {
  readonly trust: Trust;
  /** The cluster's name in the configuration. */
  readonly cluster: string;
  /** UID of its namespace kube-system. */
  readonly clusterUid: string;
}

/** So many EgressGrants are not read anew at each run: about as many as a large cluster has. */
const REMEMBERED = 20_000;

const readings = new VerifiedOnce<ReadGrant | "nothing">(REMEMBERED);

/**
 * Reads and verifies an EgressGrant, once for its bytes: whatever the answer rests on is part of what it is remembered
 * by, and keys are judged at the time the object was made. Undefined for one of another instance or that cannot be read.
 */
export function readEgressGrant(object: KubernetesObject, reading: Reading): ReadGrant | undefined {
  const { trust, cluster, clusterUid } = reading;
  const { name, uid, creationTimestamp } = object.metadata;
  const said = [cluster, clusterUid, name, uid, creationTimestamp, object.spec];
  const read = readings.get(trust, said, () => readAnew(object, reading) ?? "nothing");
  return read === "nothing" ? undefined : read;
}

function readAnew(object: KubernetesObject, reading: Reading): ReadGrant | undefined {
  const { trust } = reading;
  const spec = EgressGrantSpec.safeParse(object.spec).data;
  if (spec === undefined || spec.instance !== trust.instance) return undefined;
  const at = madeAt(object);
  const admission = ofRequest(
    spec,
    openStatement(trust, spec.admission, { kind: "admission", at }),
  );
  const request = ofRequest(
    spec,
    openStatement(trust, spec.statements.request, { kind: "request", at }),
  );
  const parts = { spec, admission };
  const said = request?.payload.asked;
  const asked = said !== undefined && asksForEgress(said) ? said : undefined;
  return {
    ...parts,
    grants:
      admission?.payload.grants ??
      (asked === undefined ? grantsOfSpec(spec) : grantsAsked({ id: spec.id, asked })),
    isAsked: request !== undefined,
    follows: asked?.follows,
    amends: asked?.amends === true,
    takesOverAfterMs: asked?.takesOverAfterMs,
    activation: activationOf(object, parts, { trust, at }),
    why: problemOf(object, parts, { ...reading, at }),
    answered: answeredIn(spec, { trust, at }),
    written: object.spec,
  };
}

/** A statement of another request says nothing of this one. */
function ofRequest<Payload extends { readonly requestId: string; readonly cluster: string }>(
  { id, cluster }: EgressGrantSpec,
  opened: Opened<Payload>,
): Signed<Payload> | undefined {
  if (!opened.opened) return undefined;
  const { payload } = opened.statement;
  return payload.requestId === id && payload.cluster === cluster ? opened.statement : undefined;
}

interface Parts {
  readonly spec: EgressGrantSpec;
  readonly admission: Signed<Admission> | undefined;
}

function problemOf(
  { metadata }: KubernetesObject,
  { spec, admission }: Parts,
  { trust, cluster, clusterUid, at }: Reading & { readonly at: number },
): FoundReason | undefined {
  if (metadata.name !== egressGrantName(spec.id)) return "name";
  if (spec.cluster !== cluster) return "other-cluster";
  if (admission === undefined) return "admission";
  if (admission.payload.uid !== metadata.uid) return "object-uid";
  if (admission.payload.clusterUid !== clusterUid) return "cluster-uid";
  return admissionProblem(spec, { admission, trust, at });
}

interface AtCreation {
  readonly trust: Trust;
  readonly at: number;
}

function activationOf(
  { metadata }: KubernetesObject,
  { spec, admission }: Parts,
  { trust, at }: AtCreation,
): Signed<Activation> | "not-genuine" | undefined {
  if (spec.activation === undefined) return undefined;
  const { statement, at: activatedAt, endsAt } = spec.activation;
  const opened = openStatement(trust, statement, { kind: "activation", at });
  if (!opened.opened || admission === undefined) return "not-genuine";
  const { payload } = opened.statement;
  const fits =
    payload.requestId === spec.id &&
    payload.cluster === spec.cluster &&
    payload.uid === metadata.uid &&
    payload.admission === envelopeDigest(admission.envelope) &&
    payload.at === activatedAt &&
    payload.endsAt === endsAt &&
    payload.endsAt <= spec.latestEnd;
  return fits ? opened.statement : "not-genuine";
}

function answeredIn(
  spec: EgressGrantSpec,
  { trust, at }: AtCreation,
): ReadonlyMap<string, Answered> {
  const answered = new Map<string, Answered>();
  for (const [id, { statement }] of Object.entries(spec.end)) {
    const end = openStatement(trust, statement, { kind: "end", at });
    if (end.opened) answered.set(id, answeredBy(end.statement.payload));
  }
  return answered;
}

/** Of an end, the decision alone. */
export function answeredBy({ answers, by }: Answered): Answered {
  return {
    ...(answers === undefined ? {} : { answers }),
    ...(by === undefined ? {} : { by }),
  };
}
