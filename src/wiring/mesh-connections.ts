import type { TokenCredential } from "@azure/identity";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import type { Config } from "#src/config/config.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { addressOf } from "#src/requests/observe/cluster-address.ts";

/** A user kubeconfig may change (a new CA, another address): it is read again after this. */
const FRESH_MS = 3_600_000;

/** One connection per cluster, made when first needed; a failure to make it is not remembered. */
export function meshConnections(ports: {
  readonly config: Config;
  readonly clusters: ManagedClusters;
  readonly credential: TokenCredential;
  readonly clock: Clock;
}): (cluster: string) => Promise<Mesh> {
  const { clock } = ports;
  const made = new Map<string, { readonly mesh: Promise<Mesh>; readonly at: number }>();
  return async function meshOf(name) {
    const known = made.get(name);
    if (known !== undefined && clock.now() - known.at < FRESH_MS) return known.mesh;
    const mesh = connect(ports, name);
    made.set(name, { mesh, at: clock.now() });
    mesh.catch(() => made.delete(name));
    return mesh;
  };
}

async function connect(
  { config, clusters, credential }: Parameters<typeof meshConnections>[0],
  name: string,
): Promise<Mesh> {
  const cluster = config.directory.clusters.find((candidate) => candidate.name === name);
  const access = config.kubernetes.get(name);
  if (cluster === undefined || access === undefined)
    throw new FatalError("UnknownCluster", `connecting to cluster ${name}`);
  if (access.source !== "user-credentials") return connectMesh(access);
  const kubeconfig = await clusters.userKubeconfig(addressOf(cluster));
  return connectMesh({ source: "user-credentials", kubeconfig, credential });
}
