import { describe, expect, it } from "@jest/globals";
import type { ConfiguredGateway } from "#src/domain/directory.ts";
import {
  poolRefusal,
  prefixRefusal,
  takesPrefix,
  waitingForPrefix,
} from "#src/domain/plan/azure/capacity.ts";
import { infrastructureSteps } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { aPool, aWorld, BARE, someAzure, type Stage } from "../some-gateways.ts";

const GATEWAY: ConfiguredGateway = {
  name: "egw",
  namespace: "egress-gw",
  pool: "egress",
  excludeCidrs: [],
};
const KEY = "egress-gw/egw";

function stepsAt(stage: Stage, azure = someAzure()) {
  const { cluster, infrastructure } = aWorld([GATEWAY], { azure, stages: { [KEY]: stage } });
  return {
    cluster,
    azure: infrastructure.azure,
    steps: infrastructureSteps(cluster, GATEWAY, infrastructure),
  };
}

function aConfiguration(parts: object): KubernetesObject {
  return {
    apiVersion: "",
    kind: "StaticGatewayConfiguration",
    metadata: { name: "x" },
    ...parts,
  };
}

describe("the node pool of a gateway", () => {
  it.each([
    ["has nodes", { count: 1 }, undefined],
    ["is scaled to zero", { count: 0 }, /scale -g rg --cluster-name aks -n egress --node-count 2/],
    ["is stopped", { isStopped: true }, /nodepool start -g rg --cluster-name aks -n egress`/],
    ["is stopped and empty", { isStopped: true, count: 0 }, /nodepool start/],
  ])("that %s", (_, change, fix) => {
    const pools = [
      { ...aPool("egress"), ...change },
      { ...aPool("other"), count: 0 },
    ];
    const { cluster, ...found } = stepsAt("configured", someAzure({ pools }));

    const refusal = poolRefusal(cluster, GATEWAY, found);

    if (fix === undefined) expect(refusal).toBeUndefined();
    else
      expect(refusal).toMatchObject({ reason: "NoGatewayNode", fix: expect.stringMatching(fix) });
  });

  it("is not looked at while it is to be made, or where nothing is built", () => {
    const { cluster, ...bare } = stepsAt("none", BARE);
    expect(poolRefusal(cluster, GATEWAY, bare)).toBeUndefined();

    const pools = [{ ...aPool("egress"), count: 0 }];
    const { cluster: _, ...ready } = stepsAt("ready", someAzure({ pools }));
    expect(ready.steps).toEqual([]);
    expect(poolRefusal(cluster, GATEWAY, ready)).toBeUndefined();
  });
});

describe("a public IP prefix", () => {
  const own = {
    ...GATEWAY,
    publicIpPrefixId:
      "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPPrefixes/p",
  };

  it.each<readonly [Stage, boolean]>([
    ["none", true],
    ["configured", false],
    ["prefix", false],
    ["enabled", false],
    ["ready", false],
  ])("is taken from the stage %s on: %s", (stage, takes) => {
    const { steps } = stepsAt(stage);

    expect(takesPrefix(GATEWAY, steps)).toBe(takes);
    expect(takesPrefix(own, steps)).toBe(false);
  });

  it.each<readonly [used: number, waiting: number, limit: number, isLeft: boolean]>([
    [0, 0, 1, true],
    [1, 0, 1, false],
    [0, 1, 1, false],
    [9, 0, 10, true],
    [8, 1, 10, true],
    [8, 2, 10, false],
    [12, 0, 10, false],
    [0, 0, 0, false],
  ])("of %d in use and %d to come of %d, one more: %s", (used, waiting, limit, isLeft) => {
    const refusal = prefixRefusal(GATEWAY, { used, waiting, limit, location: "westeurope" });

    if (isLeft) expect(refusal).toBeUndefined();
    else
      expect(refusal).toMatchObject({
        reason: "NoPrefixLeft",
        why: expect.stringContaining(`has ${used} of the ${limit} that it may have in westeurope`),
        fix: expect.stringContaining("publicIpPrefixId"),
      });
  });

  it("is about to be made for each StaticGatewayConfiguration that has none, and is to have one made", () => {
    expect(waitingForPrefix([aConfiguration({ spec: {} }), aConfiguration({})])).toBe(2);
    expect(
      waitingForPrefix([
        aConfiguration({ status: { egressIpPrefix: "192.0.2.0/31" } }),
        aConfiguration({ spec: { publicIpPrefixId: "/subscriptions/s/…" } }),
        aConfiguration({ spec: { provisionPublicIps: false } }),
        aConfiguration({ metadata: { name: "x", deletionTimestamp: "2026-01-01T00:00:00Z" } }),
      ]),
    ).toBe(0);
    expect(
      waitingForPrefix([
        aConfiguration({ spec: { publicIpPrefixId: "" }, status: { egressIpPrefix: "" } }),
      ]),
    ).toBe(1);
  });
});
