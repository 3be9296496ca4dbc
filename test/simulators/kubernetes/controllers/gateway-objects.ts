import type { EgressGateway } from "./managed-cluster.ts";
import type { StoredObject } from "./cluster-objects.ts";

/** What one revision of one egress gateway consists of. */
export interface GatewayRevision {
  readonly gateway: EgressGateway;
  readonly revision: string;
}

export const GATEWAY_ANNOTATION = "kubernetes.azure.com/static-gateway-configuration";
/** Marks what the add-on made, and nothing else. */
export const COMPONENT_LABEL = "azureservicemesh/istio.component";

const REPLICAS = 2;

/** Labels of a gateway's objects; Istio's chart strips a leading `istio-` from the value of `istio`. */
export function gatewayLabels({ name }: EgressGateway): Record<string, string> {
  return { app: name, istio: name.replace(/^istio-/u, ""), [COMPONENT_LABEL]: "egress-gateway" };
}

export function deploymentName({ gateway, revision }: GatewayRevision): string {
  return `${gateway.name}-${revision}`;
}

/** Deployment `<name>-<revision>`; https://learn.microsoft.com/azure/aks/istio-deploy-egress */
export function deployment(of: GatewayRevision): StoredObject {
  const { gateway, revision } = of;
  const labels = { ...gatewayLabels(gateway), "istio.io/rev": revision };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: deploymentName(of), namespace: gateway.namespace, labels },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: gateway.name, "istio.io/rev": revision } },
      template: {
        metadata: {
          labels,
          annotations: { [GATEWAY_ANNOTATION]: gateway.gatewayConfigurationName },
        },
        spec: podSpec(of),
      },
    },
  };
}

/** Each Deployment's own: https://learn.microsoft.com/azure/aks/istio-scale (2 to 5 pods, 80 % of the processor). */
export function autoscaler(of: GatewayRevision): StoredObject {
  const name = deploymentName(of);
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace: of.gateway.namespace, labels: gatewayLabels(of.gateway) },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: REPLICAS,
      maxReplicas: 5,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
        },
      ],
    },
    status: {
      currentReplicas: REPLICAS,
      desiredReplicas: REPLICAS,
      currentMetrics: [
        {
          type: "Resource",
          resource: { name: "cpu", current: { averageValue: "30m", averageUtilization: 30 } },
        },
      ],
    },
  };
}

/** One Service for all revisions of a gateway. */
export function service(gateway: EgressGateway, clusterIp: string): StoredObject {
  const { [COMPONENT_LABEL]: component, ...selector } = gatewayLabels(gateway);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: gateway.name,
      namespace: gateway.namespace,
      labels: { ...selector, [COMPONENT_LABEL]: component ?? "" },
    },
    spec: {
      type: "ClusterIP",
      clusterIP: clusterIp,
      selector,
      ports: [
        { name: "status-port", port: 15021, targetPort: 15021, protocol: "TCP" },
        { name: "http2", port: 80, targetPort: 80, protocol: "TCP" },
        { name: "https", port: 443, targetPort: 443, protocol: "TCP" },
      ],
    },
  };
}

export function serviceAccount(gateway: EgressGateway): StoredObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: gateway.name, namespace: gateway.namespace, labels: gatewayLabels(gateway) },
  };
}

/** The pods a Deployment should have, without status. */
export function pods(of: GatewayRevision): readonly StoredObject[] {
  const { gateway, revision } = of;
  return Array.from({ length: REPLICAS }, (_, index): StoredObject => {
    const suffix = "bcdfghjklm".charAt(index).repeat(5);
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `${deploymentName(of)}-${suffix}`,
        namespace: gateway.namespace,
        labels: { ...gatewayLabels(gateway), "istio.io/rev": revision },
        annotations: { [GATEWAY_ANNOTATION]: gateway.gatewayConfigurationName },
        ownerReferences: [{ kind: "ReplicaSet", name: deploymentName(of) }],
      },
      spec: podSpec(of),
    };
  });
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment */
export function deploymentStatus(
  ready: number,
  refusal: string | undefined,
): Record<string, unknown> {
  const isAvailable = ready === REPLICAS;
  return {
    replicas: REPLICAS,
    updatedReplicas: REPLICAS,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: REPLICAS - ready,
    observedGeneration: 1,
    conditions: [
      {
        type: "Available",
        status: isAvailable ? "True" : "False",
        reason: "MinimumReplicasAvailable",
      },
      ...(refusal === undefined
        ? []
        : [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refusal }]),
    ],
  };
}

export function runningStatus(ip: string, startedAt: string): Record<string, unknown> {
  return {
    phase: "Running",
    podIP: ip,
    startTime: startedAt,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      status: "True",
    })),
    containerStatuses: [
      { name: "istio-proxy", ready: true, restartCount: 0, state: { running: { startedAt } } },
    ],
  };
}

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions */
export function unscheduledStatus(message: string): Record<string, unknown> {
  return {
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  };
}

export function creatingStatus(): Record<string, unknown> {
  return {
    phase: "Pending",
    conditions: [
      { type: "PodScheduled", status: "True" },
      { type: "Ready", status: "False" },
    ],
    containerStatuses: [
      {
        name: "istio-proxy",
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: "ContainerCreating" } },
      },
    ],
  };
}

function podSpec({ gateway }: GatewayRevision): Record<string, unknown> {
  return {
    serviceAccountName: gateway.name,
    containers: [
      {
        name: "istio-proxy",
        image: "mcr.microsoft.com/oss/istio/proxyv2:simulated",
        args: ["proxy", "router"],
      },
    ],
  };
}
