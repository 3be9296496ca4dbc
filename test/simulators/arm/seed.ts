import { randomUUID } from "node:crypto";
import { type Json, objectsAt, overlay } from "./json.ts";

export interface NewCluster {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  /** Laid over a cluster with the Istio add-on on and static egress off. */
  readonly body?: Json;
}

const NODE_IMAGE = "AKSUbuntu-2204gen2containerd-202510.29.0";

const PRINCIPAL = {
  principalId: "33333333-3333-3333-3333-333333333333",
  tenantId: "11111111-1111-1111-1111-111111111111",
};
const KUBELET = {
  clientId: "44444444-4444-4444-4444-444444444444",
  objectId: "55555555-5555-5555-5555-555555555555",
};

/** A managed cluster as AKS answers with it. https://learn.microsoft.com/rest/api/aks/managed-clusters/get */
export function seedCluster({ subscriptionId, resourceGroup, name, body = {} }: NewCluster): Json {
  const location = typeof body["location"] === "string" ? body["location"] : "westeurope";
  const cluster = overlay(
    {
      id: `/subscriptions/${subscriptionId}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`,
      location,
      name,
      type: "Microsoft.ContainerService/ManagedClusters",
      kind: "Base",
      properties: seedProperties({ subscriptionId, resourceGroup, name }, location),
      identity: { type: "SystemAssigned", ...PRINCIPAL },
      sku: { name: "Base", tier: "Standard" },
      eTag: randomUUID(),
    },
    body,
  );
  for (const pool of objectsAt(cluster, "properties", "agentPoolProfiles"))
    Object.assign(pool, completePool(pool));
  return cluster;
}

/** A pool with what AKS fills in where the request left it out. */
export function completePool(pool: Json): Json {
  const isGateway = pool["mode"] === "Gateway";
  return {
    count: 1,
    osDiskSizeGB: 128,
    maxPods: 250,
    osType: "Linux",
    osSKU: "Ubuntu",
    enableAutoScaling: false,
    scaleDownMode: "Delete",
    type: "VirtualMachineScaleSets",
    mode: "User",
    orchestratorVersion: "1.33",
    currentOrchestratorVersion: "1.33.5",
    powerState: { code: "Running" },
    ...(isGateway ? { gatewayProfile: { publicIPPrefixSize: 31 } } : {}),
    provisioningState: "Succeeded",
    nodeImageVersion: NODE_IMAGE,
    eTag: randomUUID(),
    ...pool,
    ...gatewayTaint(pool),
    vmSize:
      pool["vmSize"] === undefined || pool["vmSize"] === "" ? "Standard_D4ds_v5" : pool["vmSize"],
  };
}

const GATEWAY_TAINT = "kubernetes.azure.com/mode=gateway:NoSchedule";

/** Of a gateway pool; it has this taint also where others, or an empty list of them, were sent. */
export function gatewayTaint({ mode, nodeTaints }: Json): Json {
  if (mode !== "Gateway") return {};
  const sent: unknown[] = Array.isArray(nodeTaints) ? nodeTaints : [];
  return { nodeTaints: sent.includes(GATEWAY_TAINT) ? sent : [...sent, GATEWAY_TAINT] };
}

function seedProperties(
  { subscriptionId, resourceGroup, name }: NewCluster,
  location: string,
): Json {
  const nodeResourceGroup = `MC_${resourceGroup}_${name}_${location}`;
  return {
    kubernetesVersion: "1.33",
    currentKubernetesVersion: "1.33.5",
    dnsPrefix: name,
    fqdn: `${name}.hcp.${location}.azmk8s.io`,
    agentPoolProfiles: [{ name: "nodepool1", count: 3, mode: "System" }],
    oidcIssuerProfile: { enabled: false },
    nodeResourceGroup,
    enableRBAC: true,
    networkProfile: {
      networkPlugin: "azure",
      networkPluginMode: "overlay",
      networkDataplane: "azure",
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.0.0.0/16",
      dnsServiceIP: "10.0.0.10",
      outboundType: "loadBalancer",
      loadBalancerSku: "standard",
      podCidrs: ["10.244.0.0/16"],
      serviceCidrs: ["10.0.0.0/16"],
      ipFamilies: ["IPv4"],
    },
    identityProfile: {
      kubeletidentity: {
        resourceId: `/subscriptions/${subscriptionId}/resourcegroups/${nodeResourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}-agentpool`,
        ...KUBELET,
      },
    },
    serviceMeshProfile: { mode: "Istio", istio: { components: {}, revisions: ["asm-1-28"] } },
    provisioningState: "Succeeded",
    powerState: { code: "Running" },
    maxAgentPools: 100,
  };
}
