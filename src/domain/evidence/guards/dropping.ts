import type { KubernetesObject } from "../../kubernetes-object.ts";
import { selects } from "../../kubernetes/label-selector.ts";
import {
  isAbout,
  mayHavePort,
  type NetworkPeer,
  type NetworkPolicySpec,
  readNetworkPolicy,
} from "../../kubernetes/network-policy.ts";
import { classifyAddress, isCidr } from "../../network/address.ts";
import { nameOf } from "../../plan/others/interference.ts";

export interface DroppingInput {
  readonly namespace: string;
  /** NetworkPolicies of every namespace; other kinds are ignored. */
  readonly objects: readonly KubernetesObject[];
  /** Of the pod that asks. */
  readonly labels: Readonly<Record<string, string>>;
  /** What it asks for: addresses of the destination, outside the cluster. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/**
 * Names of the NetworkPolicies by which a pod's packets to a destination are dropped for certain: they select the pod, and
 * none of their rules may let it out to any of these addresses. None where something may, or is not known.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function droppingPolicies(input: DroppingInput): readonly string[] {
  const { namespace, objects, labels, addresses, port } = input;
  const near = objects
    .filter(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.namespace === namespace)
    .map((object) => ({ name: nameOf(object), spec: readNetworkPolicy(object) }));
  const selecting = near.flatMap(({ name, spec }) =>
    spec !== undefined && isAbout(spec, "egress") && selects(spec.podSelector, labels)
      ? [{ name, spec }]
      : [],
  );
  const isKnown = addresses.length > 0 && near.every(({ spec }) => spec !== undefined);
  const isOpen = selecting.some(({ spec }) =>
    addresses.some((address) => mayLetOut(spec, { address, port })),
  );
  return isKnown && !isOpen ? selecting.map(({ name }) => name).toSorted() : [];
}

function mayLetOut(
  { egress = [] }: NetworkPolicySpec,
  { address, port }: { readonly address: string; readonly port: number },
): boolean {
  return egress.some(
    (rule) =>
      mayHavePort(rule, { protocol: "TCP", ports: [port] }) &&
      (rule.to.length === 0 || rule.to.some((peer) => mayBe(peer, address))),
  );
}

/** Selectors are for pods, which no public address is. */
function mayBe({ ipBlock }: NetworkPeer, address: string): boolean {
  if (ipBlock === undefined) return classifyAddress(address, []) !== "public";
  return (
    isIn(ipBlock.cidr, address) !== "no" &&
    !ipBlock.except.some((each) => isIn(each, address) === "yes")
  );
}

function isIn(cidr: string, address: string): "yes" | "no" | "maybe" {
  if (!isCidr(cidr)) return "maybe";
  const found = classifyAddress(address, [{ cidr, name: cidr }]);
  return found !== "public" && found.range === cidr ? "yes" : "no";
}
