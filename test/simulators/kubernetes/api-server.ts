import { toClusterObjects } from "./cluster-store.ts";
import { type ApiServer, startApiServer } from "./https-server.ts";
import { type Mesh, type MeshOptions, startMesh } from "./mesh/start-mesh.ts";

/** A whole cluster: the API server, and behind it the controllers, the kubelet and the mesh. */
export interface KubernetesSimulator extends ApiServer {
  readonly mesh: Mesh;
}

export interface KubernetesOptions {
  readonly clock?: () => Date;
  /** The one token that is accepted, unless `accepts` decides. */
  readonly token?: string;
  /** Which bearer tokens are good: an Entra cluster takes what the authority gave out. */
  readonly accepts?: (token: string) => boolean;
  readonly mesh?: Partial<Omit<MeshOptions, "objects" | "installStaticEgress" | "now">>;
}

const STATIC_EGRESS = "egressgateway.kubernetes.azure.com";

export async function startKubernetesSimulator(
  options: KubernetesOptions = {},
): Promise<KubernetesSimulator> {
  const server = await startApiServer(options);
  const mesh = await startMesh({
    externals: [],
    ...options.mesh,
    ...(options.clock === undefined ? {} : { now: options.clock }),
    objects: toClusterObjects(server.store),
    installStaticEgress: (enabled) =>
      enabled ? server.installCrds(STATIC_EGRESS) : server.removeCrds(STATIC_EGRESS),
  });
  server.setLogSource((pod, container) =>
    mesh.logOf({ namespace: pod.metadata.namespace ?? "", name: pod.metadata.name }, container),
  );
  return {
    ...server,
    mesh,
    async close() {
      await mesh.close();
      await server.close();
    },
  };
}
