import { refKey } from "#src/domain/kubernetes-object.ts";
import type { Change } from "#src/domain/plan/changes.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import type { LanePorts } from "./lane-ports.ts";

/** An object the API server will not take, and the grants that cannot work without it. */
export interface FailedObject {
  readonly subject: string;
  readonly grantIds: readonly string[];
  readonly why: string;
}

/**
 * Asks the API server about each object to be written, without writing. An object that belongs to no grant (the
 * gateway's own) cannot be left out: refusing one fails the run.
 */
export async function dryRunChanges(
  mesh: Mesh,
  changes: readonly Change[],
): Promise<readonly FailedObject[]> {
  const failed: FailedObject[] = [];
  for (const change of changes) {
    if (change.object === undefined || (change.action !== "created" && change.action !== "updated"))
      continue;
    try {
      await mesh.apply(change.object, { dryRun: true, force: change.action === "updated" });
    } catch (error) {
      if (!(error instanceof FatalError) || change.grantIds.length === 0) throw error;
      const subject = refKey(change.subject);
      failed.push({ subject, grantIds: change.grantIds, why: `${subject}: ${reasonOf(error)}` });
    }
  }
  return failed;
}

/** Carries the plan out in its order. `force` only over objects that carry our labels: those are the updates. */
export async function applyChanges(
  ports: Pick<LanePorts, "log">,
  mesh: Mesh,
  cluster: string,
  changes: readonly Change[],
): Promise<void> {
  for (const change of changes) {
    const { action, subject, object, uid } = change;
    if (action === "created" || action === "updated") {
      if (object !== undefined) await mesh.apply(object, { force: action === "updated" });
    } else if (action === "deleted") {
      await mesh.delete(subject, uid === undefined ? undefined : { uid });
    } else {
      continue;
    }
    ports.log.info({ cluster, subject: refKey(subject), action }, "object changed");
  }
}

function reasonOf(error: FatalError): string {
  return Error.isError(error.cause) ? error.cause.message : error.message;
}

export function writes(change: Change): boolean {
  return change.action === "created" || change.action === "updated" || change.action === "deleted";
}
