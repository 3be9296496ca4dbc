import { describe, expect, it } from "@jest/globals";
import { aGateway, allSteps, aWorld, BARE, needsIn, someAzure } from "./some-gateways.ts";

const one = aGateway(1);
const two = aGateway(2);

describe("what may be built of a gateway", () => {
  it("is all it lacks, where each step is in somebody's approved plan", () => {
    const [need] = needsIn(aWorld([one], { azure: BARE }));

    expect(need?.steps.map(({ kind }) => kind)).toEqual([
      "static-egress-feature",
      "gateway-node-pool",
      "namespace",
      "static-gateway-configuration",
      "egress-gateway",
    ]);
    expect(need?.obstacle).toBeUndefined();
  });

  it.each([0, 1, 2, 3, 4])("is nothing at all where step %i was not approved", (left) => {
    const approved = allSteps([one]).filter((_, index) => index !== left);
    const [need] = needsIn(aWorld([one], { azure: BARE }), approved);

    expect(need?.steps).toEqual([]);
    expect(need?.missing).toHaveLength(5);
    expect(need?.obstacle).toMatchObject({
      step: allSteps([one])[left],
      why: expect.stringContaining("nobody's approved plan"),
    });
  });

  it("is nothing where a step was approved with another content", () => {
    const approved = allSteps([one]).map((step) =>
      step.kind === "gateway-node-pool" ? { ...step, spec: { ...step.spec, nodeCount: 3 } } : step,
    );
    const [need] = needsIn(aWorld([one], { azure: BARE }), approved);

    expect(need?.obstacle?.step.kind).toBe("gateway-node-pool");
  });

  it("does not depend on what another gateway lacks", () => {
    const needs = needsIn(aWorld([one, two], { azure: BARE }), allSteps([one]));

    expect(needs.map(({ steps }) => steps.length)).toEqual([5, 0]);
  });

  it("is nothing where somebody enabled a gateway of that name on a configuration of their own", () => {
    const theirs = { ...one, enabled: true, gatewayConfigurationName: "legacy" };
    const [need] = needsIn(aWorld([one], { azure: someAzure({ egressGateways: [theirs] }) }));

    expect(need?.steps).toEqual([]);
    expect(need?.obstacle?.why).toContain('"legacy"');
  });
});
