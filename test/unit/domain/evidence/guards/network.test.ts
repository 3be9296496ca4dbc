import { describe, expect, it } from "@jest/globals";
import { judgeBypass } from "#src/domain/evidence/bypass.ts";
import { droppingPolicies } from "#src/domain/evidence/guards/dropping.ts";
import { judgeNetwork, type NetworkGuard } from "#src/domain/evidence/guards/network.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { theirs } from "../../plan/others/foreign.ts";
import { GRANT, tried } from "../observations.ts";

const ASKED = { labels: { app: "probe" }, addresses: ["203.0.113.10"], port: 443 };

function guard(objects: readonly KubernetesObject[], unseen: readonly string[] = []): NetworkGuard {
  return judgeNetwork({ namespace: "team-x", objects, unseen, asked: ASKED });
}

const EGRESS = theirs("NetworkPolicy", "team-x", { policyTypes: ["Egress"] });
const CILIUM = theirs("CiliumNetworkPolicy", "team-x", {});

describe("what limits the namespace's way out", () => {
  it.each([
    ["a policy about egress", "limited", [EGRESS], []],
    [
      "one with rules and no types",
      "limited",
      [theirs("NetworkPolicy", "team-x", { egress: [] })],
      [],
    ],
    ["one beside what is not judged or seen", "limited", [CILIUM, EGRESS], ["CalicoNetworkPolicy"]],
    ["nothing", "none", [], []],
    [
      "one about what comes in",
      "none",
      [theirs("NetworkPolicy", "team-x", { policyTypes: ["Ingress"], egress: [] })],
      [],
    ],
    ["one elsewhere", "none", [theirs("NetworkPolicy", "team-y", { policyTypes: ["Egress"] })], []],
    ["a plugin's elsewhere", "none", [theirs("CiliumNetworkPolicy", "team-y", {})], []],
    ["a plugin's", "unclear", [CILIUM], []],
    ["what may not be listed", "unclear", [], ["NetworkPolicy"]],
  ] as const)("%s: %s", (_what, kind, objects, unseen) => {
    expect(guard(objects, unseen).kind).toBe(kind);
  });

  it("is never said to be missing where it may be there", () => {
    const facts = {
      network: guard([CILIUM], ["CalicoNetworkPolicy"]),
      admission: { kind: "denied", by: ["p"], notGuarded: [] },
    } as const;
    const refused = tried("no-bypass", { exit: 7, connect: 0, appconnect: 0 });
    const found = [undefined, refused].map((bare) =>
      judgeBypass(GRANT, facts, { tried: bare, isReached: true }),
    );

    for (const { verdict, explanation } of found) {
      expect(verdict).toBe("unknown");
      expect(explanation).toMatch(/CiliumNetworkPolicy team-x\/theirs.*may not list CalicoNetw/);
      expect(explanation).not.toContain("no NetworkPolicy");
    }
  });

  it("is open where a pod without sidecar connected, whatever policies are there", () => {
    const facts = {
      network: guard([CILIUM]),
      admission: { kind: "denied", by: ["p"], notGuarded: [] },
    } as const;

    expect(
      judgeBypass(GRANT, facts, { tried: tried("no-bypass", {}), isReached: true }).verdict,
    ).toBe("failed");
  });
});

function policy(spec: Readonly<Record<string, unknown>>): KubernetesObject {
  return theirs("NetworkPolicy", "team-x", { policyTypes: ["Egress"], ...spec });
}

const NAME = "NetworkPolicy team-x/theirs";

