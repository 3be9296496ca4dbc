import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import {
  activationFields,
  newEgressGrant,
  timeText,
} from "#src/domain/request/egress-grant/egress-grant.ts";
import {
  type ClusterFacts,
  type GrantJudgement,
  judgeEgressGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import {
  aGrantOf,
  aKeyring,
  anActiveRequest,
  CLUSTER_UID,
  GRANT_UID,
  HOUR,
  INSTANCE,
  NAMESPACE_UID,
  NINE,
} from "#test/support/signed-request.ts";

export const keys = aKeyring();

export const FACTS: ClusterFacts = {
  cluster: "prod-1",
  uid: CLUSTER_UID,
  namespaces: new Map([
    ["team-x", NAMESPACE_UID],
    ["egress-gw", "gw-uid"],
  ]),
  now: NINE + 3 * HOUR,
  terminating: false,
};

export type Json = Record<string, unknown>;

/** The object of an active request, as the API server would give it back. */
export function anObject(
  record: RequestRecord,
  change: { readonly spec?: Json } = {},
): KubernetesObject {
  const made = newEgressGrant({
    instance: INSTANCE,
    namespace: "sallyport-system",
    record,
    grants: [aGrantOf(record)],
  });
  const { admission, activation } = record;
  return {
    ...made,
    metadata: {
      ...made.metadata,
      uid: GRANT_UID,
      resourceVersion: "7",
      creationTimestamp: timeText(NINE + HOUR),
    },
    spec: {
      ...made.spec,
      ...(admission === undefined ? {} : { admission: admission.envelope }),
      ...(activation === undefined ? {} : activationFields(activation)),
      ...change.spec,
    },
  };
}

export function judge(
  object: KubernetesObject,
  facts: Partial<ClusterFacts> = {},
  ends: readonly unknown[] = [],
): GrantJudgement["verdict"] | "unreadable" {
  const judged = judgeEgressGrant(object, {
    trust: keys.trust,
    facts: { ...FACTS, ...facts },
    ends,
  });
  return judged?.[0]?.verdict ?? "unreadable";
}

/** Every path to a leaf of a JSON value. */
export function pathsOf(
  value: unknown,
  path: readonly string[] = [],
): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]));
}

export function replaced(
  value: unknown,
  path: readonly string[],
  leaf: (old: unknown) => unknown,
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf(value);
  const copy = structuredClone(value) as Json | unknown[];
  if (Array.isArray(copy)) copy[Number(key)] = replaced(copy[Number(key)], rest, leaf);
  else copy[key] = replaced(copy[key], rest, leaf);
  return copy;
}

export const active = anActiveRequest(keys);
export const whole = anObject(active);

/** Read by nobody who decides: a text for a column. */
const WORDS = ["summary"];

export const leaves = pathsOf(whole.spec).filter(([first = ""]) => !WORDS.includes(first));
