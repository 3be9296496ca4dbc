import { describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { planDifferences } from "#src/domain/plan/plan-differences.ts";
import type { Plan } from "#src/domain/request/request.ts";
import { aShownPlan } from "#test/support/shown-plan.ts";
import { anAsked, NAMESPACE_UID } from "#test/support/signed-request.ts";

const POOL = { kind: "gateway-node-pool", target: "egress", spec: { count: 2 } } as const;
const ENTRY = {
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: { namespace: "team-x", name: "egress-cnn", annotations: { "sallyport.dev/a": "1" } },
  spec: { hosts: ["edition.cnn.com"], ports: [{ number: 443, name: "tls" }] },
};

function aPlan(change: Partial<Plan> = {}, ...objects: readonly object[]): Plan {
  return aShownPlan({ asked: anAsked() }, { yaml: yamlOf(...objects), ...change });
}

function yamlOf(...objects: readonly object[]): string {
  return objects.map((object) => stringify(object)).join("---\n");
}

describe("what differs between two plans", () => {
  it("is nothing where only their making differs", () => {
    const later = { madeAt: 1, warnings: ["new"], addresses: ["192.0.2.99"] };

    expect(planDifferences(aPlan({}, ENTRY), aPlan(later, ENTRY))).toEqual([]);
  });

  it("is named by its path, with the value before and after", () => {
    const before = aPlan({}, ENTRY);
    const { basis } = before;
    const rule = {
      name: "strict",
      action: { kind: "ask", approvers: { groups: ["S0STRICT"], users: [] } },
    } as const;

    const after = aPlan({ basis: { ...basis, namespaceUid: "other", rule } }, ENTRY);

    expect(planDifferences(before, after)).toEqual([
      { path: "namespaceUid", before: JSON.stringify(NAMESPACE_UID), after: '"other"' },
      {
        path: "rule.action.approvers.groups",
        before: '["S0SECURITY"]',
        after: '["S0STRICT"]',
      },
      { path: "rule.name", before: '"default"', after: '"strict"' },
    ]);
  });

  it("is a step that came or went, and a field of an object", () => {
    const moved = { ...ENTRY, spec: { ...ENTRY.spec, ports: [{ number: 8443, name: "tls" }] } };

    expect(planDifferences(aPlan({}, ENTRY), aPlan({ steps: [POOL] }, moved))).toEqual([
      { path: "ServiceEntry team-x/egress-cnn.spec.ports.0.number", before: "443", after: "8443" },
      { path: "step gateway-node-pool egress", before: "", after: '{"count":2}' },
    ]);
  });

  it("is an object that is there in one of them only", () => {
    const paths = planDifferences(aPlan({}, ENTRY), aPlan({ yaml: "" })).map(({ path }) => path);

    expect(paths).toEqual([
      "ServiceEntry team-x/egress-cnn.apiVersion",
      "ServiceEntry team-x/egress-cnn.spec.hosts",
      "ServiceEntry team-x/egress-cnn.spec.ports.0.name",
      "ServiceEntry team-x/egress-cnn.spec.ports.0.number",
    ]);
  });
});