describe("the policies that drop what a pod without sidecar sends", () => {
  it.each<readonly [string, readonly KubernetesObject[], readonly string[]]>([
    ["lets nothing out", [policy({})], [NAME]],
    ["lets out to pods alone", [policy({ egress: [{ to: [{ namespaceSelector: {} }] }] })], [NAME]],
    ["lets out to all", [policy({ egress: [{}] })], []],
    [
      "lets out to all on another port",
      [policy({ egress: [{ ports: [{ port: 53, protocol: "UDP" }, { port: 80 }] }] })],
      [NAME],
    ],
    [
      "lets out on a range of ports",
      [policy({ egress: [{ ports: [{ port: 400, endPort: 500 }] }] })],
      [],
    ],
    ["lets out on a named port", [policy({ egress: [{ ports: [{ port: "https" }] }] })], []],
    [
      "lets out to another block",
      [policy({ egress: [{ to: [{ ipBlock: { cidr: "198.51.100.0/24" } }] }] })],
      [NAME],
    ],
    [
      "lets out to its block",
      [policy({ egress: [{ to: [{ ipBlock: { cidr: "203.0.113.0/24" } }] }] })],
      [],
    ],
    [
      "lets out to its block without that address",
      [
        policy({
          egress: [{ to: [{ ipBlock: { cidr: "203.0.113.0/24", except: ["203.0.113.8/29"] } }] }],
        }),
      ],
      [NAME],
    ],
    [
      "lets out to what is no block",
      [policy({ egress: [{ to: [{ ipBlock: { cidr: "everywhere" } }] }] })],
      [],
    ],
    ["is for other pods", [policy({ podSelector: { matchLabels: { app: "web" } } })], []],
    ["is for these pods", [policy({ podSelector: { matchLabels: { app: "probe" } } })], [NAME]],
    ["stands beside one that lets out", [policy({}), policy({ egress: [{}] })], []],
    ["stands beside one that cannot be read", [policy({}), policy({ podSelector: "?" })], []],
    ["is about what comes in", [theirs("NetworkPolicy", "team-x", {})], []],
    ["is of another namespace", [theirs("NetworkPolicy", "team-y", { egress: [] })], []],
  ])("one that %s", (_what, objects, names) => {
    const found = droppingPolicies({ ...ASKED, namespace: "team-x", objects });

    expect([...new Set(found)]).toEqual(names);
  });

  it("are none where an address is private, since a pod may have it, or none is known", () => {
    const objects = [policy({ egress: [{ to: [{ podSelector: {} }] }] })];
    const at = { ...ASKED, namespace: "team-x", objects };

    expect(droppingPolicies({ ...at, addresses: ["203.0.113.10", "10.0.0.7"] })).toEqual([]);
    expect(droppingPolicies({ ...at, addresses: [] })).toEqual([]);
  });
});

describe("what a NetworkPolicy drops", () => {
  it.each([
    ["is certain where it is alone", [policy({})], [], [NAME]],
    ["is not beside a plugin's policy, which may let it through", [policy({}), CILIUM], [], []],
    ["is not where such policies may not be listed", [policy({})], ["CalicoNetworkPolicy"], []],
  ])("%s", (_what, objects, unseen, dropping) => {
    expect(guard(objects, unseen)).toEqual({ kind: "limited", dropping });
  });
});

describe("a pod without sidecar that got no answer", () => {
  const waited = tried("no-bypass", { exit: 28, connect: 0, appconnect: 0, total: 5 });
  const guarded = { kind: "denied", by: ["p"], notGuarded: [] } as const;

  it.each([
    ["is held back by the policy that drops its packets", [NAME], true, waited, "passed"],
    ["proves nothing where no policy is seen to drop them", [], true, waited, "unknown"],
    ["proves nothing where the destination answers nobody", [NAME], false, waited, "unknown"],
    [
      "proves nothing where it only asked DNS",
      [NAME],
      true,
      { ...waited, error: "Resolving timed out after 5000 milliseconds" },
      "unknown",
    ],
  ] as const)("%s", (_what, dropping, isReached, bare, verdict) => {
    const facts = { network: { kind: "limited", dropping }, admission: guarded } as const;
    const found = judgeBypass(GRANT, facts, { tried: bare, isReached });

    expect(found.verdict).toBe(verdict);
    expect(found.explanation.includes(NAME)).toBe(verdict === "passed");
  });
});
