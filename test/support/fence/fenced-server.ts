import { KubeConfig } from "@kubernetes/client-node";
import { createApiClient } from "#src/adapters/kubernetes/api-client.ts";
import { createMesh } from "#src/adapters/kubernetes/mesh.ts";
import { collectionPath, objectPath, refOf } from "#src/adapters/kubernetes/mesh-transport.ts";
import { ROOT_NAMESPACE } from "#src/domain/kubernetes/needed-pods.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { ApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Fenced, FOREIGN_NAMESPACES } from "./attempt.ts";

const NAMESPACES = [...FOREIGN_NAMESPACES, "team-x", "team-y", "egress-gw"];

/** Not the policy on who writes Sallyport's own kinds: it would keep the administrator from planting them. */
function isFence({ kind, metadata }: KubernetesObject): boolean {
  return (
    kind.startsWith("ValidatingAdmissionPolicy") && metadata.name.startsWith("sallyport-fence-")
  );
}

/** The worker's identity against a simulated API server, which somebody else fills; `token` is the worker's. */
export function heldBack(server: Pick<ApiServer, "store" | "kubeconfig">, token: string): Fenced {
  const { store } = server;
  for (const name of NAMESPACES)
    if (store.get("Namespace", undefined, name)?.status?.["phase"] !== "Active")
      store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig(token));
  async function remove({ kind, metadata }: KubernetesObject): Promise<void> {
    if (kind !== "Namespace") store.delete(kind, metadata.namespace, metadata.name);
  }
  return {
    worker: createMesh(createApiClient(kubeConfig, 15_000)),
    remove,
    read: async ({ kind, metadata }) => store.get(kind, metadata.namespace, metadata.name),
    async plant(object) {
      await remove(object);
      store.put(object);
    },
    // They go with the server.
    close: async () => undefined,
  };
}

/** The same with the policies alone, and no roles: nothing but the fence holds the worker back. */
export function fenceIn(
  server: ApiServer,
  rights: readonly KubernetesObject[],
  token: string,
): Fenced {
  for (const object of rights) if (isFence(object)) server.store.put(object);
  return heldBack(server, token);
}

/** A real API server, by an administrator's kubeconfig; the worker is played by impersonation. */
export async function fenceInReal(
  path: string,
  rights: readonly KubernetesObject[],
  worker: string,
): Promise<Fenced> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(path);
  const admin = createApiClient(kubeConfig, 15_000);
  async function put(object: KubernetesObject): Promise<void> {
    const { status, text } = await admin.send({
      method: "PATCH",
      path: pathOf(object),
      query: { fieldManager: "administrator", force: "true" },
      body: object,
      contentType: "application/apply-patch+yaml",
    });
    if (status > 201) throw new Error(`applying ${object.kind} ${object.metadata.name}: ${text}`);
  }
  for (const name of NAMESPACES) {
    await put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    await put({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: name },
    });
  }
  const policies = rights.filter((object) => isFence(object));
  for (const object of policies) await put(object);
  const everything = boundToEverything(worker);
  await put(everything);
  const identity = new KubeConfig();
  identity.loadFromFile(path);
  const user = identity.getCurrentUser();
  if (user === null) throw new Error(`${path} names no user`);
  Object.assign(user, { impersonateUser: worker });
  const asWorker = createApiClient(identity, 15_000);
  // A real API server takes a moment to ask a new policy.
  for (const object of REFUSED)
    await eventually(async () => {
      const { status } = await asWorker.send({
        method: "POST",
        path: collectionPath(refOf(object).kind, object.metadata.namespace),
        query: { dryRun: "All" },
        body: object,
      });
      if (status !== 403 && status !== 422)
        throw new Error(`${object.kind} is not refused yet: ${status}`);
    });
  const fenced = {
    worker: createMesh(asWorker),
    read: (object: KubernetesObject) => createMesh(admin).get(refOf(object)),
    async close(): Promise<void> {
      for (const object of [everything, ...policies])
        await admin.send({ method: "DELETE", path: pathOf(object) });
    },
    async remove(object: KubernetesObject): Promise<void> {
      if (object.kind === "Namespace") return;
      await admin.send({
        method: "DELETE",
        path: objectPath(refOf(object)),
        body: { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds: 0 },
      });
    },
    async plant(object: KubernetesObject): Promise<void> {
      if (object.kind === "Namespace") return put(object);
      await fenced.remove(object);
      const { status, text } = await admin.send({
        method: "POST",
        path: collectionPath(refOf(object).kind, object.metadata.namespace),
        body: object,
      });
      if (status !== 201) throw new Error(`making ${object.kind} ${object.metadata.name}: ${text}`);
    },
  };
  return fenced;
}

/** One for each of the first and the last policies. */
const REFUSED: readonly KubernetesObject[] = [
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "refused", namespace: "team-x" },
    spec: { hostNetwork: true, containers: [{ name: "shop", image: "shop" }] },
  },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "refused", namespace: ROOT_NAMESPACE } },
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "refused" } },
];

/** Whatever rights it has, nothing but the fence holds it back. */
function boundToEverything(name: string): KubernetesObject {
  const apiGroup = "rbac.authorization.k8s.io";
  const bound = {
    apiVersion: `${apiGroup}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "sallyport-contract" },
    roleRef: { apiGroup, kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup, kind: "User", name }],
  };
  return bound;
}

/** Roles and policies are no kinds of the product's. */
function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  const plural = kind.toLowerCase().replace(/y$/, "ie");
  return `${root}${within}/${plural}s/${metadata.name}`;
}
