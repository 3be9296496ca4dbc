import { z } from "zod";
import { sameJson } from "../../canonical.ts";
import { isRecord } from "../../json.ts";
import type { Evidence } from "../../evidence/check.ts";
import type { KubernetesObject, ObjectMeta } from "../../kubernetes-object.ts";
import { timeText } from "./egress-grant.ts";
import type { Proof, Removal } from "./signed-status.ts";

/** As Kubernetes knows them: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#condition-v1-meta */
export interface Condition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}
export type ConditionType = "Applied" | "Active" | "Enforced";

export type GrantState =
  | "applying"
  | "verifying"
  | "active"
  | "unproven"
  | "ending"
  | "ended"
  | "found";

const StoredCondition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.number().optional(),
});
type StoredCondition = z.infer<typeof StoredCondition>;

const StoredStatus = z.object({
  state: z.string().optional(),
  conditions: z.array(StoredCondition).default([]),
});
type StoredStatus = z.infer<typeof StoredStatus>;

/** What an EgressGrant's status says unsigned: read only to be written again. */
function statusOf({ status }: KubernetesObject): StoredStatus {
  return StoredStatus.safeParse(status ?? {}).data ?? { conditions: [] };
}

/** Whether it says that its objects are in place, whatever else cannot be read of the status; it has to be signed as well. */
export function saysApplied(object: KubernetesObject): boolean {
  return appliedIn(object)?.["status"] === "True";
}

/** Of several grants: the objects of some are in place, those of others not. */
export const IN_PART = "InPart";

/** Whether some may stand: seen in place, or nobody can say since the object itself is not believed. */
export function mayStand(object: KubernetesObject): boolean {
  const applied = appliedIn(object);
  return (
    saysApplied(object) || applied?.["status"] === "Unknown" || applied?.["reason"] === IN_PART
  );
}

function appliedIn({ status }: KubernetesObject): Readonly<Record<string, unknown>> | undefined {
  const conditions: unknown = status?.["conditions"];
  if (!Array.isArray(conditions)) return undefined;
  return conditions
    .filter((each: unknown) => isRecord(each))
    .find((each) => each["type"] === "Applied");
}

export interface StatusChange {
  readonly state: GrantState;
  readonly conditions: readonly Condition[];
  /** Further fields of the status, as the resource has them. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The merge patch that makes an object's status say this; undefined where it does already. `now` in epoch ms. */
export function statusPatch(
  object: KubernetesObject,
  change: StatusChange,
  now: number,
): Readonly<Record<string, unknown>> | undefined {
  const before = statusOf(object);
  const named = new Map(before.conditions.map((condition) => [condition.type, condition]));
  for (const condition of change.conditions) {
    const known = named.get(condition.type);
    named.set(condition.type, stamped(condition, known, { metadata: object.metadata, now }));
  }
  const conditions = [...named.values()];
  const same =
    before.state === change.state &&
    sameJson(conditions.map(unversioned), before.conditions.map(unversioned)) &&
    Object.entries(change.fields ?? {}).every(([key, value]) =>
      sameJson(object.status?.[key] ?? null, value ?? null),
    );
  return same ? undefined : { status: { state: change.state, conditions, ...change.fields } };
}

/** With the time of its last change of status, which `known`, the one before it, tells where it is none. */
export function stamped<Stated extends { readonly status: string }>(
  condition: Stated,
  known: { readonly status: string; readonly lastTransitionTime: string } | undefined,
  at: { readonly metadata: Pick<ObjectMeta, "generation">; readonly now: number },
): Stated & { readonly lastTransitionTime: string; readonly observedGeneration?: number } {
  const { generation } = at.metadata;
  return {
    ...condition,
    lastTransitionTime:
      known?.status === condition.status ? known.lastTransitionTime : timeText(at.now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

function unversioned({ observedGeneration: _, ...condition }: StoredCondition): unknown {
  return condition;
}

/** What is proven of an object: of several grants, what holds of all of them; `unknown` while some were not looked at. */
export interface WholeProof extends Pick<Proof, "at" | "serial"> {
  readonly verdict: Proof["verdict"] | "unknown";
}

const VERDICTS = ["unproven", "unknown", "advisory", "enforced"] as const;

/** The least of what the worker signed of each; undefined where it signed nothing. */
export function wholeProof(proofs: readonly (Proof | undefined)[]): WholeProof | undefined {
  const known = proofs.filter((proof) => proof !== undefined);
  if (known.length === 0) return undefined;
  const said = new Set(proofs.map((proof) => proof?.verdict ?? "unknown"));
  return {
    at: Math.max(...known.map(({ at }) => at)),
    serial: Math.max(...known.map(({ serial }) => serial)),
    verdict: VERDICTS.find((verdict) => said.has(verdict)) ?? "unknown",
  };
}

/** Puts right what an object says of proofs, where the worker signed none or signed another. */
export function mendedProof(
  object: KubernetesObject,
  proof: WholeProof | undefined,
): Pick<StatusChange, "conditions" | "fields"> {
  const written = object.status?.["evidence"];
  const verdict = proof?.verdict ?? "unknown";
  const signed = verdict === "unknown" ? UNPROVEN : verifiedConditions({ verdict, advisories: [] });
  const said = new Map(statusOf(object).conditions.map(({ type, status }) => [type, status]));
  const conditions = signed.filter(
    ({ type, status }) => said.get(type) === "True" && status !== "True",
  );
  if (proof === undefined)
    return { conditions, fields: written === undefined ? {} : { evidence: null } };
  if (isRecord(written) && written["verdict"] === proof.verdict) return { conditions, fields: {} };
  const { at, serial } = proof;
  const evidence = isRecord(written) ? written : {};
  return { conditions, fields: { evidence: { ...evidence, at: timeText(at), verdict, serial } } };
}

/** Active and Enforced, where of several grants some were not looked at yet. */
export const UNPROVEN: readonly Condition[] = (["Active", "Enforced"] as const).map((type) => ({
  type,
  status: "Unknown",
  reason: "NotProven",
  message: "no proof of it is signed",
}));

/** Active and Enforced, as a verification saw them. */
export function verifiedConditions({
  verdict,
  advisories,
}: Pick<Evidence, "verdict" | "advisories">): readonly Condition[] {
  const proven = verdict !== "unproven";
  return [
    {
      type: "Active",
      status: proven ? "True" : "False",
      reason: proven ? "Proven" : "Unproven",
      message: proven
        ? "a probe went through the gateway, and the gateway's log shows it"
        : "no probe has gone through the gateway yet",
    },
    {
      type: "Enforced",
      status: verdict === "enforced" ? "True" : "False",
      reason: verdict === "enforced" ? "Enforced" : proven ? "Advisory" : "Unproven",
      message: advisories.join("; ").slice(0, 2000),
    },
  ];
}

/**
 * What is left of the proof that a grant is refused, where whoever proved it could not tell. The lines it was seen in are
 * not kept.
 */
export function keptEvidence({ at, verdict }: Removal): Evidence {
  const isPassed = verdict === "passed";
  const explanation = isPassed
    ? `it was refused when the cluster was asked ${timeText(at)}`
    : `whether it is refused could not be seen ${timeText(at)}`;
  return {
    checks: [{ name: "refused", verdict, explanation, lines: [] }],
    verdict: isPassed ? "enforced" : "advisory",
    advisories: isPassed ? [] : [explanation],
  };
}
