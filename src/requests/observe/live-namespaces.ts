import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

/** UIDs of the namespaces that are not being deleted, by name. */
export function liveNamespaces(
  namespaces: readonly KubernetesObject[],
): ReadonlyMap<string, string> {
  return new Map(
    namespaces
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => [metadata.name, metadata.uid ?? ""]),
  );
}
