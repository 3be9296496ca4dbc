import { apiVersionOf, type KubernetesObject } from "../kubernetes-object.ts";
import { DNS, GATEWAY_PORTS, ISTIOD } from "../kubernetes/needed-pods.ts";

/**
 * The NetworkPolicy that lets a namespace's pods out to what a grant needs and to each other, and to nothing else: DNS,
 * istiod, and the doors of the namespace's gateways. Of these the whole namespace is named, since a gateway's own labels
 * are known only once it is there, and nobody but the platform runs pods there.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function wayOut(namespace: string, gatewayNamespaces: readonly string[]): KubernetesObject {
  return {
    apiVersion: apiVersionOf("NetworkPolicy"),
    kind: "NetworkPolicy",
    metadata: { name: "sallyport-guard", namespace },
    spec: {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [
        {
          to: [{ ...inNamespace(DNS.namespace), podSelector: { matchLabels: DNS.labels } }],
          ports: [
            { protocol: "UDP", port: DNS.port },
            { protocol: "TCP", port: DNS.port },
          ],
        },
        { to: [inNamespace(ISTIOD.namespace)], ports: [{ protocol: "TCP", port: ISTIOD.port }] },
        {
          to: gatewayNamespaces.map(inNamespace),
          ports: DOORS.map((port) => ({ protocol: "TCP", port })),
        },
        { to: [{ podSelector: {} }] },
      ],
    },
  };
}

const DOORS = [...GATEWAY_PORTS.http, ...GATEWAY_PORTS.tunnel].toSorted((one, two) => one - two);

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
function inNamespace(name: string): object {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
}
