import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { statusRecordName } from "#src/domain/request/egress-grant/signed-status.ts";
import { GatewaysWorld, SYSTEM } from "../gateways-world.ts";
import { boardOf, grantObject, istioObjects, runMesh } from "./mesh-world.ts";

/** More than any gateway takes. */
const MANY_TICKS = 60;

let world: GatewaysWorld;
let id: string;

beforeEach(async () => {
  world = await GatewaysWorld.start();
  id = await world.grant(world.gateway(0));
  await world.ticks(MANY_TICKS, () => world.isReady());
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

function claim(status: Readonly<Record<string, unknown>>): void {
  world.kubernetes.store.patchStatus("EgressGrant", SYSTEM, id.toLowerCase(), status);
}

function said(type: string): unknown {
  const conditions = grantObject(world, id).status?.["conditions"] as
    | readonly { readonly type: string; readonly status: string }[]
    | undefined;
  return conditions?.find((each) => each.type === type)?.status;
}

const AT = "2026-01-01T00:00:00Z";
const CLAIMED = {
  state: "active",
  conditions: ["Applied", "Active", "Enforced"].map((type) => ({
    type,
    status: "True",
    reason: "Proven",
    message: "",
    lastTransitionTime: AT,
  })),
  evidence: { at: AT, verdict: "enforced", serial: 7, checks: [] },
  applied: { at: AT },
};

async function entry(): Promise<unknown> {
  return (await boardOf(world))?.grants[id];
}

describe("a status that somebody else wrote", () => {
  it("makes nobody say that a grant was proven, and is put right", async () => {
    await runMesh(world);
    expect(await entry()).toEqual({ state: "verifying", endsAt: expect.any(Number) });
    claim(CLAIMED);

    await runMesh(world);

    expect(await entry()).toEqual({ state: "verifying", endsAt: expect.any(Number) });
    expect(grantObject(world, id).status).not.toHaveProperty("evidence");
    expect([said("Active"), said("Enforced")]).toEqual(["Unknown", "Unknown"]);
  }, 60_000);

  it("changes nothing of what the worker signed", async () => {
    await runMesh(world);
    const { uid } = grantObject(world, id).metadata;
    const { envelope } = world.keys.worker.sign("record", {
      name: statusRecordName("evidence", id, uid),
      value: { at: 1, verdict: "unproven", serial: 2, unprovenSince: 1 },
    });
    claim({ ...CLAIMED, evidence: { ...CLAIMED.evidence, statement: envelope } });

    await runMesh(world);

    expect(await entry()).toMatchObject({ state: "unproven", verdict: "unproven" });
    expect(grantObject(world, id).status).toMatchObject({
      evidence: { verdict: "unproven", serial: 2, statement: envelope },
    });
    expect([said("Active"), said("Enforced")]).toEqual(["False", "False"]);
  }, 60_000);

  it("has nothing built for the first time while Redis is silent", async () => {
    world.memory.redis.answers = false;
    // What closes a gateway is built all the same.
    await runMesh(world);
    claim(CLAIMED);
    const before = istioObjects(world);

    await runMesh(world);

    expect(istioObjects(world)).toEqual(before);
    expect(await entry()).toBeUndefined();
    world.memory.redis.answers = true;
    await runMesh(world);
    expect(istioObjects(world).length).toBeGreaterThan(before.length);
  }, 60_000);

  it("is what a lane signed, where it is to be repaired while Redis is silent", async () => {
    await runMesh(world);
    const built = istioObjects(world);
    world.memory.redis.answers = false;
    for (const { metadata } of world.kubernetes.store.look("ServiceEntry"))
      world.kubernetes.store.delete("ServiceEntry", metadata.namespace, metadata.name);
    expect(istioObjects(world)).not.toEqual(built);

    await runMesh(world);

    expect(istioObjects(world)).toEqual(built);
  }, 60_000);
});
