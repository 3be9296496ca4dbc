/** A Kubernetes object as JSON; only the metadata Sallyport reads is typed. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  /** What it is part of: unchecked. */
  readonly ownerReferences?: unknown;
  /** Rises with each change of what is wanted, and when deletion begins; not with the status. */
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  /** Who wrote which fields, as the API server tells it: unchecked. */
  readonly managedFields?: unknown;
}

/** When the API server made it: epoch ms, 0 where it does not say. Keys of statements on it are judged by that time. */
export function madeAt({ metadata }: Pick<KubernetesObject, "metadata">): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}

/** Whose an object is: the instance that made it. */
export const INSTANCE_LABEL = "sallyport.dev/instance";

/** On everything an instance makes. */
export function ownLabels(instance: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/managed-by": "sallyport", [INSTANCE_LABEL]: instance };
}

/** Names one object; what a ChangeSet line, a log line and a map key are made of. */
export interface ObjectRef {
  readonly kind: ObjectKind;
  readonly namespace?: string;
  readonly name: string;
}

/** The kinds Sallyport reads or writes, with where the API server serves them. */
export const OBJECT_KINDS = {
  Namespace: { group: "", version: "v1", plural: "namespaces", namespaced: false },
  Pod: { group: "", version: "v1", plural: "pods", namespaced: true },
  Service: { group: "", version: "v1", plural: "services", namespaced: true },
  ConfigMap: { group: "", version: "v1", plural: "configmaps", namespaced: true },
  Event: { group: "", version: "v1", plural: "events", namespaced: true },
  ResourceQuota: { group: "", version: "v1", plural: "resourcequotas", namespaced: true },
  Deployment: { group: "apps", version: "v1", plural: "deployments", namespaced: true },
  HorizontalPodAutoscaler: {
    group: "autoscaling",
    version: "v2",
    plural: "horizontalpodautoscalers",
    namespaced: true,
  },
  NetworkPolicy: {
    group: "networking.k8s.io",
    version: "v1",
    plural: "networkpolicies",
    namespaced: true,
  },
  CiliumNetworkPolicy: {
    group: "cilium.io",
    version: "v2",
    plural: "ciliumnetworkpolicies",
    namespaced: true,
  },
  CiliumClusterwideNetworkPolicy: {
    group: "cilium.io",
    version: "v2",
    plural: "ciliumclusterwidenetworkpolicies",
    namespaced: false,
  },
  // Calico calls its kinds NetworkPolicy and GlobalNetworkPolicy, and serves them in two groups.
  CalicoNetworkPolicy: {
    group: "projectcalico.org",
    version: "v3",
    plural: "networkpolicies",
    namespaced: true,
  },
  CalicoGlobalNetworkPolicy: {
    group: "projectcalico.org",
    version: "v3",
    plural: "globalnetworkpolicies",
    namespaced: false,
  },
  CalicoCrdNetworkPolicy: {
    group: "crd.projectcalico.org",
    version: "v1",
    plural: "networkpolicies",
    namespaced: true,
  },
  CalicoCrdGlobalNetworkPolicy: {
    group: "crd.projectcalico.org",
    version: "v1",
    plural: "globalnetworkpolicies",
    namespaced: false,
  },
  ValidatingAdmissionPolicy: {
    group: "admissionregistration.k8s.io",
    version: "v1",
    plural: "validatingadmissionpolicies",
    namespaced: false,
  },
  ValidatingAdmissionPolicyBinding: {
    group: "admissionregistration.k8s.io",
    version: "v1",
    plural: "validatingadmissionpolicybindings",
    namespaced: false,
  },
  StaticGatewayConfiguration: {
    group: "egressgateway.kubernetes.azure.com",
    version: "v1alpha1",
    plural: "staticgatewayconfigurations",
    namespaced: true,
  },
  Gateway: { group: "networking.istio.io", version: "v1", plural: "gateways", namespaced: true },
  ServiceEntry: {
    group: "networking.istio.io",
    version: "v1",
    plural: "serviceentries",
    namespaced: true,
  },
  VirtualService: {
    group: "networking.istio.io",
    version: "v1",
    plural: "virtualservices",
    namespaced: true,
  },
  DestinationRule: {
    group: "networking.istio.io",
    version: "v1",
    plural: "destinationrules",
    namespaced: true,
  },
  Sidecar: { group: "networking.istio.io", version: "v1", plural: "sidecars", namespaced: true },
  EnvoyFilter: {
    group: "networking.istio.io",
    version: "v1alpha3",
    plural: "envoyfilters",
    namespaced: true,
  },
  ProxyConfig: {
    group: "networking.istio.io",
    version: "v1beta1",
    plural: "proxyconfigs",
    namespaced: true,
  },
  WasmPlugin: {
    group: "extensions.istio.io",
    version: "v1alpha1",
    plural: "wasmplugins",
    namespaced: true,
  },
  PeerAuthentication: {
    group: "security.istio.io",
    version: "v1",
    plural: "peerauthentications",
    namespaced: true,
  },
  RequestAuthentication: {
    group: "security.istio.io",
    version: "v1",
    plural: "requestauthentications",
    namespaced: true,
  },
  AuthorizationPolicy: {
    group: "security.istio.io",
    version: "v1",
    plural: "authorizationpolicies",
    namespaced: true,
  },
  Telemetry: {
    group: "telemetry.istio.io",
    version: "v1",
    plural: "telemetries",
    namespaced: true,
  },
  HTTPRoute: {
    group: "gateway.networking.k8s.io",
    version: "v1",
    plural: "httproutes",
    namespaced: true,
  },
  GRPCRoute: {
    group: "gateway.networking.k8s.io",
    version: "v1",
    plural: "grpcroutes",
    namespaced: true,
  },
  TLSRoute: {
    group: "gateway.networking.k8s.io",
    version: "v1alpha2",
    plural: "tlsroutes",
    namespaced: true,
  },
  TCPRoute: {
    group: "gateway.networking.k8s.io",
    version: "v1alpha2",
    plural: "tcproutes",
    namespaced: true,
  },
  Lease: { group: "coordination.k8s.io", version: "v1", plural: "leases", namespaced: true },
  CustomResourceDefinition: {
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    namespaced: false,
  },
  EgressGrant: {
    group: "sallyport.dev",
    version: "v1alpha1",
    plural: "egressgrants",
    namespaced: true,
  },
  EgressGateway: {
    group: "sallyport.dev",
    version: "v1alpha1",
    plural: "egressgateways",
    namespaced: true,
  },
  EgressCluster: {
    group: "sallyport.dev",
    version: "v1alpha1",
    plural: "egressclusters",
    namespaced: true,
  },
} as const;

export type ObjectKind = keyof typeof OBJECT_KINDS;

/** Whether it is one of our own kinds: what is not there of these is known only from an API server that serves them. */
export function isOurKind(kind: ObjectKind): boolean {
  return OBJECT_KINDS[kind].group === "sallyport.dev";
}

export function isObjectKind(kind: string): kind is ObjectKind {
  return Object.hasOwn(OBJECT_KINDS, kind);
}

export function apiVersionOf(kind: ObjectKind): string {
  const { group, version } = OBJECT_KINDS[kind];
  return group === "" ? version : `${group}/${version}`;
}

/** `kind namespace/name`: unique in a cluster, stable, readable. */
export function refKey(ref: Omit<ObjectRef, "kind"> & { readonly kind: string }): string {
  return `${ref.kind} ${ref.namespace === undefined ? "" : `${ref.namespace}/`}${ref.name}`;
}
