import type { KubernetesObject } from "../kubernetes-object.ts";
import { FIELD_MANAGER, managedFields, managedMetadata } from "../kubernetes/managed-fields.ts";

const PREFIX = "sallyport.dev/";

/**
 * Annotations of ours that an object should not have any more. Under our prefix somebody else may have written one too:
 * that is theirs, which only the managed fields can tell.
 */
export function outdatedAnnotations(
  object: KubernetesObject,
  desired: KubernetesObject,
): readonly string[] {
  const wanted = desired.metadata.annotations ?? {};
  const surplus = Object.keys(object.metadata.annotations ?? {}).filter(
    (key) => key.startsWith(PREFIX) && !Object.hasOwn(wanted, key),
  );
  if (surplus.length === 0) return [];
  const owned = new Set(
    managedFields(object)
      .filter(({ manager }) => manager === FIELD_MANAGER)
      .flatMap((entry) => Object.keys(managedMetadata(entry, "annotations") ?? {})),
  );
  return surplus.filter((key) => owned.has(`f:${key}`));
}
