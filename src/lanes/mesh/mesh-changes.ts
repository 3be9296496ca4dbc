import { sameJson } from "#src/domain/canonical.ts";
import { type KubernetesObject, refKey } from "#src/domain/kubernetes-object.ts";
import { type Change, isGatewayWide } from "#src/domain/plan/changes.ts";
import { outdatedAnnotations } from "#src/domain/plan/own-annotations.ts";
import type { FailedObject } from "#src/domain/plan/situation.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

/** Changes gone through one by one: an error of one keeps back only what needs it. */
export interface Passed {
  readonly changes: readonly Change[];
  /** Met by a `RetryableError`, or in need of one that was: for the next run. */
  readonly postponed: readonly Change[];
  readonly failed: readonly FailedObject[];
  /** The first one. */
  readonly error: RetryableError | undefined;
}

/**
 * Asks the API server about each object to be written, without writing. An update after which the object would be as it
 * is (the API server itself adds to it) is none: writing it again and again would never converge.
 */
export function dryRunChanges(mesh: Mesh, planned: readonly Change[]): Promise<Passed> {
  return oneByOne(planned, (change) => tried(mesh, change));
}

/** Carries the plan out in its order. `force` only over objects that carry our labels: those are the updates. */
export function applyChanges(
  ports: Pick<LanePorts, "log">,
  mesh: Mesh,
  { cluster, changes }: { readonly cluster: string; readonly changes: readonly Change[] },
): Promise<Passed> {
  return oneByOne(changes, async (change) => {
    await carryOut(mesh, change);
    if (writes(change))
      ports.log.info(
        { cluster, subject: refKey(change.subject), action: change.action },
        "object changed",
      );
    return change;
  });
}

/** So many in one run, and it is the API server that is in trouble, not an object. */
const TOO_MANY_ERRORS = 10;

async function oneByOne(
  changes: readonly Change[],
  act: (change: Change) => Promise<Change>,
): Promise<Passed> {
  const passed: Change[] = [];
  const postponed: Change[] = [];
  const waiting = new Waiting();
  const failed: FailedObject[] = [];
  const errors: RetryableError[] = [];
  for (const change of changes) {
    const isOver = errors.length >= TOO_MANY_ERRORS;
    if (writes(change) && (isOver || waiting.areNeededBy(change))) {
      postponed.push(change);
      waiting.add(change);
      continue;
    }
    try {
      passed.push(await act(change));
    } catch (cause) {
      if (cause instanceof FatalError) {
        failed.push(failureOf(change, cause));
      } else if (cause instanceof RetryableError) {
        errors.push(cause);
        postponed.push(change);
        waiting.add(change);
      } else {
        throw cause;
      }
    }
  }
  return { changes: passed, postponed, failed, error: errors[0] };
}

/** What was postponed. A change needs an earlier one of its own grants, and what closes its gateway. */
class Waiting {
  readonly #grants = new Set<string>();
  readonly #gateways = new Set<string | undefined>();

  add(change: Change): void {
    if (change.action === "deleted") return;
    if (isGatewayWide(change)) this.#gateways.add(change.gateway);
    else for (const id of change.grantIds) this.#grants.add(id);
  }

  /** A deletion needs nothing. */
  areNeededBy({ action, gateway, grantIds }: Change): boolean {
    if (action === "deleted") return false;
    return this.#gateways.has(gateway) || grantIds.some((id) => this.#grants.has(id));
  }
}

function failureOf(change: Change, error: FatalError): FailedObject {
  const subject = refKey(change.subject);
  const why = `${subject}: ${Error.isError(error.cause) ? error.cause.message : error.message}`;
  return failureFor(change, why);
}

/** Where one of these is not as it should be, its grants are left out; of a gateway's own, the whole gateway. */
export function failureFor(change: Change, why: string): FailedObject {
  const { grantIds, gateway } = change;
  return {
    subject: refKey(change.subject),
    grantIds,
    why,
    ...(gateway !== undefined && isGatewayWide(change) ? { gateway } : {}),
  };
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

/**
 * A create is a POST and everything after it is for the very version that was read: a write that arrives late makes
 * nothing that was deleted meanwhile. What somebody added to an object of ours is taken out: one field may open what
 * ours closes.
 */
async function carryOut(mesh: Mesh, change: Change): Promise<void> {
  const { action, subject, object, observed, uid } = change;
  if (action === "deleted") await mesh.delete(subject, uid === undefined ? undefined : { uid });
  if (object === undefined) return;
  if (action === "created") await create(mesh, object);
  if (action !== "updated" || observed === undefined) return;
  const precondition = preconditionOf(observed);
  const written = await mesh.apply(object, { force: true, precondition });
  const isWhole =
    sameJson(written.spec ?? {}, object.spec ?? {}) &&
    outdatedAnnotations(written, object).length === 0;
  if (!isWhole) await mesh.restore(object, written);
}

async function create(mesh: Mesh, object: KubernetesObject): Promise<void> {
  try {
    await mesh.create(object);
  } catch (error) {
    if (!(error instanceof FatalError) || error.code !== "AlreadyExists") throw error;
    throw new RetryableError(
      `creating ${object.kind} ${object.metadata.name}: it is there by now`,
      {
        cause: error,
      },
    );
  }
}

export function writes(change: Change): boolean {
  return change.action === "created" || change.action === "updated" || change.action === "deleted";
}
