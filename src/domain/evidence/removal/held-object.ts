import { compile } from "../../compile/compile.ts";
import type { GatewayFacts, Grant } from "../../grant.ts";
import {
  isObjectKind,
  type KubernetesObject,
  type ObjectRef,
  refKey,
} from "../../kubernetes-object.ts";
import { managedFields, managedMetadata } from "../../kubernetes/managed-fields.ts";

/**
 * What is deleted and still there, as one line: which finalizer holds it, and who wrote that, where the object says so.
 * Undefined of what is not being deleted, or goes by itself in a moment.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
 */
export function heldLine(object: KubernetesObject): string | undefined {
  const { kind, metadata } = object;
  const { deletionTimestamp, finalizers = [], name, namespace } = metadata;
  if (deletionTimestamp === undefined || finalizers.length === 0) return undefined;
  const writers = managedFields(object)
    .filter((entry) => managedMetadata(entry, "finalizers") !== undefined)
    .map(({ manager }) => manager);
  const by = writers.length === 0 ? "" : ` (written by ${[...new Set(writers)].join(", ")})`;
  return `${kind} ${namespace ?? ""}/${name} is deleted, but finalizer ${finalizers.join(", ")}${by} holds it`;
}

/** What of a mesh only this grant needs; its probe's log aside, which is needed until its end is proven. */
export function ownObjects(
  grant: Grant,
  live: readonly Grant[],
  { gateways, instance }: { readonly gateways: readonly GatewayFacts[]; readonly instance: string },
): readonly ObjectRef[] {
  function refsOf(grants: readonly Grant[]): readonly ObjectRef[] {
    return compile({ instance, grants, namespaces: [], gateways })
      .filter(({ grantIds }) => grantIds.length > 0)
      .flatMap(({ object: { kind, metadata } }) => {
        const { name, namespace } = metadata;
        return isObjectKind(kind) && kind !== "Telemetry"
          ? [{ kind, name, ...(namespace === undefined ? {} : { namespace }) }]
          : [];
      });
  }
  const others = new Set(refsOf(live.filter(({ id }) => id !== grant.id)).map(refKey));
  return refsOf([grant]).filter((ref) => !others.has(refKey(ref)));
}
