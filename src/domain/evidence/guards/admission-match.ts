import { z } from "zod";
import { isEmpty, LabelSelector, selects } from "../../kubernetes/label-selector.ts";

const NamedRule = z.object({
  apiGroups: z.array(z.string()).default([]),
  apiVersions: z.array(z.string()).default([]),
  operations: z.array(z.string()).default([]),
  resources: z.array(z.string()).default([]),
  resourceNames: z.array(z.string()).default([]),
  scope: z.string().default("*"),
});

/** https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/validating-admission-policy-v1/ */
export const MatchResources = z.object({
  resourceRules: z.array(NamedRule).optional(),
  excludeResourceRules: z.array(NamedRule).default([]),
  namespaceSelector: LabelSelector.optional(),
  objectSelector: LabelSelector.optional(),
  matchPolicy: z.string().default("Equivalent"),
});
export type MatchResources = z.infer<typeof MatchResources>;

export interface Asked {
  readonly operation: string;
  readonly resource: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

/**
 * Whether such a write is matched: "no" says that it is surely not, else why it may not be. `matchPolicy: Equivalent`
 * matches other versions of a listed resource too.
 */
export function matchOf(match: MatchResources, asked: Asked): "yes" | "no" | { why: string } {
  const { resourceRules, excludeResourceRules, objectSelector, namespaceSelector } = match;
  const covering = resourceRules?.filter((rule) => covers(rule, asked));
  if (covering?.length === 0) return "no";
  if (namespaceSelector !== undefined && !selects(namespaceSelector, asked.namespaceLabels))
    return { why: "its namespaceSelector leaves the namespace out" };
  if (objectSelector !== undefined && !isEmpty(objectSelector))
    return { why: "its objectSelector looks at labels, which whoever writes the object chooses" };
  if (excludeResourceRules.some((rule) => covers(rule, asked)))
    return { why: "its excludeResourceRules take some of these objects out" };
  return covering === undefined || covering.some((rule) => isWhole(rule, match))
    ? "yes"
    : { why: "its rules are for some names or versions of these objects alone" };
}

function isWhole(
  { resourceNames, apiVersions }: z.infer<typeof NamedRule>,
  { matchPolicy }: MatchResources,
): boolean {
  return resourceNames.length === 0 && (matchPolicy === "Equivalent" || apiVersions.includes("*"));
}

function covers(
  { apiGroups, operations, resources, scope }: z.infer<typeof NamedRule>,
  { operation, resource }: Asked,
): boolean {
  return (
    has(apiGroups, "networking.istio.io") &&
    has(operations, operation) &&
    (has(resources, resource) || resources.includes("*/*")) &&
    scope !== "Cluster"
  );
}

function has(values: readonly string[], value: string): boolean {
  return values.includes("*") || values.includes(value);
}
