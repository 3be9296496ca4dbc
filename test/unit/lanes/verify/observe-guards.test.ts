import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import { observeGuards } from "#src/lanes/verify/observe-guards.ts";

const API = "admissionregistration.k8s.io/v1";
const POLICY: KubernetesObject = {
  apiVersion: API,
  kind: "ValidatingAdmissionPolicy",
  metadata: { name: "p" },
  spec: { matchConstraints: { resourceRules: [{ apiGroups: ["networking.istio.io"] }] } },
};

function binding(spec: object): KubernetesObject {
  return {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], ...spec },
  };
}

async function isKept(...objects: readonly KubernetesObject[]): Promise<boolean> {
  const mesh = {
    list: async (kind: ObjectKind) => objects.filter((object) => object.kind === kind),
    get: async (): Promise<KubernetesObject> => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "team-x", labels: { tier: "apps" } },
    }),
  };
  return (await observeGuards(mesh, "team-x")).admissionPolicy;
}

function selecting(selector: object): KubernetesObject {
  return binding({ matchResources: { namespaceSelector: selector } });
}

describe("an admission policy keeps a team from writing egress objects", () => {
  it.each([
    ["it is bound, and denies", true, [POLICY, binding({})]],
    ["nothing binds it", false, [POLICY]],
    ["its binding only audits", false, [POLICY, binding({ validationActions: ["Audit"] })]],
    ["another policy is bound", false, [POLICY, binding({ policyName: "q" })]],
    ["the namespace is selected", true, [POLICY, selecting({ matchLabels: { tier: "apps" } })]],
    ["the namespace is not", false, [POLICY, selecting({ matchLabels: { tier: "system" } })]],
    [
      "the namespace is taken out",
      false,
      [
        POLICY,
        selecting({ matchExpressions: [{ key: "tier", operator: "NotIn", values: ["apps"] }] }),
      ],
    ],
  ])("where %s: %s", async (_where, kept, objects) => {
    expect(await isKept(...objects)).toBe(kept);
  });
});
