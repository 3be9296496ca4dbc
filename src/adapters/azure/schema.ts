import { z } from "zod";

/*
 * What is read of Azure's answers; everything else in them passes through untouched.
 * https://learn.microsoft.com/rest/api/aks/managed-clusters/get
 */

const Strings = z.array(z.string()).nullish();
const Switch = z.object({ enabled: z.boolean().nullish() }).nullish();

const EgressGateway = z.object({
  name: z.string(),
  namespace: z.string().nullish(),
  enabled: z.boolean().nullish(),
  gatewayConfigurationName: z.string().nullish(),
});

export const Pool = z.object({
  name: z.string(),
  mode: z.string().nullish(),
  provisioningState: z.string().nullish(),
  count: z.number().nullish(),
  powerState: z.object({ code: z.string().nullish() }).nullish(),
  gatewayProfile: z.object({ publicIPPrefixSize: z.number().nullish() }).nullish(),
  vnetSubnetID: z.string().nullish(),
  podSubnetID: z.string().nullish(),
});
export type Pool = z.infer<typeof Pool>;

export const ManagedCluster = z.object({
  id: z.string(),
  location: z.string(),
  eTag: z.string().nullish(),
  properties: z.object({
    provisioningState: z.string(),
    powerState: z.object({ code: z.string().nullish() }).nullish(),
    kubernetesVersion: z.string().nullish(),
    currentKubernetesVersion: z.string().nullish(),
    nodeResourceGroup: z.string().nullish(),
    agentPoolProfiles: z.array(Pool).nullish(),
    oidcIssuerProfile: Switch,
    networkProfile: z
      .object({
        staticEgressGatewayProfile: Switch,
        ipFamilies: Strings,
        podCidr: z.string().nullish(),
        podCidrs: Strings,
        serviceCidr: z.string().nullish(),
        serviceCidrs: Strings,
      })
      .nullish(),
    serviceMeshProfile: z
      .object({
        mode: z.string().nullish(),
        istio: z
          .object({
            revisions: Strings,
            components: z.object({ egressGateways: z.array(EgressGateway).nullish() }).nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
});
export type ManagedCluster = z.infer<typeof ManagedCluster>;

/** https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/get */
export const VirtualNetwork = z.object({
  properties: z.object({ addressSpace: z.object({ addressPrefixes: z.array(z.string()) }) }),
});

export const VirtualNetworkPage = z.object({
  value: z.array(VirtualNetwork),
  nextLink: z.string().nullish(),
});

/** https://learn.microsoft.com/rest/api/virtualnetwork/usages/list */
export const UsagePage = z.object({
  value: z.array(
    z.object({
      name: z.object({ value: z.string().nullish() }).nullish(),
      currentValue: z.number(),
      limit: z.number(),
    }),
  ),
  nextLink: z.string().nullish(),
});

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/list-mesh-revision-profiles */
export const MeshRevisionPage = z.object({
  value: z.array(
    z.object({
      properties: z.object({ meshRevisions: z.array(z.object({ revision: z.string() })) }),
    }),
  ),
  nextLink: z.string().nullish(),
});

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/list-cluster-user-credentials */
export const UserCredentials = z.object({
  kubeconfigs: z.array(z.object({ value: z.string().min(1) })).min(1),
});

const ErrorDetail = z.object({ code: z.string().nullish(), message: z.string().nullish() });
const ErrorText = ErrorDetail.extend({ details: z.array(ErrorDetail).nullish() });

/** Codes that only say that something failed; what did is in the first of the details. */
const WRAPPERS = ["ResourceOperationFailure", "ResourceDeploymentFailure", "DeploymentFailed"];

/** What an error of Azure's says; "" for what it leaves out. */
export function saidIn(error: z.infer<typeof ErrorText> | null | undefined): {
  readonly code: string;
  readonly message: string;
} {
  const [detail] = error?.details ?? [];
  const isWrapped = WRAPPERS.includes(error?.code ?? "") && (detail?.code ?? "") !== "";
  const { code, message } = (isWrapped ? detail : error) ?? {};
  return { code: code ?? "", message: message ?? "" };
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */
export const OperationBody = z.object({ status: z.string(), error: ErrorText.nullish() });

/** ARM wraps its errors in `error`; AKS does not always. */
export const ErrorBody = z.union([z.object({ error: ErrorText }), ErrorText]);
