import { z } from "zod";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { type FailedObject, failures } from "#src/domain/plan/situation.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { bestEffort } from "../../best-effort.ts";
import { problemKey } from "../../gateways/progress.ts";
import type { Finished } from "./after-mesh-lane.ts";

const Ids = z.array(z.string());

/**
 * Says in each request's thread, once, what keeps it from being in place, and when that is over. Which requests were
 * told of a failure stands in one document: where all is well, nothing else is read.
 */
export async function markFailures(
  ports: LanePorts,
  { grants, failed, cluster }: Finished,
): Promise<void> {
  const failureOf = failures(failed);
  const failing = new Map<string, FailedObject>();
  for (const { grant, requestId } of grants.open) {
    const failure = failureOf(grant);
    if (failure !== undefined) failing.set(requestId, failure);
  }
  const key = `mesh-failures:${cluster.name}`;
  const told = Ids.safeParse(await ports.lanes.read(key)).data ?? [];
  const all = new Set([...told, ...failing.keys()]);
  // Before any of them is told: one that is told and not listed would never be taken back.
  if (all.size > told.length) await ports.lanes.write(key, [...all]);
  const open = new Set(grants.open.map(({ requestId }) => requestId));
  for (const requestId of all) {
    const failure = failing.get(requestId);
    const marked = await bestEffort(ports, `marking what keeps ${requestId}`, () =>
      failure === undefined
        ? // Of what has ended its end is told.
          unmark(ports, requestId, open.has(requestId))
        : mark(ports, { requestId, cluster: cluster.name, failure }),
    );
    if (marked && failure === undefined) all.delete(requestId);
  }
  if (told.some((requestId) => !all.has(requestId))) await ports.lanes.write(key, [...all]);
}

function toldKey(requestId: string): string {
  return `mesh-failure:${requestId}`;
}

async function unmark(ports: LanePorts, requestId: string, isOpen: boolean): Promise<void> {
  if ((await ports.lanes.read(toldKey(requestId))) === undefined) return;
  await ports.lanes.remove(toldKey(requestId));
  await ports.lanes.remove(problemKey(requestId));
  if (isOpen) await ports.queue.add({ kind: "notify", requestId });
}

async function mark(
  ports: LanePorts,
  {
    requestId,
    cluster,
    failure,
  }: { readonly requestId: string; readonly cluster: string; readonly failure: FailedObject },
): Promise<void> {
  const { why } = failure;
  if ((await ports.lanes.read(toldKey(requestId))) === why) return;
  const refusal = refusalOf(requestId, cluster, failure);
  await ports.lanes.write(toldKey(requestId), why);
  await ports.lanes.write(problemKey(requestId), { ...refusal, since: ports.clock.now() });
  await ports.store.audit(requestId, {
    actor: "worker",
    event: "object-refused",
    details: { why },
  });
  await ports.queue.add({ kind: "notify", requestId });
  // It was closed: what was proven of it does not hold any more.
  if (failure.isContested === true) await ports.queue.add({ kind: "verify", requestId });
}

function refusalOf(
  requestId: string,
  cluster: string,
  { name, why, isContested }: FailedObject,
): Refusal {
  if (isContested === true)
    return refuse("Contested", {
      what: `${requestId} is closed for now`,
      why: `in cluster ${cluster}: ${why}, and three times putting it back did not last`,
      fix: "ask the platform team to stop that writer; once it has been quiet for a while, the grant is opened again by itself",
    });
  return name === undefined
    ? refuse("ObjectRefused", {
        what: `an Istio object of ${requestId} is not in place`,
        why: `in cluster ${cluster}: ${why}`,
        fix: "ask the platform team to look at that message; Sallyport keeps trying",
      })
    : refuse(name, {
        what: `${requestId} is not built yet`,
        why,
        fix: `point the name outside again, and it is built; or \`@sallyport revoke ${requestId}\``,
      });
}
