import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { definitionRef } from "#src/domain/definitions.ts";
import { CLOSE_FINALIZER } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { anActiveRequest, anEnd } from "#test/support/signed-request.ts";
import { GatewaysWorld, SYSTEM } from "../gateways-world.ts";
import { grantObject, istioObjects, meshPorts, runMesh } from "./mesh-world.ts";

const MANY_TICKS = 60;

let world: GatewaysWorld;
let ended: string;
let other: string;

beforeEach(async () => {
  world = await GatewaysWorld.start();
  ended = await world.grant(world.gateway(0));
  await world.ticks(MANY_TICKS, () => world.isReady());
  await runMesh(world);
  other = await world.grant(world.gateway(0), []);
  // What a run would put right, were it not blocked.
  const object = grantObject(world, other);
  world.kubernetes.store.put({
    ...object,
    metadata: { ...object.metadata, finalizers: ["example.com/theirs"] },
  });
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

function cluster(): KubernetesObject | undefined {
  return world.kubernetes.store.get("EgressCluster", SYSTEM, "cluster");
}

async function runWithEnd(): Promise<void> {
  const { keys } = world;
  const end = anEnd(keys, anActiveRequest(keys, { id: ended }), { cause: "revoked" });
  const ends = new Map([[ended, [end.envelope]]]);
  const { store } = meshPorts(world);
  const change = {
    store: {
      ...store,
      ends: async () => ({ ends, whole: true }),
      auditHead: async () => ({ number: 7, digest: "0".repeat(64) }),
    },
  };
  await runMesh(world, change);
  // What could not be written over what the first one wrote is written now.
  await runMesh(world, change);
}

const WAYS = [
  [
    "whose definitions are older",
    (): void => {
      const { store } = world.kubernetes;
      const object = store.get(
        "CustomResourceDefinition",
        undefined,
        definitionRef("EgressGrant").name,
      );
      if (object === undefined) throw new TypeError("no definition");
      store.put({ ...object, metadata: { ...object.metadata, labels: {} } });
    },
  ],
  [
    "whose definitions nobody lets us read",
    (): void =>
      void world.kubernetes.denied.push({ verb: "get", resource: "customresourcedefinitions" }),
  ],
  [
    "whose definition of EgressGateways goes",
    (): Promise<void> => world.mesh.delete(definitionRef("EgressGateway")),
  ],
  [
    "whose namespace goes",
    (): Promise<void> => world.mesh.delete({ kind: "Namespace", name: SYSTEM }),
  ],
] as const;

describe("a cluster", () => {
  it.each(WAYS)(
    "%s is told the end that is known, and nothing else",
    async (_way, block) => {
      const standing = istioObjects(world).length;
      await block();
      const before = { other: grantObject(world, other), cluster: cluster() };
      const { status } = grantObject(world, ended);

      await runWithEnd();

      expect(grantObject(world, ended)).toMatchObject({
        spec: { end: { [ended]: { cause: "revoked" } } },
        status,
      });
      expect(istioObjects(world).length).toBeLessThan(standing);
      expect({ other: grantObject(world, other), cluster: cluster() }).toEqual(before);
    },
    60_000,
  );

  it("that is not blocked is told the rest as well", async () => {
    await runWithEnd();

    expect(grantObject(world, other).metadata.finalizers).toContain(CLOSE_FINALIZER);
    expect(grantObject(world, ended).status).toMatchObject({ state: "ending" });
    expect(cluster()?.spec).toMatchObject({ anchor: { number: 7 } });
  }, 60_000);
});
