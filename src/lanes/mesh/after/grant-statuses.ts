import { gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type FailedObject, failures, isUnsettled } from "#src/domain/plan/situation.ts";
import type { BoardEntry } from "#src/domain/request/board.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import {
  type Condition,
  IN_PART,
  mendedProof,
  type StatusChange,
  statusPatch,
  wholeProof,
} from "#src/domain/request/egress-grant/grant-status.ts";
import {
  type ClosedGrant,
  type OpenGrant,
  lastEnded,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { signedStatus, statusRecord } from "#src/domain/request/egress-grant/signed-status.ts";
import { byRequest, type Some } from "#src/domain/request/by-request.ts";
import { stateOfAll } from "#src/domain/request/egress-grant/state-of-all.ts";
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
  for (const [requestId, grants] of byRequest(closed))
    wanted.set(requestId, { object: grants[0].object, change: closedStatus(grants) });
  // Where some go on, it says what these are.
  for (const [requestId, grants] of byRequest(open)) {
    const each = grants.map((grant) => openStatus(grant, finished, failureOf(grant.grant)));
    const change = wholeStatus(ports, grants, {
      change: ofAll(grants, each),
      stands: ({ grant, wasApplied }) =>
        finished.placed.has(grant.id) || (wasApplied && failureOf(grant) === undefined),
      now: facts.now,
    });
    wanted.set(requestId, { object: grants[0].object, change });
  }
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
export function stateOf(
  { proof, wasApplied, grant }: OpenGrant,
  { placed, grants }: Pick<Finished, "placed" | "grants">,
): BoardEntry["state"] {
  if (grants.moves.waiting.has(grant.id)) return "applying";
  if (!placed.has(grant.id) && !wasApplied) return "applying";
  if (proof === undefined) return "verifying";
  return proof.verdict === "unproven" ? "unproven" : "active";
}

export function closedState(closed: ClosedGrant): "ending" | "ended" {
  return isUnsettled(closed) ? "ending" : "ended";
}

/** What an object says whose grants say these. */
function ofAll(grants: readonly OpenGrant[], each: readonly StatusChange[]): StatusChange {
  const [first] = each;
  if (each.length === 1 && first !== undefined) return first;
  const said = each.flatMap(({ conditions }, at) =>
    conditions.map((one) => ({ ...one, message: ofGrant(grants[at], one) })),
  );
  const lacking = said.find(({ status }) => status !== "True");
  const isInPart = lacking !== undefined && each.some(({ state }) => state !== "applying");
  return {
    state: stateOfAll(each.flatMap(({ state }) => (state === "found" ? [] : [state]))),
    conditions: [lacking ?? said[0]].flatMap((one) => {
      if (one === undefined) return [];
      return [isInPart ? { ...one, status: "False", reason: IN_PART } : one];
    }),
  };
}

function ofGrant(open: OpenGrant | undefined, { message }: Condition): string {
  return message === "" ? "" : `${open?.grant.id ?? ""}: ${message}`.slice(0, 2000);
}

/** With what the worker has to have signed of it. */
function wholeStatus(
  ports: LanePorts,
  grants: Some<OpenGrant>,
  { change, stands, now }: { readonly change: StatusChange } & Standing,
): StatusChange {
  const proof = wholeProof(grants.map((each) => each.proof));
  const { conditions, fields } = mendedProof(grants[0].object, proof);
  return {
    ...change,
    conditions: [...change.conditions, ...conditions],
    fields: { ...fields, ...appliedField(ports, grants, { stands, now }) },
  };
}

interface Standing {
  /** Whether the objects of a grant are in place. */
  readonly stands: (grant: OpenGrant) => boolean;
  readonly now: number;
}

/** Signed anew where another one is in place, or one of several has not been for a while. */
function appliedField(
  { signer, trust }: LanePorts,
  grants: Some<OpenGrant>,
  { stands, now }: Standing,
): NonNullable<StatusChange["fields"]> {
  const [{ object, requestId, grant: firstGrant }] = grants;
  const isOne = firstGrant.id === requestId;
  // Of one grant nothing is kept beside it.
  const before = isOne ? {} : signedStatus("applied", object, { requestId, trust });
  const stand = grants.filter(stands);
  const isSaid = isOne
    ? stand.every(({ wasApplied }) => wasApplied)
    : stand.length === Object.keys(before).length && stand.every((each) => each.wasApplied);
  if (isSaid) return {};
  const said = Object.fromEntries(
    stand.map(({ grant, wasApplied }) => [
      grant.id,
      (wasApplied ? before[grant.id] : undefined) ?? { at: now },
    ]),
  );
  const record = statusRecord("applied", { requestId, uid: object.metadata.uid }, said);
  return {
    applied: { at: timeText(now), statement: signer.sign("record", record).envelope },
  };
}

function openStatus(
  each: OpenGrant,
  finished: Finished,
  failure: FailedObject | undefined,
): StatusChange {
  const { placed, world, grants } = finished;
  const state = stateOf(each, finished);
  if (placed.has(each.grant.id)) {
    const reason = grants.moves.waiting.has(each.grant.id) ? "StandingBy" : "Applied";
    return { state, conditions: [condition("Applied", "True", reason, "")] };
  }
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

function closedStatus(grants: Some<ClosedGrant>): StatusChange {
  const state = stateOfAll(grants.map(closedState));
  const why = `ended: ${lastEnded(grants).cause}`;
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
