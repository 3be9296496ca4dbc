import { z } from "zod";
import { sameJson } from "../canonical.ts";
import type { GatewayFacts } from "../grant.ts";
import { mergePatchTo } from "../json.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { isCidr } from "../network/address.ts";
import { stamped } from "../request/egress-grant/grant-status.ts";
import { factsEntry } from "./egress-gateway.ts";

/** What a tick saw of one gateway, whether anybody waits for it or not. */
export interface SeenGateway {
  readonly egressIpPrefix: string | undefined;
  /** Mesh revisions it has a Deployment of; sorted. */
  readonly revisions: readonly string[];
  /** Undefined while its Deployment or Service is away: what was known before stays. */
  readonly facts: GatewayFacts | undefined;
  /** One of its pods is available. */
  readonly ready: boolean;
  /** What keeps it from being ready, for people. */
  readonly why: string;
  readonly autoscaler: AutoscalerSeen;
}

/** `unset`: the configuration has no settings for it. `unseen`: what was said before stays. */
export type AutoscalerSeen =
  | { readonly kind: "unset" | "unseen" | "as-configured" }
  | { readonly kind: "otherwise"; readonly reason: AutoscalerProblem; readonly why: string };

/** Why an autoscaler is not as configured. */
export type AutoscalerProblem =
  | "Missing"
  | "Several"
  | "NoCpuTarget"
  | "NotReadable"
  | "Refused"
  /** Somebody else changed it, and it is not put back yet. */
  | "Undone"
  /** Somebody else has it: it is left as it is. */
  | "Contested";

/** Whether its autoscaler is as configured: a condition of an EgressGateway, there where something is configured. */
export const AUTOSCALED = "Autoscaled";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a merge patch (RFC 7386) that make an EgressGateway's status say what was seen, and `more` fields;
 * undefined where it says so already. `now` in epoch ms.
 */
export function statusFields(
  { metadata, status = {} }: KubernetesObject,
  seen: SeenGateway,
  { more, now }: { readonly more: Fields; readonly now: number },
): Fields | undefined {
  const wanted: Fields = {
    // In private mode a controller writes a list of addresses, which the resource does not take.
    egressIpPrefix: isCidr(seen.egressIpPrefix ?? "") ? seen.egressIpPrefix : null,
    revisions: seen.revisions,
    ...(seen.facts === undefined ? {} : { facts: factsEntry(seen.facts) }),
    conditions: conditionsOf(status["conditions"], seen, { metadata, now }),
    ...more,
  };
  const changed = Object.entries(wanted).filter(
    ([key, value]) => !sameJson(status[key] ?? null, value ?? null),
  );
  if (changed.length === 0) return undefined;
  const patch = Object.fromEntries(
    changed.map(([key, value]) => [key, mergePatchTo(status[key], value)]),
  );
  const { generation } = metadata;
  return { ...patch, ...(generation === undefined ? {} : { observedGeneration: generation }) };
}

const Conditions = z.array(
  z.looseObject({
    type: z.string(),
    status: z.string(),
    reason: z.string(),
    message: z.string(),
    lastTransitionTime: z.string(),
  }),
);

/** Why its autoscaler was last said not to be as configured. */
export function autoscalerProblemOf({
  status,
}: Pick<KubernetesObject, "status">): string | undefined {
  const conditions = Conditions.safeParse(status?.["conditions"]).data ?? [];
  return conditions.find((each) => each.type === AUTOSCALED && each.status === "False")?.reason;
}

type Condition = z.infer<typeof Conditions>[number] | ReturnType<typeof stamped<SaidCondition>>;
type At = Parameters<typeof stamped>[2];

interface SaidCondition {
  readonly type: "Ready" | typeof AUTOSCALED;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

function readyCondition({ egressIpPrefix, facts, ready, why }: SeenGateway): SaidCondition {
  const isReady = ready && facts !== undefined && egressIpPrefix !== undefined;
  return {
    type: "Ready",
    status: isReady ? "True" : "False",
    reason: isReady ? "Ready" : "NotReady",
    message: isReady ? "" : why.slice(0, 2000),
  };
}

function autoscaledCondition(
  seen: Exclude<AutoscalerSeen, { readonly kind: "unset" | "unseen" }>,
): SaidCondition {
  const isOtherwise = seen.kind === "otherwise";
  return {
    type: AUTOSCALED,
    status: isOtherwise ? "False" : "True",
    reason: isOtherwise ? seen.reason : "AsConfigured",
    message: isOtherwise ? seen.why.slice(0, 2000) : "",
  };
}

function conditionsOf(stored: unknown, seen: SeenGateway, at: At): readonly unknown[] {
  const before = Conditions.safeParse(stored).data ?? [];
  const ready = withCondition(before, readyCondition(seen), at);
  const { autoscaler } = seen;
  if (autoscaler.kind === "unseen") return ready;
  return autoscaler.kind === "unset"
    ? ready.filter(({ type }) => type !== AUTOSCALED)
    : withCondition(ready, autoscaledCondition(autoscaler), at);
}

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#condition-v1-meta */
function withCondition(
  before: readonly Condition[],
  condition: SaidCondition,
  at: At,
): readonly Condition[] {
  const known = before.find(({ type }) => type === condition.type);
  const { status, reason, message } = condition;
  if (known?.status === status && known.reason === reason && known.message === message)
    return before;
  return [...before.filter((each) => each !== known), stamped(condition, known, at)];
}
