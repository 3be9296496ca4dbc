import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import type { Config } from "#src/config/config.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { systemClock } from "./ids.ts";
import { meshConnections } from "./mesh-connections.ts";

type AzureVariables = Readonly<Record<`AZURE_${string}`, string | undefined>>;

/** Azure and the clusters, as the worker and the command line reach them. */
export function connections(
  config: Config,
  env: AzureVariables,
): { readonly clusters: ManagedClusters; readonly meshOf: (cluster: string) => Promise<Mesh> } {
  const credential = createCredential({
    authorityHost: env["AZURE_AUTHORITY_HOST"],
    tenantId: env["AZURE_TENANT_ID"],
    clientId: env["AZURE_CLIENT_ID"],
    clientSecret: env["AZURE_CLIENT_SECRET"],
    federatedTokenFile: env["AZURE_FEDERATED_TOKEN_FILE"],
  });
  const clusters = createManagedClusters({
    endpoint: env["AZURE_RESOURCE_MANAGER_ENDPOINT"] ?? "https://management.azure.com",
    scope: env["AZURE_RESOURCE_MANAGER_SCOPE"] ?? "https://management.azure.com/.default",
    credential,
  });
  return {
    clusters,
    meshOf: meshConnections({ config, clusters, credential, clock: systemClock }),
  };
}
