import { gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type FailedObject, failures, isUnsettled } from "#src/domain/plan/situation.ts";
import type { BoardEntry } from "#src/domain/request/board.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import {
  type Condition,
  mendedProof,
  type StatusChange,
  statusPatch,
} from "#src/domain/request/egress-grant/grant-status.ts";
import type {
  ClosedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { statusRecordName } from "#src/domain/request/egress-grant/signed-status.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { bestEffort } from "../../best-effort.ts";
import type { Finished } from "./after-mesh-lane.ts";

/** Says on each EgressGrant what the run meant for it. What cannot be written now is written by a later run. */
export async function writeStatuses(
  ports: LanePorts,
  mesh: Mesh,
  finished: Finished,
): Promise<void> {
  const { open, closed, found, facts } = finished.grants;
  const wanted = new Map<
    string,
    { readonly object: KubernetesObject; readonly change: StatusChange }
  >();
  const failureOf = failures(finished.failed);
  for (const each of open)
    wanted.set(each.requestId, {
      object: each.object,
      change: wholeStatus(ports, each, {
        change: openStatus(each, finished, failureOf(each.grant)),
        isPlaced: finished.placed.has(each.grant.id),
        now: facts.now,
      }),
    });
  for (const each of closed)
    wanted.set(each.requestId, { object: each.object, change: closedStatus(each) });
  for (const each of found) {
    const conditions = [condition("Applied", "Unknown", "Found", FOUND_MESSAGE)];
    wanted.set(each.requestId, { object: each.object, change: { state: "found", conditions } });
  }
  for (const [requestId, { object, change }] of wanted) {
    const patch = statusPatch(object, change, facts.now);
    if (patch === undefined) continue;
    await bestEffort(ports, `writing the status of ${requestId}`, async () => {
      const ref = grantRef(ports, requestId);
      await mesh.patch(ref, patch, preconditionOf(object), { subresource: "status" });
    });
  }
}

const FOUND_MESSAGE =
  "what the object says is not what was signed for it: nothing is built or updated for it; delete it to close what stands";

/** What a grant is at the moment, as people read it. */
export function stateOf({ proof, wasApplied }: OpenGrant, isApplied: boolean): BoardEntry["state"] {
  if (!isApplied && !wasApplied) return "applying";
  if (proof === undefined) return "verifying";
  return proof.verdict === "unproven" ? "unproven" : "active";
}

export function closedState(closed: ClosedGrant): "ending" | "ended" {
  return isUnsettled(closed) ? "ending" : "ended";
}

/** With what the worker has to have signed of it. */
function wholeStatus(
  { signer }: LanePorts,
  { object, requestId, proof, wasApplied }: OpenGrant,
  {
    change,
    isPlaced,
    now,
  }: { readonly change: StatusChange; readonly isPlaced: boolean; readonly now: number },
): StatusChange {
  const { conditions, fields } = mendedProof(object, proof);
  const name = statusRecordName("applied", requestId, object.metadata.uid);
  const applied =
    isPlaced && !wasApplied
      ? {
          applied: {
            at: timeText(now),
            statement: signer.sign("record", { name, value: { at: now } }).envelope,
          },
        }
      : {};
  return {
    ...change,
    conditions: [...change.conditions, ...conditions],
    fields: { ...fields, ...applied },
  };
}

function openStatus(
  each: OpenGrant,
  { placed, world }: Finished,
  failure: FailedObject | undefined,
): StatusChange {
  const isPlaced = placed.has(each.grant.id);
  const state = stateOf(each, isPlaced);
  if (isPlaced) return { state, conditions: [condition("Applied", "True", "Applied", "")] };
  if (failure !== undefined)
    return {
      state,
      conditions: [condition("Applied", "False", reasonOf(failure), failure.why)],
    };
  // What is there stays there while something it needs is away: only an end takes it.
  if (state !== "applying") return { state, conditions: [] };
  const ready = world.ready.has(gatewayKey(each.grant.gateway));
  const [reason, message] = ready
    ? ["Waiting", "its namespace is missing, the cluster is frozen, or Redis does not answer"]
    : ["GatewayNotReady", `gateway ${gatewayKey(each.grant.gateway)} is not ready`];
  return { state, conditions: [condition("Applied", "False", reason, message)] };
}

function reasonOf({ name, isContested }: FailedObject): string {
  return name ?? (isContested === true ? "Contested" : "ObjectRefused");
}

function closedStatus(closed: ClosedGrant): StatusChange {
  const state = closedState(closed);
  const why = `ended: ${closed.cause}`;
  return {
    state,
    conditions: [
      condition("Applied", "False", state === "ended" ? "Removed" : "Removing", why),
      condition("Active", "False", "Ended", why),
      condition("Enforced", "False", "Ended", why),
    ],
  };
}

function condition(
  type: Condition["type"],
  status: Condition["status"],
  reason: string,
  message: string,
): Condition {
  return { type, status, reason, message: message.slice(0, 2000) };
}
