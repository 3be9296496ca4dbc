import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import { observeGuards } from "#src/lanes/verify/observe-guards.ts";
import { AROUND } from "../../domain/plan/others/foreign.ts";
import { FatalError } from "#src/ports/errors.ts";

const API = "admissionregistration.k8s.io/v1";
const OBJECTS: readonly KubernetesObject[] = [
  {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p" },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { tier: "apps" } },
        resourceRules: [
          {
            apiGroups: ["networking.istio.io"],
            apiVersions: ["*"],
            operations: ["*"],
            resources: ["*"],
          },
        ],
      },
      validations: [{ expression: "false" }],
    },
  },
  {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"] },
  },
];

function cluster(forbidden?: ObjectKind) {
  return {
    async list(kind: ObjectKind): Promise<readonly KubernetesObject[]> {
      if (kind === forbidden) throw new FatalError("Forbidden", `listing ${kind}`);
      return OBJECTS.filter((object) => object.kind === kind);
    },
    get: async (): Promise<KubernetesObject> => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "team-x", labels: { tier: "apps" } },
    }),
  };
}

const AT = {
  surroundings: AROUND,
  asked: { labels: {}, addresses: [], port: 443 },
};

describe("observeGuards", () => {
  it("judges admission policies by the namespace's own labels", async () => {
    const { admission } = await observeGuards(cluster(), "team-x", AT);

    expect(admission).toEqual({ kind: "denied", by: ["p"], notGuarded: [] });
  });

  it.each(["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"] as const)(
    "does not know where it may not list %s",
    async (kind) => {
      const { admission } = await observeGuards(cluster(kind), "team-x", AT);

      expect(admission).toEqual({
        kind: "unclear",
        why: [expect.stringContaining("may not list these policies")],
      });
    },
  );
});
