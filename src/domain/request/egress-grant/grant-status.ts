import { z } from "zod";
import { sameJson } from "../../canonical.ts";
import { isRecord } from "../../json.ts";
import type { Evidence } from "../../evidence/check.ts";
import type { KubernetesObject, ObjectMeta } from "../../kubernetes-object.ts";
import { timeText } from "./egress-grant.ts";
import type { Removal } from "./removal.ts";

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

const Verdict = z.enum(["enforced", "advisory", "unproven", "unknown"]);

const StoredStatus = z.object({
  state: z.string().optional(),
  conditions: z.array(StoredCondition).default([]),
  egressIpPrefix: z.string().optional(),
  evidence: z
    .object({ at: z.string(), verdict: Verdict, serial: z.number().default(0) })
    .optional(),
});
export type StoredStatus = z.infer<typeof StoredStatus>;

/** What an EgressGrant's status says; it steers nothing but what is told and what is looked at next. */
export function statusOf({ status }: KubernetesObject): StoredStatus {
  return StoredStatus.safeParse(status ?? {}).data ?? { conditions: [] };
}

/** Whether its objects were seen in place; whatever else cannot be read of the status. */
export function wasApplied(object: KubernetesObject): boolean {
  return appliedIn(object) === "True";
}

/** Whether they may stand: seen in place, or nobody can say since the object itself is not believed. */
export function mayStand(object: KubernetesObject): boolean {
  return wasApplied(object) || appliedIn(object) === "Unknown";
}

function appliedIn({ status }: KubernetesObject): unknown {
  const conditions: unknown = status?.["conditions"];
  if (!Array.isArray(conditions)) return undefined;
  return conditions
    .filter((each: unknown) => isRecord(each))
    .find((each) => each["type"] === "Applied")?.["status"];
}

/** When a condition last changed, where it has this status. Epoch ms. */
export function conditionSince(
  object: KubernetesObject,
  type: ConditionType,
  status: Condition["status"],
): number | undefined {
  const found = statusOf(object).conditions.find((each) => each.type === type);
  if (found?.status !== status) return undefined;
  return Date.parse(found.lastTransitionTime) || undefined;
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

/** Active and Enforced, as a verification saw them. */
export function verifiedConditions({ verdict, advisories }: Evidence): readonly Condition[] {
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
