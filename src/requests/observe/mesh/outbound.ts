import {
  modeInConfig,
  modeOfRevisions,
  type OutboundPolicy,
  outboundPolicy,
} from "#src/domain/plan/ways-out/outbound-policy.ts";
import { REVISION_LABEL, revisionsOfNamespace } from "#src/domain/upgrades/namespace-revisions.ts";
import type { Revision } from "#src/domain/upgrades/compare-revisions.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { listAllowed } from "../surroundings.ts";
import { namedRevisions } from "./mesh-config.ts";

/** What becomes, in pods of a namespace, of what has no entry: by the revisions that their sidecars are of. */
export async function observeOutbound(
  mesh: Pick<Mesh, "list" | "get">,
  namespace: string,
): Promise<OutboundPolicy> {
  const sidecars = await mesh.list("Sidecar");
  const revisions = await namedRevisions(mesh);
  const theirs = revisions.length < 2 ? revisions : await revisionsIn(mesh, namespace, revisions);
  const modes = theirs.map(({ configs }) => modeInConfig(configs));
  return outboundPolicy(namespace, { sidecars, mesh: modeOfRevisions(modes) });
}

/** What is injected says so by an annotation; it may be of another revision than what is injected next. */
async function revisionsIn(
  mesh: Pick<Mesh, "list" | "get">,
  namespace: string,
  revisions: readonly Revision[],
): Promise<readonly Revision[]> {
  const found = await mesh.get({ kind: "Namespace", name: namespace });
  const pods = await listAllowed(mesh, "Pod", { namespace });
  if (pods === "forbidden") return revisions;
  const injected = pods.flatMap(({ metadata }) => metadata.annotations?.[REVISION_LABEL] ?? []);
  return revisionsOfNamespace(revisions, [found?.metadata.labels?.[REVISION_LABEL], ...injected]);
}
