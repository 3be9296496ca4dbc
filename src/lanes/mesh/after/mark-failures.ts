import { z } from "zod";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { type FailedObject, failures } from "#src/domain/plan/situation.ts";
import { byRequest, type Some } from "#src/domain/request/by-request.ts";
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
  const failing = byRequest(
    grants.open.flatMap(({ grant, requestId }): readonly Failing[] => {
      const failure = failureOf(grant);
      return failure === undefined ? [] : [{ requestId, grantId: grant.id, failure }];
    }),
  );
  const key = `mesh-failures:${cluster.name}`;
  const told = Ids.safeParse(await ports.lanes.read(key)).data ?? [];
  const all = new Set([...told, ...failing.keys()]);
  // Before any of them is told: one that is told and not listed would never be taken back.
  if (all.size > told.length) await ports.lanes.write(key, [...all]);
  const open = new Set(grants.open.map(({ requestId }) => requestId));
  for (const requestId of all) {
    const some = failing.get(requestId);
    const marked = await bestEffort(ports, `marking what keeps ${requestId}`, () =>
      some === undefined
        ? // Of what has ended its end is told.
          unmark(ports, requestId, open.has(requestId))
        : mark(ports, { requestId, cluster: cluster.name, ...together(some) }),
    );
    if (marked && some === undefined) all.delete(requestId);
  }
  if (told.some((requestId) => !all.has(requestId))) await ports.lanes.write(key, [...all]);
}

/** What keeps one grant of a request. */
interface Failing {
  readonly requestId: string;
  readonly grantId: string;
  readonly failure: FailedObject;
}

/** As one, with whose it is: of several grants every one that is kept from being in place. */
function together(some: Some<Failing>): {
  readonly failure: FailedObject;
  readonly whose: string;
} {
  const [first] = some;
  const whys = new Set(some.map(({ failure }) => failure.why));
  const why =
    whys.size === 1
      ? first.failure.why
      : some.map(({ grantId, failure }) => `${grantId}: ${failure.why}`).join("; ");
  const contested = some.find(({ failure }) => failure.isContested === true);
  return {
    failure: { ...(contested ?? first).failure, why },
    whose: some.map(({ grantId }) => grantId).join(", "),
  };
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
    whose,
  }: {
    readonly requestId: string;
    readonly cluster: string;
    readonly failure: FailedObject;
    readonly whose: string;
  },
): Promise<void> {
  const { why } = failure;
  const told = whose === requestId ? why : `${whose}: ${why}`;
  if ((await ports.lanes.read(toldKey(requestId))) === told) return;
  const refusal = refusalOf(whose, cluster, failure);
  await ports.lanes.write(toldKey(requestId), told);
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
  whose: string,
  cluster: string,
  { name, why, isContested }: FailedObject,
): Refusal {
  if (isContested === true)
    return refuse("Contested", {
      what: `${whose} is closed for now`,
      why: `in cluster ${cluster}: ${why}, and three times putting it back did not last`,
      fix: "ask the platform team to stop that writer; once it has been quiet for a while, the grant is opened again by itself",
    });
  return name === undefined
    ? refuse("ObjectRefused", {
        what: `an Istio object of ${whose} is not in place`,
        why: `in cluster ${cluster}: ${why}`,
        fix: "ask the platform team to look at that message; Sallyport keeps trying",
      })
    : refuse(name, {
        what: `${whose} is not built yet`,
        why,
        fix: `point the name outside again, and it is built; or \`@sallyport revoke ${whose.split(", ")[0] ?? ""}\``,
      });
}
