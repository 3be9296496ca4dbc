import { describe, expect, it } from "@jest/globals";
import { judgeBypass } from "#src/domain/evidence/bypass.ts";
import { judgeNetwork, type NetworkGuard } from "#src/domain/evidence/guards/network.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { theirs } from "../../plan/others/foreign.ts";
import { GRANT, tried } from "../observations.ts";

function guard(objects: readonly KubernetesObject[], unseen: readonly string[] = []): NetworkGuard {
  return judgeNetwork({ namespace: "team-x", objects, unseen });
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
      admission: { kind: "denied", notGuarded: [] },
    } as const;
    const refused = tried("no-bypass", { exit: 7, connect: 0, appconnect: 0 });
    const found = [undefined, refused].map((bare) => judgeBypass(GRANT, facts, bare));

    for (const { verdict, explanation } of found) {
      expect(verdict).toBe("unknown");
      expect(explanation).toMatch(/CiliumNetworkPolicy team-x\/theirs.*may not list CalicoNetw/);
      expect(explanation).not.toContain("no NetworkPolicy");
    }
  });

  it("is open where a pod without sidecar connected, whatever policies are there", () => {
    const facts = {
      network: guard([CILIUM]),
      admission: { kind: "denied", notGuarded: [] },
    } as const;

    expect(judgeBypass(GRANT, facts, tried("no-bypass", {})).verdict).toBe("failed");
  });
});
