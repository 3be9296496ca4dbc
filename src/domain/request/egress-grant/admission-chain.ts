import { sameJson } from "../../canonical.ts";
import type { Grant } from "../../grant.ts";
import { type EgressGrantSpec, grantsOfSpec } from "./egress-grant.ts";
import { envelopeDigest } from "../signed/envelope.ts";
import { asksForEgress } from "../kinds.ts";
import { destinationsAsked } from "../destinations-asked.ts";
import type { Admission, Asked, RequestDecision, RequestRecord } from "../request.ts";
import { openStatement, type Signed, type Trust } from "../signed/signature.ts";
import type { CardStatement, PlanStatement, RequestStatement } from "../signed/statements.ts";

/** What keeps an EgressGrant from opening. */
export type FoundReason =
  | "name"
  | "other-cluster"
  | "object-uid"
  | "cluster-uid"
  | "request"
  | "plan"
  | "card"
  | "decision"
  | "admission"
  | "activation"
  | "spec";

/** The statements an admission rests on, each verified and bound to the one before it. */
export interface Chain {
  readonly request: Signed<RequestStatement>;
  readonly plan: Signed<PlanStatement>;
  readonly card: Signed<CardStatement>;
  readonly decisions: readonly Signed<RequestDecision>[];
}

export interface RawChain {
  readonly request?: unknown;
  readonly plan?: unknown;
  readonly card?: unknown;
  readonly decisions: readonly unknown[];
}

/**
 * Opens and binds request, plan, card and decisions of one request; the first that does not hold is the answer. `at`: see
 * `KeyRing`.
 */
export function openChain(
  trust: Trust,
  raw: RawChain,
  about: { readonly requestId: string; readonly cluster: string; readonly at: number },
): Chain | FoundReason {
  const { requestId, cluster, at } = about;
  function isOurs(payload: { readonly requestId: string; readonly cluster: string }): boolean {
    return payload.requestId === requestId && payload.cluster === cluster;
  }
  const request = openStatement(trust, raw.request, { kind: "request", at });
  if (!request.opened || !isOurs(request.statement.payload)) return "request";
  const plan = openStatement(trust, raw.plan, { kind: "plan", at });
  if (!plan.opened || !isOurs(plan.statement.payload)) return "plan";
  const digests = {
    request: envelopeDigest(request.statement.envelope),
    plan: envelopeDigest(plan.statement.envelope),
  };
  if (plan.statement.payload.request !== digests.request) return "plan";
  const card = openStatement(trust, raw.card, { kind: "card", at });
  if (!card.opened || !isOurs(card.statement.payload)) return "card";
  if (card.statement.payload.plan !== digests.plan) return "card";
  const decisions = openDecisions(trust, raw.decisions, {
    ...about,
    ...digests,
    card: envelopeDigest(card.statement.envelope),
    grantDigest: plan.statement.payload.grantDigest,
  });
  return decisions === undefined
    ? "decision"
    : { request: request.statement, plan: plan.statement, card: card.statement, decisions };
}

interface Binding {
  readonly requestId: string;
  readonly cluster: string;
  readonly at: number;
  readonly request: string;
  readonly plan: string;
  readonly card: string;
  readonly grantDigest: string;
}

function openDecisions(
  trust: Trust,
  raw: readonly unknown[],
  binding: Binding,
): readonly Signed<RequestDecision>[] | undefined {
  const opened: Signed<RequestDecision>[] = [];
  for (const each of raw) {
    const decision = openStatement(trust, each, { kind: "decision", at: binding.at });
    if (!decision.opened) return undefined;
    const { payload, envelope } = decision.statement;
    if (payload.about !== "request") return undefined;
    const binds =
      payload.requestId === binding.requestId &&
      payload.cluster === binding.cluster &&
      payload.request === binding.request &&
      payload.plan === binding.plan &&
      payload.card === binding.card &&
      payload.grantDigest === binding.grantDigest;
    if (!binds) return undefined;
    opened.push({ payload, envelope });
  }
  return opened.length === 0 ? undefined : opened;
}

/** What in an object's statements and spec does not carry its admission, if anything. */
export function admissionProblem(
  spec: EgressGrantSpec,
  of: { readonly admission: Signed<Admission>; readonly trust: Trust; readonly at: number },
): FoundReason | undefined {
  const { payload } = of.admission;
  const chain = openChain(
    of.trust,
    { ...spec.statements },
    { requestId: spec.id, cluster: spec.cluster, at: of.at },
  );
  if (typeof chain === "string") return chain;
  if (chain.decisions.some(({ payload: { verdict } }) => verdict !== "approve")) return "decision";
  const rests =
    payload.requestId === spec.id &&
    payload.cluster === spec.cluster &&
    payload.request === envelopeDigest(chain.request.envelope) &&
    payload.plan === envelopeDigest(chain.plan.envelope) &&
    payload.grantDigest === chain.plan.payload.grantDigest &&
    payload.namespaceUid === chain.plan.payload.namespaceUid &&
    sameJson(
      payload.decisions,
      chain.decisions.map(({ envelope }) => envelopeDigest(envelope)),
    );
  if (!rests) return "admission";
  const { asked } = chain.request.payload;
  if (!asksForEgress(asked)) return "request";
  return specDiffers(spec, payload, asked) ? "spec" : undefined;
}

/** People are shown the spec: it says what was asked and admitted, field by field, and nothing else. */
function specDiffers(spec: EgressGrantSpec, admission: Admission, asked: Asked): boolean {
  return !(
    sameJson(grantsOfSpec(spec).map(plain), admission.grants.map(plain)) &&
    sameJson(admission.grants.map(plain), grantsAsked({ id: spec.id, asked }).map(plain)) &&
    spec.team === asked.team &&
    sameJson(spec.requestedBy, asked.by) &&
    spec.thread.channel === asked.channel &&
    spec.thread.ts === asked.threadTs &&
    spec.reason === asked.reason &&
    spec.latestEnd === asked.latestEnd &&
    admission.latestEnd === asked.latestEnd &&
    spec.endsAt <= asked.latestEnd
  );
}

/** Without what JSON cannot hold. */
function plain(grant: Grant): unknown {
  return { ...grant, durationMs: grant.durationMs ?? null };
}

/** The grants a request would become: of several destinations one each, numbered in the order they were written. */
export function grantsAsked({ id, asked }: Pick<RequestRecord, "id" | "asked">): readonly Grant[] {
  const { cluster, team, gateway, scope, durationMs, latestEnd } = asked;
  const all = destinationsAsked(asked);
  return all.map(({ destination }, at) => ({
    id: all.length === 1 ? id : `${id}.${at + 1}`,
    cluster,
    team,
    gateway,
    scope,
    destination,
    durationMs,
    latestEnd,
  }));
}
