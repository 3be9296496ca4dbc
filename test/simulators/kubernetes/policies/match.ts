import { z } from "zod";
import { LabelSelector, selects } from "#src/domain/kubernetes/label-selector.ts";
import type { ObjectStore } from "../object-store.ts";
import type { Resource } from "../resources.ts";
import type { KubernetesObject } from "../stored-object.ts";

const texts = z.array(z.string());
const Rule = z.object({
  apiGroups: texts,
  apiVersions: texts,
  operations: texts,
  resources: texts,
  resourceNames: texts.default([]),
  scope: z.enum(["*", "Cluster", "Namespaced"]).default("*"),
});

/** https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/validating-admission-policy-v1/ */
export const MatchResources = z.object({
  resourceRules: z.array(Rule).default([]),
  excludeResourceRules: z.array(Rule).default([]),
  namespaceSelector: LabelSelector.prefault({}),
  objectSelector: LabelSelector.prefault({}),
});
export type MatchResources = z.infer<typeof MatchResources>;

/** A write that is about to be stored: of a deletion there is no `object`, of a creation no `oldObject`. */
export interface Write {
  readonly store: ObjectStore;
  readonly user: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly resource: Resource;
  readonly subresource: string | undefined;
  readonly dryRun: boolean;
  readonly object?: KubernetesObject | undefined;
  readonly oldObject?: KubernetesObject | undefined;
}

/**
 * Namespace and object selectors first, then what is excluded, then the rules; no rules match everything. Every kind is
 * served in one version here, so `matchPolicy` makes no difference.
 */
export function matches(match: MatchResources, write: Write): boolean {
  const { resourceRules, excludeResourceRules, namespaceSelector, objectSelector } = match;
  if (!isInNamespace(namespaceSelector, write)) return false;
  const objects = [write.object, write.oldObject].filter((each) => each !== undefined);
  // An update matches by what it makes, or by what was there.
  if (!objects.some(({ metadata }) => selects(objectSelector, metadata.labels ?? {}))) return false;
  if (excludeResourceRules.some((rule) => covers(rule, write))) return false;
  return resourceRules.length === 0 || resourceRules.some((rule) => covers(rule, write));
}

/** A Namespace is selected by its own labels; what lives in none is always selected. */
function isInNamespace(selector: LabelSelector, write: Write): boolean {
  const { store, resource, object, oldObject } = write;
  if (resource.kind === "Namespace") {
    const { name = "", labels } = (object ?? oldObject)?.metadata ?? {};
    return selects(selector, withName(name, labels));
  }
  if (!resource.namespaced) return true;
  const name = namespaceOf(write);
  return selects(
    selector,
    withName(name, store.get("Namespace", undefined, name)?.metadata.labels),
  );
}

/** Also of those that tests plant. https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
function withName(
  name: string,
  labels: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  return { ...labels, "kubernetes.io/metadata.name": name };
}

export function namespaceOf({ object, oldObject }: Write): string {
  return (object ?? oldObject)?.metadata.namespace ?? "";
}

function covers(rule: z.infer<typeof Rule>, write: Write): boolean {
  const { resource, subresource, operation, object, oldObject } = write;
  const names = rule.resourceNames;
  return (
    has(rule.apiGroups, resource.group) &&
    has(rule.apiVersions, resource.version) &&
    has(rule.operations, operation) &&
    rule.resources.some((pattern) => isNamed(pattern, resource.plural, subresource)) &&
    (rule.scope === "*" || (rule.scope === "Namespaced") === resource.namespaced) &&
    (names.length === 0 || names.includes((object ?? oldObject)?.metadata.name ?? ""))
  );
}

function has(values: readonly string[], value: string): boolean {
  return values.includes("*") || values.includes(value);
}

/** `pods`, `pods/log`, `pods/*` (the pods, too), `*` (no subresources), `*` with `/status`, or with `/*` for everything. */
function isNamed(pattern: string, plural: string, subresource = ""): boolean {
  const [name = "", sub = ""] = pattern.split("/");
  return (name === "*" || name === plural) && (sub === "*" || sub === subresource);
}
