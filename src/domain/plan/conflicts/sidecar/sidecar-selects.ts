import type { Grant } from "../../../grant.ts";
import type { ConflictInput } from "../conflict.ts";

/** A Sidecar for some pods only may hide our objects from those, which a probe does not see. */
export function sidecarSelects(grant: Grant, { observed }: ConflictInput): readonly string[] {
  const partial = observed.sidecars.filter(
    ({ metadata, spec }) =>
      metadata.namespace === grant.scope.namespace && spec?.["workloadSelector"] !== undefined,
  );
  if (partial.length === 0) return [];
  return [
    `the probe cannot stand for pods that a Sidecar of their own selects: ${partial.map(({ metadata }) => metadata.name).join(", ")}`,
  ];
}
