import { sameJson } from "#src/domain/canonical.ts";
import { type KubernetesObject, type ObjectRef, refKey } from "#src/domain/kubernetes-object.ts";
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

/** What one run came to. */
export interface Settled {
  readonly changes: readonly Change[];
  /** Ours, wanted by nothing, and no recorded end accounts for them: left alone and reported. */
  readonly unaccounted: readonly ObjectRef[];
  /** Somebody else's, under a name we would write: left alone and reported. */
  readonly foreign: readonly ObjectRef[];
  /** What the API server refused in the dry run, with the grants that fail by it. */
  readonly failed: readonly FailedObject[];
  /** Ids of the requests whose every object is, or is about to be, in place. */
  readonly placed: ReadonlySet<string>;
}

export interface DryRun {
  readonly failed: readonly FailedObject[];
  /** The plan without updates that would change nothing. */
  readonly changes: readonly Change[];
}

/**
 * Asks the API server about each object to be written, without writing. An object that belongs to no grant (the
 * gateway's own) cannot be left out: refusing one fails the run. An update after which the object would be as it is
 * (the API server itself adds to it) is none: writing it again and again would never converge.
 */
export async function dryRunChanges(mesh: Mesh, planned: readonly Change[]): Promise<DryRun> {
  const failed: FailedObject[] = [];
  const changes: Change[] = [];
  for (const change of planned) {
    try {
      changes.push(await tried(mesh, change));
    } catch (error) {
      if (!(error instanceof FatalError) || change.grantIds.length === 0) throw error;
      const subject = refKey(change.subject);
      failed.push({ subject, grantIds: change.grantIds, why: `${subject}: ${reasonOf(error)}` });
    }
  }
  return { failed, changes };
}

async function tried(mesh: Mesh, change: Change): Promise<Change> {
  const { object, observed, action } = change;
  if (object === undefined || (action !== "created" && action !== "updated")) return change;
  const merged = await mesh.apply(object, { dryRun: true, force: action === "updated" });
  if (observed === undefined || !saysTheSame(merged, observed)) return change;
  const restored = await mesh.restore(object, observed, { dryRun: true });
  return saysTheSame(restored, observed)
    ? { ...change, action: "skipped", why: "the API server adds to it, whatever is written" }
    : change;
}

function saysTheSame(one: KubernetesObject, other: KubernetesObject): boolean {
  return (
    sameJson(one.spec ?? {}, other.spec ?? {}) &&
    sameJson(one.metadata.labels ?? {}, other.metadata.labels ?? {}) &&
    sameJson(one.metadata.annotations ?? {}, other.metadata.annotations ?? {})
  );
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
      if (object !== undefined) await write(mesh, object, action);
    } else if (action === "deleted") {
      await mesh.delete(subject, uid === undefined ? undefined : { uid });
    } else {
      continue;
    }
    ports.log.info({ cluster, subject: refKey(subject), action }, "object changed");
  }
}

/** What somebody added to an object of ours is taken out: one field may open what ours closes. */
async function write(
  mesh: Mesh,
  object: KubernetesObject,
  action: "created" | "updated",
): Promise<void> {
  const written = await mesh.apply(object, { force: action === "updated" });
  if (action === "updated" && !sameJson(written.spec ?? {}, object.spec ?? {}))
    await mesh.restore(object, written);
}

function reasonOf(error: FatalError): string {
  return Error.isError(error.cause) ? error.cause.message : error.message;
}

export function writes(change: Change): boolean {
  return change.action === "created" || change.action === "updated" || change.action === "deleted";
}
