import { gatewayKey } from "#src/domain/grant.ts";
import { refuse } from "#src/domain/outcome.ts";
import type { ClosedGrant, OpenGrant } from "#src/domain/request/judge-egress-grant.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import type { EndCause } from "#src/domain/request/request.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { transition } from "#src/requests/transition.ts";
import { problemKey } from "../gateways/progress.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { writes } from "./mesh-changes.ts";

/** Brings the stored requests, which people's messages are painted from, to what the cluster says. */
export async function updateRecords(ports: LanePorts, finished: Finished): Promise<void> {
  for (const each of finished.grants.open) {
    await markApplied(ports, finished, each);
    await markFailed(ports, finished, each);
  }
  for (const each of finished.grants.closed) await markEnded(ports, each);
}

async function markApplied(
  ports: LanePorts,
  { placed, changes }: Finished,
  { grant, requestId, admission }: OpenGrant,
): Promise<void> {
  if (!placed.has(grant.id)) return;
  const changed = changes.some((change) => writes(change) && change.grantIds.includes(grant.id));
  const moved = await transition(ports, requestId, (current) => {
    if (current.state === "approved")
      return { event: "admitted", patch: { admission }, actor: "worker" };
    if (current.state === "applying") return { event: "applied", actor: "worker" };
    return changed ? { event: "repaired", actor: "worker" } : undefined;
  });
  if (moved.result === "moved") await ports.queue.add({ kind: "verify", requestId });
}

async function markFailed(
  ports: LanePorts,
  { failed, cluster }: Finished,
  { grant, requestId }: OpenGrant,
): Promise<void> {
  const failure = failed.find(
    ({ grantIds, gateway }) => grantIds.includes(grant.id) || gateway === gatewayKey(grant.gateway),
  );
  const key = `mesh-failure:${requestId}`;
  const before = await ports.lanes.read(key);
  if (failure === undefined) {
    if (before === undefined) return;
    await ports.lanes.remove(key);
    await ports.lanes.remove(problemKey(requestId));
    await ports.queue.add({ kind: "notify", requestId });
    return;
  }
  if (before === failure.why) return;
  const refusal = refuse("ObjectRefused", {
    what: `an Istio object of ${requestId} is not in place`,
    why: `in cluster ${cluster.name}: ${failure.why}`,
    fix: "ask the platform team to look at that message; Sallyport keeps trying",
  });
  await ports.lanes.write(key, failure.why);
  await ports.lanes.write(problemKey(requestId), refusal);
  await ports.store.audit(requestId, {
    actor: "worker",
    event: "object-refused",
    details: { why: failure.why },
  });
  await ports.queue.add({ kind: "notify", requestId });
}

const EVENT_OF: Readonly<Record<EndCause, "revoked" | "expired" | "gave-up">> = {
  revoked: "revoked",
  deleted: "revoked",
  namespace: "revoked",
  superseded: "revoked",
  denied: "revoked",
  cancelled: "revoked",
  withdrawn: "revoked",
  lapsed: "revoked",
  expired: "expired",
  unproven: "gave-up",
};

async function markEnded(
  ports: LanePorts,
  { requestId, cause, at, answers, admission }: ClosedGrant,
): Promise<void> {
  if (admission === undefined) return;
  await transition(ports, requestId, (current) => {
    if (!isLive(current.state) && current.state !== "closing") return undefined;
    const { signer, clock } = ports;
    const end = signer.sign("end", {
      requestId,
      cluster: current.asked.cluster,
      grantIds: [],
      cause,
      at: Math.min(at, clock.now()),
      ...(answers === undefined ? {} : { answers }),
    });
    return {
      event: current.state === "closing" ? "revoked" : EVENT_OF[cause],
      patch: { end },
      actor: "worker",
      details: { cause, endedAt: at },
    };
  });
}
