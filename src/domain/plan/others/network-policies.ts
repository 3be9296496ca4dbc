import { PROBE_LABEL } from "../../evidence/probe/probe-labels.ts";
import { isEmpty, type LabelSelector, selects } from "../../kubernetes/label-selector.ts";
import { DNS, GATEWAY_PORTS, ISTIOD } from "../../kubernetes/needed-pods.ts";
import {
  isAbout,
  mayHavePort,
  type NetworkPolicySpec,
  type NetworkRule,
  readNetworkPolicy,
} from "../../kubernetes/network-policy.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { modeOf } from "../../network/modes/modes.ts";
import {
  type Effect,
  type Interference,
  type Judged,
  type Labels,
  nameOf,
} from "./interference.ts";

/** One end of a connection. `labels`: of one of its pods, as far as they are known. */
interface End {
  readonly namespace: string;
  readonly labels: Labels;
  /** Whether `labels` are all it has: a key that is not among them may be there all the same. */
  readonly isWhole: boolean;
}

/** A connection that no grant works without. */
interface Need {
  readonly to: End;
  readonly protocol: string;
  /** Of the pod, of which one is enough. */
  readonly ports: readonly number[];
  readonly effect: Effect;
  readonly what: string;
}

/**
 * NetworkPolicies that cut the team's pods off from what every grant needs. What several policies allow is added up; where
 * a rule may allow it (addresses, named ports, labels that are not known here) nothing is said.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function cutsOf(
  objects: readonly KubernetesObject[],
  judged: Judged,
): readonly Interference[] {
  const policies = objects.flatMap(readPolicy);
  const { namespace } = judged.way.scope;
  return needsOf(judged).flatMap((need) => {
    function cutting(pods: readonly Labels[]): readonly string[] {
      return cuttingPods(pods, { policies, need, judged });
    }
    // A policy that is on a probe's pods is on every pod, or meant for the probe.
    const all = cutting([PROBE_LABEL]);
    const some = all.length === 0 ? cutting(judged.surroundings.teamPods) : [];
    if (all.length > 0)
      return [
        { effect: need.effect, text: `${cut(all)} namespace ${namespace} off from ${need.what}` },
      ];
    return some.length === 0
      ? []
      : [
          {
            effect: "cuts-some" as const,
            text: `${cut(some)} some pods of namespace ${namespace} off from ${need.what}`,
          },
        ];
  });
}

function cut(policies: readonly string[]): string {
  return `${policies.join(" and ")} ${policies.length === 1 ? "cuts" : "cut"}`;
}

interface Checked {
  readonly policies: readonly Policy[];
  readonly need: Need;
  readonly judged: Judged;
}

function cuttingPods(pods: readonly Labels[], checked: Checked): readonly string[] {
  const { namespace } = checked.judged.way.scope;
  const { to } = checked.need;
  const names = pods.flatMap((labels) => {
    const from: End = { namespace, labels, isWhole: true };
    return [
      ...cuttingAt({ at: from, other: to, direction: "egress" }, checked),
      ...cuttingAt({ at: to, other: from, direction: "ingress" }, checked),
    ];
  });
  return [...new Set(names)].toSorted();
}

function needsOf({ way, surroundings }: Judged): readonly Need[] {
  const gateway = { namespace: way.gateway.namespace };
  const isTunnel = modeOf(way.destination).passes === "tunnel";
  return [
    {
      to: { ...DNS, isWhole: false },
      protocol: "UDP",
      ports: [DNS.port],
      effect: "cuts-dns",
      what: `DNS (${DNS.namespace}, port ${DNS.port})`,
    },
    {
      to: { ...ISTIOD, isWhole: false },
      protocol: "TCP",
      ports: [ISTIOD.port],
      effect: "cuts-istiod",
      what: `istiod (${ISTIOD.namespace}, port ${ISTIOD.port})`,
    },
    {
      to: {
        ...gateway,
        labels: surroundings.gatewayPods[0] ?? {},
        isWhole: surroundings.gatewayPods.length > 0,
      },
      protocol: "TCP",
      ports: isTunnel ? GATEWAY_PORTS.tunnel : GATEWAY_PORTS.http,
      effect: "cuts-gateway",
      what: `the gateway (${gateway.namespace})`,
    },
  ];
}

interface Policy {
  readonly name: string;
  readonly namespace: string;
  readonly spec: NetworkPolicySpec;
}

function readPolicy(object: KubernetesObject): readonly Policy[] {
  if (object.kind !== "NetworkPolicy") return [];
  const spec = readNetworkPolicy(object);
  const { namespace = "" } = object.metadata;
  return spec === undefined ? [] : [{ name: nameOf(object), namespace, spec }];
}

interface Crossing {
  /** The pod whose policies are asked. */
  readonly at: End;
  readonly other: End;
  readonly direction: "egress" | "ingress";
}

/** Names of the policies that select the pod, where none of them may allow it. */
function cuttingAt(
  { at, other, direction }: Crossing,
  { policies, need, judged }: Checked,
): readonly string[] {
  const selecting = policies.filter(
    ({ namespace, spec }) =>
      namespace === at.namespace &&
      isAbout(spec, direction) &&
      matchOf(spec.podSelector, at) === "yes",
  );
  const isOpen = selecting.some(({ spec }) =>
    (spec[direction] ?? []).some(
      (rule) => mayHavePort(rule, need) && hasPeer({ rule, at, other, direction }, judged),
    ),
  );
  return isOpen ? [] : selecting.map(({ name }) => name);
}

function hasPeer(
  { rule, at, other, direction }: Crossing & { readonly rule: NetworkRule },
  { surroundings }: Judged,
): boolean {
  const peers = direction === "egress" ? rule.to : rule.from;
  if (peers.length === 0) return true;
  return peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
    if (ipBlock !== undefined) return true;
    // Kubernetes gives every namespace this label.
    const labels = {
      ...surroundings.namespaceLabels.get(other.namespace),
      "kubernetes.io/metadata.name": other.namespace,
    };
    const isThere =
      namespaceSelector === undefined
        ? at.namespace === other.namespace
        : selects(namespaceSelector, labels);
    return isThere && (podSelector === undefined || matchOf(podSelector, other) !== "no");
  });
}

/** Of labels that are known in part, a key that is not among them may match. */
function matchOf(selector: LabelSelector, { labels, isWhole }: End): "yes" | "no" | "maybe" {
  if (isEmpty(selector)) return "yes";
  if (isWhole) return selects(selector, labels) ? "yes" : "no";
  const known = {
    matchLabels: Object.fromEntries(
      Object.entries(selector.matchLabels).filter(([key]) => Object.hasOwn(labels, key)),
    ),
    matchExpressions: selector.matchExpressions.filter(({ key }) => Object.hasOwn(labels, key)),
  };
  return selects(known, labels) ? "maybe" : "no";
}
