import type { Catalogue } from "./catalogue.ts";
import type {
  LabelSelector,
  NetworkPeer,
  NetworkPolicy,
  NetworkRule,
  Pod,
} from "./workload-schema.ts";
import type { Client } from "./world.ts";

type Labels = Readonly<Record<string, string>>;

/** One end of a connection: a pod, or with no namespace an address outside the cluster. */
export interface End {
  readonly ip: string;
  readonly pod?: { readonly namespace: string; readonly labels: Labels };
}

export interface Packets {
  readonly from: End;
  readonly to: End;
  readonly protocol: "TCP" | "UDP";
  /** Of the far pod itself: policies are applied after a Service's address was replaced by a pod's. */
  readonly port: number;
}

/** The cluster's DNS and the mesh's control plane, which no test has to plant: pods that are always there. */
export const KUBE_DNS: End = {
  ip: "10.244.0.53",
  pod: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
};

export function istiod(rootNamespace: string): End {
  return { ip: "10.244.0.15", pod: { namespace: rootNamespace, labels: { app: "istiod" } } };
}

export function endOfClient({ namespace, labels, ip }: Client): End {
  return { ip, pod: { namespace, labels } };
}

export function endOfPod({ metadata, status }: Pod): End {
  const { namespace, labels } = metadata;
  return { ip: status.podIP ?? "", pod: { namespace, labels } };
}

/**
 * Whether NetworkPolicies let packets through: those that select the sender, for egress, and those that select the
 * receiver, for ingress. A pod that none selects is open; what several allow adds up. What is not let through is dropped,
 * as Azure's, Cilium's and Calico's engines do: the sender waits.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/ ,
 * https://docs.tigera.io/calico/latest/network-policy/get-started/kubernetes-policy/kubernetes-network-policy ,
 * https://docs.cilium.io/en/stable/security/policy/intro/
 */
export function isLetThrough(catalogue: Catalogue, packets: Packets): boolean {
  return (
    isAllowedAt(catalogue, packets, { at: packets.from, other: packets.to, direction: "egress" }) &&
    isAllowedAt(catalogue, packets, { at: packets.to, other: packets.from, direction: "ingress" })
  );
}

interface Side {
  readonly at: End;
  readonly other: End;
  readonly direction: "egress" | "ingress";
}

function isAllowedAt(
  catalogue: Catalogue,
  packets: Packets,
  { at, other, direction }: Side,
): boolean {
  const { pod } = at;
  if (pod === undefined) return true;
  const selecting = catalogue.networkPolicies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      isAbout(spec, direction) &&
      selectsLabels(spec.podSelector, pod.labels),
  );
  if (selecting.length === 0) return true;
  return selecting.some(({ spec }) =>
    (spec[direction] ?? []).some(
      (rule) =>
        hasPort(rule, packets) &&
        hasPeer(catalogue, direction === "egress" ? rule.to : rule.from, {
          namespace: pod.namespace,
          other,
        }),
    ),
  );
}

/** Without `policyTypes` a policy is about ingress, and about egress where it has rules for that. */
function isAbout(
  { policyTypes, egress }: NetworkPolicy["spec"],
  direction: Side["direction"],
): boolean {
  if (direction === "ingress") return policyTypes?.includes("Ingress") ?? true;
  return policyTypes?.includes("Egress") ?? egress !== undefined;
}

/** A named port is one of a container's, which pods here do not declare: it matches none. */
function hasPort({ ports }: NetworkRule, { protocol, port: number }: Packets): boolean {
  return (
    ports.length === 0 ||
    ports.some(
      ({ protocol: wanted, port, endPort }) =>
        wanted === protocol &&
        (port === undefined ||
          (typeof port === "number" && number >= port && number <= (endPort ?? port))),
    )
  );
}

function hasPeer(
  catalogue: Catalogue,
  peers: readonly NetworkPeer[],
  { namespace, other }: { readonly namespace: string; readonly other: End },
): boolean {
  if (peers.length === 0) return true;
  return peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
    if (ipBlock !== undefined) return inBlock(ipBlock, other.ip);
    const { pod } = other;
    if (pod === undefined) return false;
    const isThere =
      namespaceSelector === undefined
        ? pod.namespace === namespace
        : selectsLabels(namespaceSelector, labelsOfNamespace(catalogue, pod.namespace));
    return isThere && (podSelector === undefined || selectsLabels(podSelector, pod.labels));
  });
}

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
export function labelsOfNamespace({ namespaceLabels }: Catalogue, name: string): Labels {
  return { ...namespaceLabels.get(name), "kubernetes.io/metadata.name": name };
}

export function selectsLabels(
  { matchLabels, matchExpressions }: LabelSelector,
  labels: Labels,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      switch (operator) {
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        default:
          throw new Error(`no operator of a label selector: ${operator}`);
      }
    })
  );
}

function inBlock(
  block: { readonly cidr: string; readonly except: readonly string[] },
  address: string,
): boolean {
  return inCidr(block.cidr, address) && !block.except.some((cidr) => inCidr(cidr, address));
}

function inCidr(cidr: string, address: string): boolean {
  const [base = "", length = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  return Math.floor(toNumber(base) / size) === Math.floor(toNumber(address) / size);
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}
