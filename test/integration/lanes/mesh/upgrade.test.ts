import { afterEach, beforeEach, expect, it } from "@jest/globals";
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

/** What Azure says that the mesh consists of. */
function run(...revisions: readonly string[]): void {
  world.kubernetes.mesh.applyManagedCluster({
    properties: { serviceMeshProfile: { mode: "Istio", istio: { revisions } } },
  });
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
