import { closingsIn } from "#src/domain/admin/cluster-orders.ts";
import type { RegistryOnly } from "#src/domain/admin/order.ts";
import type { Closable } from "#src/domain/admin/registry-only/next-closing.ts";
import { staysOpen } from "#src/domain/admin/registry-only/team-sidecar.ts";
import { unknownNamespace } from "#src/domain/admin/registry-only/unknown-namespace.ts";
import { namespacesIn } from "#src/domain/directory.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked } from "#src/domain/request/request.ts";
import type { LanePorts } from "../lane-ports.ts";
import { observeClosables } from "../observe/mesh/closables.ts";
import { observeReached } from "../observe/mesh/reached.ts";
import { type Ordered, type OrderPlan, underWay, whatOf } from "./ordered.ts";

/** What would be made REGISTRY_ONLY, what stays open, and what is reached today that would be refused. */
export async function planClosing(
  ports: LanePorts,
  { id, asked, mesh, grants }: Ordered,
  order: RegistryOnly,
): Promise<OrderPlan | Refusal> {
  const { namespace } = order;
  const all = namespacesIn(ports.directory, asked.cluster);
  const unknown =
    namespace === undefined
      ? undefined
      : unknownNamespace(ports.directory, {
          cluster: asked.cluster,
          namespace,
          what: whatOf(asked),
        });
  if (unknown !== undefined) return unknown;
  const other = closingsIn(grants.ordered.open).find(
    (each) => each.id !== id && each.asked.order.namespace === namespace,
  );
  if (other !== undefined) return underWay(asked, other.id);
  const seen = await observeClosables(ports, mesh, order);
  const obstacle = obstacleOf(asked, order, seen);
  if (obstacle !== undefined) return obstacle;
  const left = staysOpen(await mesh.list("Sidecar"), namespace);
  const steps = seen.flatMap(({ step, work }) => (work.kind === "write" ? [step] : []));
  if (steps.length === 0) return already(asked, order, left);
  const reached = await observeReached(mesh, namespace === undefined ? all : [namespace]);
  return { steps, left, reached };
}

/** Whatever is wrong with one part: then nothing is asked of anybody, and nothing written. */
function obstacleOf(
  asked: AdminAsked,
  { namespace }: RegistryOnly,
  seen: readonly Closable[],
): Refusal | undefined {
  const what = whatOf(asked);
  if (seen.length === 0)
    return refuse("MeshConfigUnfit", {
      what,
      why: "no revision of AKS's Istio is seen in it",
      fix: "enable the add-on, then ask again",
    });
  const stays = seen.flatMap(({ work }) => (work.kind === "stays" ? [work] : []));
  if (stays.length === 0) return undefined;
  return refuse(namespace === undefined ? "MeshConfigUnfit" : "SidecarInTheWay", {
    what,
    why: stays.map(({ why }) => why).join("; "),
    fix: [...new Set(stays.map(({ fix }) => fix))].join("; "),
  });
}

function already(asked: AdminAsked, { namespace }: RegistryOnly, open: readonly string[]): Refusal {
  const which = namespace === undefined ? ", for every revision" : "";
  return refuse("AlreadyClosed", {
    what: whatOf(asked),
    why: `it is already REGISTRY_ONLY${which}`,
    fix:
      open.length === 0
        ? "nothing: what nobody was granted is refused there"
        : `nothing for Sallyport to do; whoever made them closes what stays open: ${open.join("; ")}`,
  });
}
