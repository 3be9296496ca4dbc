import type { Answer } from "../answers.ts";

/**
 * Where a client finds the rest of this cloud, told to anybody: `az cloud register` asks for it, as do Terraform's
 * providers. Microsoft documents no schema; these are the fields its own client reads, and the audience of Azure's.
 * https://github.com/Azure/azure-cli/blob/dev/src/azure-cli-core/azure/cli/core/cloud.py (_arm_to_cli_mapper)
 */
export function cloudEndpoints(origin: string): Answer {
  return {
    status: 200,
    body: {
      name: "Simulated",
      authentication: {
        loginEndpoint: origin,
        audiences: ["https://management.core.windows.net/", "https://management.azure.com/"],
        tenant: "common",
        identityProvider: "AAD",
      },
      resourceManager: origin,
      suffixes: {},
    },
  };
}
