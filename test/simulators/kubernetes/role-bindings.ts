import { z } from "zod";
import type { ObjectStore } from "./object-store.ts";
import type { KubernetesObject } from "./stored-object.ts";

export interface Asked {
  readonly verb: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly group: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const texts = z.array(z.string()).default([]);
const Rules = z
  .array(z.object({ apiGroups: texts, resources: texts, verbs: texts, resourceNames: texts }))
  .default([]);
const Bound = z.object({
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
});

/**
 * Whether a role bound to a user allows it; without any ClusterRole everybody may do everything. A binding in a namespace
 * counts there alone, also of a ClusterRole. https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export function isBoundTo(store: ObjectStore, user: string, asked: Asked): boolean {
  if (store.look("ClusterRole").length === 0) return true;
  const bindings = [
    ...store.look("ClusterRoleBinding"),
    ...(asked.namespace === undefined ? [] : store.look("RoleBinding", asked.namespace)),
  ];
  return bindings.some((binding) => {
    const { roleRef, subjects } = Bound.parse(binding);
    if (!subjects.some(({ kind, name }) => kind === "User" && name === user)) return false;
    const within = roleRef.kind === "Role" ? binding.metadata.namespace : undefined;
    return allows(store.get(roleRef.kind, within, roleRef.name), asked);
  });
}

function allows(role: KubernetesObject | undefined, asked: Asked): boolean {
  return Rules.parse(role?.["rules"] ?? []).some(
    ({ apiGroups, resources, verbs, resourceNames }) =>
      has(apiGroups, asked.group) &&
      has(resources, asked.resource) &&
      has(verbs, asked.verb) &&
      (resourceNames.length === 0 || resourceNames.includes(asked.name ?? "")),
  );
}

function has(values: readonly string[], value: string): boolean {
  return values.includes("*") || values.includes(value);
}
