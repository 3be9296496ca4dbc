import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { othersOnTheWay } from "#src/domain/plan/others/others-on-the-way.ts";
import { aGrant } from "../../compile/proven-grants.ts";
import { AROUND, effectsOf, foundOf, theirs } from "./foreign.ts";

const DNS = "cuts-dns";
const ISTIOD = "cuts-istiod";
const GATEWAY = "cuts-gateway";
const ALL = [DNS, ISTIOD, GATEWAY] as const;
type Need = (typeof ALL)[number];

function inNamespace(name: string, more: object = {}): object {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    ...more,
  };
}

function port(number: number | string, protocol = "TCP", more: object = {}): object {
  return { protocol, port: number, ...more };
}

/** Rules for what goes out, and what of the needed they may allow. */
const RULES: readonly (readonly [string, object, readonly Need[]])[] = [
  ["everything", {}, ALL],
  ["every namespace", { to: [{ namespaceSelector: {} }] }, ALL],
  ["the namespace itself", { to: [{ podSelector: {} }] }, []],
  ["DNS", { to: [inNamespace("kube-system")], ports: [port(53, "UDP")] }, [DNS]],
  [
    "DNS by its label",
    {
      to: [inNamespace("kube-system", { podSelector: { matchLabels: { "k8s-app": "kube-dns" } } })],
    },
    [DNS],
  ],
  [
    "DNS by a label that is not known",
    { to: [inNamespace("kube-system", { podSelector: { matchLabels: { tier: "dns" } } })] },
    [DNS],
  ],
  [
    "other pods beside DNS",
    {
      to: [inNamespace("kube-system", { podSelector: { matchLabels: { "k8s-app": "metrics" } } })],
    },
    [],
  ],
  ["DNS over TCP alone", { to: [inNamespace("kube-system")], ports: [port(53)] }, []],
  [
    "DNS by its namespace's own label",
    { to: [{ namespaceSelector: { matchLabels: { tier: "system" } } }] },
    [DNS],
  ],
  [
    "DNS by a set",
    {
      to: [
        {
          namespaceSelector: {
            matchExpressions: [{ key: "tier", operator: "In", values: ["system"] }],
          },
        },
      ],
    },
    [DNS],
  ],
  ["istiod", { to: [inNamespace("aks-istio-system")], ports: [port(15_012)] }, [ISTIOD]],
  [
    "istiod in a range of ports",
    { to: [inNamespace("aks-istio-system")], ports: [port(15_000, "TCP", { endPort: 15_099 })] },
    [ISTIOD],
  ],
  ["istiod on another port", { to: [inNamespace("aks-istio-system")], ports: [port(443)] }, []],
  ["the gateway", { to: [inNamespace("egress-gw")], ports: [port(443)] }, [GATEWAY]],
  [
    "the gateway by its container's port",
    { to: [inNamespace("egress-gw")], ports: [port(8443)] },
    [GATEWAY],
  ],
  [
    "the gateway by the name of a port",
    { to: [inNamespace("egress-gw")], ports: [port("https")] },
    [GATEWAY],
  ],
  ["the gateway's other port", { to: [inNamespace("egress-gw")], ports: [port(80)] }, []],
  [
    "the gateway's pods",
    { to: [inNamespace("egress-gw", { podSelector: { matchLabels: { app: "egw" } } })] },
    [GATEWAY],
  ],
  [
    "other pods beside the gateway's",
    { to: [inNamespace("egress-gw", { podSelector: { matchLabels: { app: "x" } } })] },
    [],
  ],
  ["gateway's labels here", { to: [{ podSelector: { matchLabels: { app: "egw" } } }] }, []],
  ["addresses", { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }, ALL],
  [
    "addresses, on port 443",
    { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [port(443)] },
    [GATEWAY],
  ],
  [
    "DNS or the gateway",
    { to: [inNamespace("kube-system"), inNamespace("egress-gw")] },
    [DNS, GATEWAY],
  ],
];

function policy(
  rules: readonly object[],
  more: object = {},
  place = "team-x",
  name = "p",
): KubernetesObject {
  return theirs(
    "NetworkPolicy",
    place,
    { podSelector: {}, policyTypes: ["Egress"], egress: rules, ...more },
    { name },
  );
}

function cutBy(allowed: readonly Need[]): readonly string[] {
  return [GATEWAY, DNS, ISTIOD].filter((need) => !allowed.some((each) => each === need));
}

