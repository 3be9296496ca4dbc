import { closingsIn, type OpenOrder } from "#src/domain/admin/cluster-orders.ts";
import type { RegistryOnly } from "#src/domain/admin/order.ts";
import {
  type Closable,
  nextClosing,
  type Write,
} from "#src/domain/admin/registry-only/next-closing.ts";
import { isSameThing } from "#src/domain/gateways/memory.ts";
import { ROOT_NAMESPACE } from "#src/domain/kubernetes/needed-pods.ts";
import { refKey } from "#src/domain/kubernetes-object.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { preconditionOf } from "#src/requests/admission/egress-grants.ts";
import { observeClosables } from "#src/requests/observe/mesh/closables.ts";
import { bestEffort } from "../best-effort.ts";
import { problemIn } from "./egress-gateways.ts";
import { markDone, recordOrder } from "./order-told.ts";
import type { OrderTurn, Tick } from "./tick.ts";

/**
 * Takes the oldest approved `mesh registry-only` one write further: what is there decides, so that it goes on wherever it
 * was interrupted. What the API server refuses is told, and stays as it is.
 */
export async function carryOutClosing(
  tick: Tick,
  open: readonly OpenGrant[],
): Promise<OrderTurn | undefined> {
  const [order] = closingsIn(tick.orders);
  if (order === undefined) return undefined;
  const { ports, mesh } = tick.place;
  const seen = await observeClosables(ports, mesh, order.asked.order);
  const result = await act(tick, { order, seen, open });
  const left = order.steps.filter((step) =>
    seen.some((each) => isSameThing(each.step, step) && each.work.kind === "write"),
  );
  await recordOrder(tick, { order, left }, result);
  return result;
}

interface Closing {
  readonly order: OpenOrder<RegistryOnly>;
  readonly seen: readonly Closable[];
  readonly open: readonly OpenGrant[];
}

async function act(tick: Tick, { order, seen, open }: Closing): Promise<OrderTurn> {
  const refused = new Map<string, string>();
  for (;;) {
    const action = nextClosing(order.steps, seen, refused);
    if (action.kind === "done") {
      await proveAgain(tick, order, open);
      await markDone(tick, order, action.left);
      return { for: undefined };
    }
    const { step, write } = action;
    const problem = await written(tick, write);
    if (problem === undefined) return { for: "a look at what was written" };
    refused.set(step.target, problem);
  }
}

/** Undefined where it was written; else what the API server, or the mesh's admission behind it, answered. */
async function written(
  { place: { mesh, ports, cluster } }: Tick,
  write: Write,
): Promise<string | undefined> {
  try {
    const { kind, metadata } = await send(mesh, write);
    ports.log.info(
      {
        cluster: cluster.name,
        subject: refKey({ kind, name: metadata.name, namespace: metadata.namespace ?? "" }),
        action: isMade(write) ? "created" : "updated",
      },
      "object changed",
    );
    return undefined;
  } catch (error) {
    if (error instanceof FatalError) return problemIn(error);
    throw error;
  }
}

function isMade(write: Write): boolean {
  return write.kind === "sidecar" || write.shared === undefined;
}

/** The other keys of the ConfigMap stay: a merge patch names one alone. */
function send(mesh: Mesh, write: Write) {
  if (write.kind === "sidecar") return mesh.create(write.object);
  const { name, text, shared } = write;
  const data = { mesh: text };
  const ref = { kind: "ConfigMap", namespace: ROOT_NAMESPACE, name } as const;
  return shared === undefined
    ? mesh.create({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: ROOT_NAMESPACE },
        data,
      })
    : mesh.patch(ref, { data }, preconditionOf(shared));
}

/** What a grant lacked may be there now. */
async function proveAgain(
  { place: { ports } }: Tick,
  { id, asked: { order } }: OpenOrder<RegistryOnly>,
  open: readonly OpenGrant[],
): Promise<void> {
  const { namespace } = order;
  const ids = open
    .filter(({ grant }) => namespace === undefined || grant.scope.namespace === namespace)
    .map(({ requestId }) => requestId);
  await bestEffort(ports, `asking for new proofs after ${id}`, async () => {
    for (const requestId of new Set(ids)) await ports.queue.add({ kind: "verify", requestId });
  });
}
