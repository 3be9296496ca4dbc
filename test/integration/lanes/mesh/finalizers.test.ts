import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { CLOSE_FINALIZER } from "#src/domain/request/egress-grant/egress-grant.ts";
import { GatewaysWorld, SYSTEM } from "../gateways-world.ts";
import { grantObject, istioObjects, runMesh } from "./mesh-world.ts";

const MANY_TICKS = 60;

let world: GatewaysWorld;
let id: string;

beforeEach(async () => {
  world = await GatewaysWorld.start();
  id = await world.grant(world.gateway(0));
  await world.ticks(MANY_TICKS, () => world.isReady());
  await runMesh(world);
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

function takeOff(): void {
  world.kubernetes.store.removeFinalizer("EgressGrant", SYSTEM, id.toLowerCase(), CLOSE_FINALIZER);
}

function finalizers(): readonly string[] {
  return grantObject(world, id).metadata.finalizers ?? [];
}

function told(): readonly string[] {
  return [...world.memory.told.values()].filter((text) => text.includes(CLOSE_FINALIZER));
}

function deleted(): Promise<void> {
  return world.mesh.delete({ kind: "EgressGrant", namespace: SYSTEM, name: id.toLowerCase() });
}

describe("what keeps an EgressGrant until it is closed", () => {
  it("is put back where somebody took it off, and told once", async () => {
    takeOff();
    expect(finalizers()).toEqual([]);
    await runMesh(world);
    takeOff();
    await runMesh(world);

    expect(finalizers()).toEqual([CLOSE_FINALIZER]);
    expect(told()).toHaveLength(1);
  }, 60_000);

  it("has a later deletion close what stands", async () => {
    const standing = istioObjects(world).length;
    takeOff();
    await runMesh(world);
    await deleted();
    await runMesh(world);

    expect(grantObject(world, id).metadata.deletionTimestamp).toBeDefined();
    expect(istioObjects(world).length).toBeLessThan(standing);
  }, 60_000);

  it("stays beside those of others, of which none is touched", async () => {
    const object = grantObject(world, id);
    const metadata = { ...object.metadata, finalizers: ["example.com/theirs"] };
    world.kubernetes.store.put({ ...object, metadata });
    await runMesh(world);

    expect(finalizers()).toEqual(["example.com/theirs", CLOSE_FINALIZER]);
  }, 60_000);

  it("is not put on what is being deleted already", async () => {
    const object = grantObject(world, id);
    const metadata = { ...object.metadata, finalizers: ["example.com/theirs"] };
    world.kubernetes.store.put({ ...object, metadata });
    await deleted();
    await runMesh(world);

    expect(finalizers()).toEqual(["example.com/theirs"]);
    expect(told()).toEqual([]);
  }, 60_000);
});