describe("NetworkPolicies that cut the team off", () => {
  it.each(RULES)("one that lets out to %s alone cuts the rest", (_what, rule, allowed) => {
    expect(effectsOf(policy([rule]))).toEqual(cutBy(allowed));
  });

  const pairs = RULES.flatMap(([one, rule, allowed]) =>
    RULES.map(
      ([other, otherRule, otherAllowed]) =>
        [one, other, [rule, otherRule], [...allowed, ...otherAllowed]] as const,
    ),
  );
  it("two, or two rules of one, allow what either allows", () => {
    for (const [one, other, [first = {}, second = {}], allowed] of pairs) {
      const both = [policy([first], {}, "team-x", "a"), policy([second], {}, "team-x", "b")];

      expect([one, other, effectsOf(...both)]).toEqual([one, other, cutBy(allowed)]);
      expect([one, other, effectsOf(policy([first, second]))]).toEqual([
        one,
        other,
        cutBy(allowed),
      ]);
    }
  });

  it.each([
    ["is about what comes in alone", { policyTypes: ["Ingress"], egress: [] }, []],
    [
      "names no types and no rules for what goes out",
      { policyTypes: undefined, egress: undefined },
      [],
    ],
    ["names no types, and has rules", { policyTypes: undefined, egress: [] }, cutBy([])],
    ["has no rules", { egress: undefined }, cutBy([])],
    [
      "selects the probe's pods",
      { egress: [], podSelector: { matchLabels: { "sallyport.dev/probe": "true" } } },
      cutBy([]),
    ],
    [
      "selects some pods of the team",
      { egress: [], podSelector: { matchLabels: { app: "shop" } } },
      ["cuts-some", "cuts-some", "cuts-some"],
    ],
    [
      "selects no pod of the team",
      { egress: [], podSelector: { matchLabels: { app: "gone" } } },
      [],
    ],
    ["is not what a policy looks like", { egress: "x" }, []],
  ])("one that %s", (_what, spec, found) => {
    expect(effectsOf(policy([], spec))).toEqual(found);
  });

  it.each([["egress-gw"], ["recipes"], ["kube-system"]])(
    "one about what goes out of %s is nothing",
    (place) => {
      expect(effectsOf(policy([], {}, place))).toEqual([]);
    },
  );

  it.each([
    ["nobody", [], [GATEWAY]],
    ["everybody", [{}], []],
    ["the team's namespace", [{ from: [inNamespace("team-x")] }], []],
    ["another namespace", [{ from: [inNamespace("team-y")] }], [GATEWAY]],
    [
      "the team's namespace, to another port",
      [{ from: [inNamespace("team-x")], ports: [port(15_021)] }],
      [GATEWAY],
    ],
    ["pods of its own", [{ from: [{ podSelector: {} }] }], [GATEWAY]],
  ])("one that lets %s in to the gateway", (_who, ingress, found) => {
    const spec = { policyTypes: undefined, egress: undefined, ingress };

    expect(effectsOf(policy([], spec, "egress-gw"))).toEqual(found);
    expect(
      effectsOf(policy([], { ...spec, podSelector: { matchLabels: { app: "x" } } }, "egress-gw")),
    ).toEqual([]);
  });

  it("is asked of the port that the grant's mode uses", () => {
    const http = aGrant({ destination: { host: "a.example.com", port: 80, mode: "http" } });
    const objects = [policy([{ to: [inNamespace("egress-gw")], ports: [port(80)] }])];
    const found = othersOnTheWay({
      way: http,
      surroundings: { ...AROUND, objects },
      instance: "demo",
    });

    expect(found.map(({ effect }) => effect)).toEqual(cutBy([GATEWAY]));
  });

  it("says nothing of the gateway's pods before it is built", () => {
    const picky = { podSelector: { matchLabels: { app: "x" } } };
    const objects = [policy([{ to: [inNamespace("egress-gw", picky)] }])];

    expect(foundOf(objects, { gatewayPods: [] }).map(({ effect }) => effect)).toEqual(
      cutBy([GATEWAY]),
    );
  });

  it("is named, with all that cut together", () => {
    const [found] = foundOf([policy([], {}, "team-x", "b"), policy([], {}, "team-x", "a")]);

    expect(found?.text).toBe(
      "NetworkPolicy team-x/a and NetworkPolicy team-x/b cut namespace team-x off from the gateway (egress-gw)",
    );
  });
});

const PLUGINS = [
  ["CiliumNetworkPolicy", true],
  ["CiliumClusterwideNetworkPolicy", false],
  ["CalicoNetworkPolicy", true],
  ["CalicoGlobalNetworkPolicy", false],
  ["CalicoCrdNetworkPolicy", true],
  ["CalicoCrdGlobalNetworkPolicy", false],
] as const;

describe("policies of network plugins", () => {
  const placed = PLUGINS.flatMap(([kind, namespaced]) =>
    (namespaced ? ["team-x", "egress-gw", "recipes"] : ["the cluster"]).map(
      (place) => [kind, place, place !== "recipes"] as const,
    ),
  );
  it.each(placed)("%s in %s is named where it may matter, and not judged", (kind, place, near) => {
    const object = theirs(kind, place, { egress: [] });
    const { namespace: _, ...metadata } = object.metadata;
    const found = foundOf([place === "the cluster" ? { ...object, metadata } : object]);

    expect(found.map(({ effect }) => effect)).toEqual(near ? ["not-judged"] : []);
    expect(found.map(({ text }) => text).join()).toMatch(
      near ? new RegExp(`^${kind} .*theirs .*not judged$`) : /^$/,
    );
  });
});
