import { KubeConfig } from "@kubernetes/client-node";
import type { TokenCredential } from "@azure/identity";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { FatalError } from "#src/ports/errors.ts";
import { createApiClient } from "./api-client.ts";
import { createMesh } from "./mesh.ts";

/** Where a cluster's API server and our right to use it come from. */
export type KubernetesSource =
  | { readonly source: "in-cluster" }
  | { readonly source: "kubeconfig"; readonly path: string; readonly context?: string | undefined }
  /** AKS's user kubeconfig, with an Entra token of ours in place of its `kubelogin` plug-in. */
  | {
      readonly source: "user-credentials";
      readonly kubeconfig: Uint8Array;
      readonly credential: TokenCredential;
    };

/** The AKS server application, the same in every cloud. https://learn.microsoft.com/azure/aks/kubelogin-authentication */
const AKS_SERVER_SCOPE = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";

export function connectMesh(source: KubernetesSource, timeoutMs = 15_000): Mesh {
  return createMesh(createApiClient(kubeConfigOf(source), timeoutMs));
}

function kubeConfigOf(source: KubernetesSource): KubeConfig {
  const kubeConfig = new KubeConfig();
  switch (source.source) {
    case "in-cluster":
      kubeConfig.loadFromCluster();
      return kubeConfig;
    case "kubeconfig":
      kubeConfig.loadFromFile(source.path);
      if (source.context !== undefined) kubeConfig.setCurrentContext(source.context);
      return kubeConfig;
    case "user-credentials":
      return withEntraToken(source.kubeconfig, source.credential);
    default:
      return source satisfies never;
  }
}

function withEntraToken(yaml: Uint8Array, credential: TokenCredential): KubeConfig {
  const given = new KubeConfig();
  given.loadFromString(Buffer.from(yaml).toString("utf8"));
  const cluster = given.getCurrentCluster();
  const user = given.getCurrentUser();
  if (cluster === null || user === null)
    throw new FatalError("BadAnswer", "reading the user kubeconfig: it names no cluster or user");
  if (user.exec === undefined) {
    // Without Entra the user kubeconfig carries a certificate that is as good as the admin's.
    throw new FatalError(
      "NoEntra",
      `connecting to ${cluster.name}: the cluster has no Entra integration, and its user credentials are an administrator's`,
    );
  }
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [cluster],
    users: [{ name: user.name }],
    contexts: [{ name: cluster.name, cluster: cluster.name, user: user.name }],
    currentContext: cluster.name,
  });
  kubeConfig.addAuthenticator({
    isAuthProvider: () => true,
    async applyAuthentication(_user, options) {
      const token = await credential.getToken(AKS_SERVER_SCOPE);
      if (token === null)
        throw new FatalError("Forbidden", `getting a token for cluster ${cluster.name}`);
      options.headers = Object.assign(options.headers ?? {}, {
        Authorization: `Bearer ${token.token}`,
      });
    },
  });
  return kubeConfig;
}
