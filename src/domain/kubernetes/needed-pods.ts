/*
 * Pods that no grant works without, and their ports. NetworkPolicies are about pods: a Service's address is replaced by a
 * pod's, and its port by the container's, before they are asked.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */

/** https://learn.microsoft.com/azure/aks/coredns-custom */
export const DNS = {
  namespace: "kube-system",
  labels: { "k8s-app": "kube-dns" },
  port: 53,
} as const;

/** Where the add-on's control plane lives; its root namespace too. https://learn.microsoft.com/azure/aks/istio-about */
export const ROOT_NAMESPACE = "aks-istio-system";

/** What a sidecar asks for its certificate and configuration. https://istio.io/latest/docs/ops/deployment/application-requirements/ */
export const ISTIOD = {
  namespace: ROOT_NAMESPACE,
  labels: { app: "istiod" },
  port: 15_012,
} as const;

/** Of the gateway's Service and of the container: which of them a pod listens on depends on the gateway's chart. */
export const GATEWAY_PORTS = { http: [80, 8080], tunnel: [443, 8443] } as const;
