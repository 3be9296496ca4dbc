import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Survey, surveyKey } from "#src/domain/survey/survey.ts";
import { GatewaysWorld } from "../gateways-world.ts";
import { boardOf, runMesh } from "./mesh-world.ts";

/** More than any gateway takes. */
const MANY_TICKS = 60;

let world: GatewaysWorld;

beforeEach(async () => {
  world = await GatewaysWorld.start();
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

async function survey(): Promise<Survey> {
  return Survey.parse(await world.lanes.read(surveyKey(world.cluster.name)));
}

function deny(resource: string): void {
  world.kubernetes.denied.push({ verb: "list", resource });
}

describe("the survey of a cluster", () => {
  it("says what there is of each gateway, from before it is built until it serves", async () => {
    await runMesh(world);
    expect((await survey()).gateways).toEqual([
      {
        gateway: "egress-0/egw-0",
        state: "absent",
        pods: [],
        grants: 0,
        tunnels: 0,
        namespaces: 1,
      },
    ]);
    await world.grant(world.gateway(0));
    await world.ticks(3);
    await runMesh(world);
    expect((await survey()).gateways).toMatchObject([
      { state: "not-ready", why: expect.stringMatching(/./), grants: 1, tunnels: 1 },
    ]);
    await world.ticks(MANY_TICKS, () => world.isReady());

    await runMesh(world);

    expect(await survey()).toMatchObject({
      cluster: "prod-1",
      configDigest: "0".repeat(64),
      autoscalersRead: true,
      gateways: [
        {
          state: "ready",
          egressIpPrefix: expect.stringMatching(/^203\.0\.113\.\d+\/31$/),
          pods: [
            { revision: "asm-1-28", available: 2, wanted: 2, autoscaler: { least: 2, most: 5 } },
          ],
        },
      ],
      mesh: {
        revisions: [{ revision: "asm-1-28", mode: "REGISTRY_ONLY", logLacks: [] }],
        namespaces: { first: [{ namespace: "team-x", verdicts: { unseen: 1 } }], more: 0 },
      },
    });
  }, 60_000);

  it("takes what may not be read for unknown, and asks for no autoscaler then", async () => {
    deny("sidecars");
    deny("horizontalpodautoscalers");

    await runMesh(world);

    const { autoscalersRead, mesh } = await survey();
    expect(autoscalersRead).toBe(false);
    expect(mesh.sidecars).toBeUndefined();
    expect(mesh.namespaces.first[0]?.mode).toBe("unknown");
    expect(world.kubernetes.log.filter(({ path }) => path.includes("autoscalers"))).toEqual([]);
  });

  it("that cannot be made stays as it was, and keeps nothing from its run", async () => {
    await runMesh(world);
    const before = await survey();
    // Served once static egress is on; and then not to be read.
    world.kubernetes.installCrds("egressgateway.kubernetes.azure.com");
    world.memory.clock.now += 60_000;
    deny("staticgatewayconfigurations");

    await runMesh(world);

    expect((await boardOf(world))?.at).toBeGreaterThan(before.at);
    expect(await survey()).toEqual(before);
  });
});
