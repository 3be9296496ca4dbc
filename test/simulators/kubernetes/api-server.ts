import { toClusterObjects } from "./cluster-store.ts";
import { type ApiServer, startApiServer } from "./https-server.ts";
import { injectSidecar } from "./kubelet/inject-sidecar.ts";
import type { KubernetesObject } from "./stored-object.ts";
import { type Mesh, type MeshOptions, startMesh } from "./mesh/start-mesh.ts";

/** A whole cluster: the API server, and behind it the controllers, the kubelet and the mesh. */
export interface KubernetesSimulator extends ApiServer {
  readonly mesh: Mesh;
}

export interface KubernetesOptions {
  readonly clock?: () => Date;
  /** Whose a bearer token is, undefined where it is nobody's: an Entra cluster takes what the authority gave out. */
  readonly userOf?: (token: string) => string | undefined;
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
  server.setInjector(
    (pod, namespace) => injectSidecar(pod, namespace, mesh.revisions()) as KubernetesObject,
  );
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
