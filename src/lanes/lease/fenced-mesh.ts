import { RetryableError } from "#src/ports/errors.ts";
import type { Lease } from "#src/ports/cluster/lease.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";

/**
 * The mesh of a lane's single writer: a write whose moment of sending the Lease does not cover is not sent, and one under
 * way is given up when the Lease ends, which is before another process can hold it. The API server knows no fence: a
 * write it already has may still be carried out.
 */
export function fencedMesh(mesh: Mesh, lease: Lease): Mesh {
  const reading = mesh.until(lease.signal);
  const writing = mesh.until(lease.signal, () => mustHold(lease));
  return {
    ...reading,
    until: (signal, beforeSending) => fencedMesh(mesh.until(signal, beforeSending), lease),
    apply: (object, options = {}) =>
      (options.dryRun === true ? reading : writing).apply(object, options),
    restore: (object, observed, options = {}) =>
      (options.dryRun === true ? reading : writing).restore(object, observed, options),
    patch: (ref, mergePatch, precondition, options) =>
      writing.patch(ref, mergePatch, precondition, options),
    replace: (object) => writing.replace(object),
    create: (object) => writing.create(object),
    delete: (ref, precondition) => writing.delete(ref, precondition),
  };
}

/** @throws RetryableError where nothing may be written under this Lease any more. */
export function mustHold(lease: Lease): void {
  if (lease.remainingMs() <= 0) throw new RetryableError("writing: the lane's Lease is over");
}
