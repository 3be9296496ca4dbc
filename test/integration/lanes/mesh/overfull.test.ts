import { afterEach, beforeEach, expect, it } from "@jest/globals";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { anActiveRequest, anEnd } from "#test/support/signed-request.ts";
import { GatewaysWorld } from "../gateways-world.ts";
import { grantObject, istioObjects, meshPorts, runMesh } from "./mesh-world.ts";

const MANY_TICKS = 60;

let world: GatewaysWorld;
beforeEach(async () => {
  world = await GatewaysWorld.start();
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** Redis answers with what could be read in time. */
function overfull(ends: ReadonlyMap<string, readonly unknown[]>): Pick<LanePorts, "store"> {
  return {
    store: { ...meshPorts(world).store, ends: async () => ({ ends, whole: false }) },
  };
}

function told(): readonly string[] {
  return [...world.memory.told.values()].filter((text) => text.includes("somebody filled it"));
}

it("a Redis that somebody filled has nothing built for the first time, closes what is known, and is told", async () => {
  const ended = await world.grant(world.gateway(0));
  await world.ticks(MANY_TICKS, () => world.isReady());
  await runMesh(world);
  const built = istioObjects(world).length;
  const waiting = await world.grant(world.gateway(0), []);
  const end = anEnd(world.keys, anActiveRequest(world.keys, { id: ended }), { cause: "revoked" });

  await runMesh(world, overfull(new Map()));
  expect(istioObjects(world)).toHaveLength(built);
  await runMesh(world, overfull(new Map([[ended, [end.envelope]]])));

  expect(grantObject(world, ended).spec).toMatchObject({ end: { [ended]: { cause: "revoked" } } });
  expect(istioObjects(world).length).toBeLessThan(built);
  expect(grantObject(world, waiting).status).toMatchObject({ state: "applying" });
  expect(told()).toHaveLength(1);
  await runMesh(world);
  expect(told()).toEqual([]);
}, 60_000);
