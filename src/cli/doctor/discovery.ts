import type { Cluster, Directory } from "#src/domain/directory.ts";
import { isLeftOut } from "#src/domain/plan/others/discovery.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { observeDiscovery } from "#src/requests/observe/mesh/mesh-config.ts";
import type { Finding } from "./finding.ts";

/** Namespaces of teams and gateways that the control plane does not look into: no grant works there. */
export async function discoveryFinding(
  mesh: Pick<Mesh, "list">,
  { name: cluster, gateways }: Cluster,
  { teams }: Pick<Directory, "teams">,
): Promise<Finding> {
  const subject = `discovery selectors ${cluster}`;
  const discovery = await observeDiscovery(mesh);
  if (discovery === "unknown")
    return {
      verdict: "unknown",
      subject,
      text: "the mesh configuration is no YAML, or its discoverySelectors are none",
    };
  const labels = new Map(
    (await mesh.list("Namespace")).map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
  );
  const wanted = [
    ...gateways.map(({ namespace }) => namespace),
    ...teams.flatMap(({ placements }) =>
      placements.filter((each) => each.cluster === cluster).map(({ namespace }) => namespace),
    ),
  ];
  const leftOut = [...new Set(wanted)]
    .toSorted()
    .filter((name) => isLeftOut(name, { labels: labels.get(name) ?? {}, discovery }));
  return leftOut.length === 0
    ? { verdict: "fine", subject, text: "leave out no namespace of a team or gateway" }
    : {
        verdict: "wrong",
        subject,
        text: `leave out ${leftOut.join(", ")}: the control plane ignores every object there; label them as discoverySelectors in istio-shared-configmap-<revision> ask, or add them there`,
      };
}
