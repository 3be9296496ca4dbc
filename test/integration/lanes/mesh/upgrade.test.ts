import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Survey, surveyKey } from "#src/domain/survey/survey.ts";
import { eventually } from "#test/support/eventually.ts";
import { GatewaysWorld } from "../gateways-world.ts";
import { runMesh } from "./mesh-world.ts";

/* An upgrade of the mesh, which others start and finish, as the mesh lane watches it. */

let world: GatewaysWorld;

beforeEach(async () => {
  world = await GatewaysWorld.start();
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** What Azure says that the mesh consists of, beside what it is now. */
function run(...revisions: readonly string[]): void {
  const { arm, kubernetes, cluster } = world;
  const raw = JSON.stringify(arm.cluster(cluster.resourceName));
  kubernetes.mesh.applyManagedCluster(
    JSON.parse(raw.replace('"revisions":["asm-1-28"]', `"revisions":${JSON.stringify(revisions)}`)),
  );
}

function share(revision: string, mesh: string): void {
  world.kubernetes.store.put({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `istio-shared-configmap-${revision}`, namespace: "aks-istio-system" },
    data: { mesh },
  });
}

/** What is told of the revisions by the next runs: the cluster is watched, and the add-on takes a moment. */
async function tells(expected: readonly unknown[]): Promise<void> {
  await eventually(async () => {
    await runMesh(world);
    const told = [...world.memory.told].flatMap(([key, text]) =>
      key === "upgrade-differs:prod-1" ? [text] : [],
    );
    expect(told).toEqual(expected);
  });
}

async function survey(): Promise<Survey> {
  return Survey.parse(await world.lanes.read(surveyKey(world.cluster.name)));
}

it("says what the newer revision's configuration would open, until it is mended", async () => {
  await tells([]);
  run("asm-1-28", "asm-1-29");

  await tells([
    expect.stringMatching(
      /^Cluster prod-1 runs mesh revisions asm-1-28 and asm-1-29 side by side.*REGISTRY_ONLY is missing: .*There is no ConfigMap aks-istio-system\/istio-shared-configmap-asm-1-29: make it/,
    ),
  ]);
  expect((await survey()).mesh.upgrade?.differs).toHaveLength(1);

  share("asm-1-29", "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\naccessLogFormat: short\n");
  await tells([expect.stringMatching(/does not write .*Before a workload/)]);

  share("asm-1-29", "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n");
  await tells([]);
  expect((await survey()).mesh.upgrade?.differs).toEqual([]);
});

it("is over when the upgrade is", async () => {
  run("asm-1-28", "asm-1-29");
  await tells([expect.stringMatching(/REGISTRY_ONLY is missing/)]);
  run("asm-1-28");

  await tells([]);
  expect((await survey()).mesh.upgrade).toBeUndefined();
});

/** What is told of gateways by the next runs. */
async function tellsOfGateways(expected: readonly unknown[]): Promise<void> {
  await eventually(async () => {
    await runMesh(world);
    const told = [...world.memory.told].flatMap(([key, text]) =>
      key.startsWith("upgrade-gateway:") ? [text] : [],
    );
    expect(told).toEqual(expected);
  });
}

describe("a gateway", () => {
  beforeEach(async () => {
    await world.grant(world.gateway(0));
    await world.ticks(60, () => world.isReady());
    run("asm-1-28", "asm-1-29");
    await eventually(() => {
      const status = world.kubernetes.store.get("Deployment", "egress-0", "egw-0-asm-1-29")?.status;
      expect(status?.["availableReplicas"]).toBe(2);
    });
  }, 60_000);

  it("is told of once a revision has had no pod for longer than one starts, until it has", async () => {
    const { store } = world.kubernetes;
    await tellsOfGateways([]);
    world.memory.clock.now += 600_000;
    await tellsOfGateways([]);
    store.patchStatus("Deployment", "egress-0", "egw-0-asm-1-29", { availableReplicas: 0 });
    await eventually(async () => {
      await runMesh(world);
      expect((await survey()).gateways[0]).toMatchObject({
        state: "ready",
        lacks: "no pod of revision asm-1-29 is available: look at the Deployment's events",
      });
    });
    expect([...world.memory.told.keys()].join(" ")).not.toContain("upgrade-gateway:");
    world.memory.clock.now += 300_000;

    await tellsOfGateways([
      "While the mesh of cluster prod-1 is upgraded, gateway egress-0/egw-0 is not served by every revision: no pod of revision asm-1-29 is available: look at the Deployment's events. Do not complete the upgrade before that is mended.",
    ]);
    store.patchStatus("Deployment", "egress-0", "egw-0-asm-1-29", { availableReplicas: 2 });
    await tellsOfGateways([]);
    expect((await survey()).gateways[0]?.lacks).toBeUndefined();
  }, 60_000);

  it("is told of where pods of a revision leave from elsewhere", async () => {
    const { store } = world.kubernetes;
    await tellsOfGateways([]);
    const pod = store
      .look("Pod")
      .find(({ metadata }) => metadata.name.startsWith("egw-0-asm-1-29-"));
    if (pod === undefined) throw new Error("no pod");
    store.put({ ...pod, metadata: { ...pod.metadata, annotations: {} } });
    await eventually(async () => {
      await runMesh(world);
      expect((await survey()).gateways[0]?.lacks).toMatch(
        /^pods of revision asm-1-29 are bound to no StaticGatewayConfiguration/,
      );
    });
    world.memory.clock.now += 300_000;

    await tellsOfGateways([expect.stringMatching(/asm-1-29 are bound to no/)]);
  }, 60_000);
});
