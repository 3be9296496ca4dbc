import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { recordEnds } from "#src/lanes/mesh/record-ends.ts";
import { readGrants } from "#src/requests/observe/cluster-grants.ts";
import { GatewaysWorld, SYSTEM } from "./gateways-world.ts";

let world: GatewaysWorld;
beforeEach(async () => {
  world = await GatewaysWorld.start();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

function endOf(id: string): unknown {
  return world.kubernetes.store.get("EgressGrant", SYSTEM, id.toLowerCase())?.spec?.["end"];
}

it.each([
  // What its rules forbid for good is told, and is no reason to try again.
  ["refuses", 422, undefined],
  ["cannot take now", 503, expect.objectContaining({ name: "RetryableError" })],
])("an end the API server %s keeps no other from being written", async (_, status, error) => {
  const ids = [
    await world.grant(world.gateway(0), []),
    await world.grant(world.gateway(0), []),
    await world.grant(world.gateway(0), []),
  ];
  for (const id of ids)
    await world.mesh.delete({ kind: "EgressGrant", namespace: SYSTEM, name: id.toLowerCase() });
  const [first = ""] = ids;
  world.kubernetes.faults.next(
    { method: "PATCH", path: new RegExp(`/egressgrants/${first.toLowerCase()}$`) },
    { status, message: "no" },
    Infinity,
  );

  const ports = world.ports();
  const grants = await readGrants(ports, world.mesh, "prod-1");
  expect(await recordEnds(ports, world.mesh, grants)).toEqual(error);

  expect(ids.map((id) => endOf(id) !== undefined)).toEqual([false, true, true]);
  const told = [...world.memory.told.values()].filter((text) => text.startsWith(first));
  expect(told).toHaveLength(error === undefined ? 1 : 0);
});
