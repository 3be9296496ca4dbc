import { ordersOf } from "#src/domain/admin/cluster-orders.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { install, type Installation } from "./installation.ts";
import { letOut } from "./workplace.ts";

/** Where the mesh is configured, and by which text of which ConfigMap. */
export const ROOT = "aks-istio-system";
export const CONFIG = "istio-shared-configmap-asm-1-28";
export const TEXT = [
  "# of the platform team",
  "accessLogFile: /dev/stdout # everywhere",
  "outboundTrafficPolicy:",
  "  mode: ALLOW_ANY # for now",
  "",
].join("\n");

/** Two approvers, a mesh that lets everything out, and sidecars that log. */
export async function anOpenMesh(lockMs?: number): Promise<Installation> {
  const installation = await install({
    mode: "ALLOW_ANY",
    ...(lockMs === undefined ? {} : { lockMs }),
  });
  installation.slack.world.setUserGroup({
    handle: "security-egress",
    id: "S0SECURITY",
    members: ["sam", "mallory"],
  });
  letOut(installation.kubernetes, "team-x", true);
  installation.kubernetes.store.put({
    ...aConfig(CONFIG, TEXT),
    metadata: { name: CONFIG, namespace: ROOT, labels: { team: "platform" } },
    data: { mesh: TEXT, meshNetworks: "networks: {}\n" },
  });
  return installation;
}

export function aConfig(name: string, mesh: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: ROOT },
    data: { mesh },
  };
}

export function shared({ kubernetes }: Installation, name = CONFIG): KubernetesObject | undefined {
  return kubernetes.store.get("ConfigMap", ROOT, name);
}

/** Each order in the cluster by its id, and whether it is done. */
export function orders({
  kubernetes,
}: Installation): readonly (readonly [id: string, isDone: boolean])[] {
  const cluster = kubernetes.store.get("EgressCluster", "sallyport-system", "cluster");
  return ordersOf(cluster).map(({ id, doneAt }) => [id, doneAt !== undefined]);
}
