import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { definitionRef, OWN_KINDS, type OwnKind } from "#src/domain/definitions.ts";
import { type ClusterGrants, readGrants } from "#src/requests/observe/cluster-grants.ts";
import { GatewaysWorld, SYSTEM } from "./gateways-world.ts";

let world: GatewaysWorld;
let id: string;

beforeEach(async () => {
  world = await GatewaysWorld.start();
  id = await world.grant(world.gateway(0), []);
  // As the API server makes them for who asks: a deletion waits for the lane.
  const { store } = world.kubernetes;
  const object = store.get("EgressGrant", SYSTEM, id.toLowerCase());
  if (object === undefined) throw new Error("no grant");
  expect(object.metadata.finalizers).toEqual(["sallyport.dev/close"]);
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

function read(): Promise<ClusterGrants> {
  return readGrants(world.ports(), world.mesh, "prod-1");
}

function openIds({ open }: ClusterGrants): readonly string[] {
  return open.map(({ requestId }) => requestId);
}

/** As `kubectl delete crd` does. */
async function deleteDefinition(kind: OwnKind): Promise<void> {
  await world.mesh.delete(definitionRef(kind));
}

function isGoing(): boolean {
  const object = world.kubernetes.store.get("EgressGrant", SYSTEM, id.toLowerCase());
  return object?.metadata.deletionTimestamp !== undefined;
}

describe("a deletion is a revoke", () => {
  it("where it is that of the grant", async () => {
    await world.mesh.delete({ kind: "EgressGrant", namespace: SYSTEM, name: id.toLowerCase() });

    const grants = await read();
    expect(grants.blocked).toBeUndefined();
    expect(grants.closed).toMatchObject([{ requestId: id, cause: "deleted" }]);
  });

  it("also while another kind's definition goes", async () => {
    await deleteDefinition("EgressGateway");
    await world.mesh.delete({ kind: "EgressGrant", namespace: SYSTEM, name: id.toLowerCase() });

    expect((await read()).closed).toMatchObject([{ requestId: id, cause: "deleted" }]);
  });
});

describe("a deletion is nobody's revoke, and the cluster is blocked,", () => {
  it("where the definition of grants goes", async () => {
    await deleteDefinition("EgressGrant");

    const grants = await read();
    expect(isGoing()).toBe(true);
    expect(grants.blocked).toBe("crd-terminating");
    expect(openIds(grants)).toEqual([id]);
  });

  it("where the namespace goes", async () => {
    await world.mesh.delete({ kind: "Namespace", name: SYSTEM });

    const grants = await read();
    expect(isGoing()).toBe(true);
    expect(grants.blocked).toBe("namespace-terminating");
    expect(openIds(grants)).toEqual([id]);
  });

  it("where nobody lets us look at the definitions", async () => {
    await deleteDefinition("EgressGrant");
    world.kubernetes.denied.push({ verb: "get", resource: "customresourcedefinitions" });

    const grants = await read();
    expect(grants.blocked).toBe("crd-unreadable");
    expect(openIds(grants)).toEqual([id]);
  });

  it.each([
    ["the definition", (): Promise<void> => deleteDefinition("EgressGrant"), "crd-terminating"],
    [
      "the namespace",
      (): Promise<void> => world.mesh.delete({ kind: "Namespace", name: SYSTEM }),
      "namespace-terminating",
    ],
  ])("where %s begins to go while the grants are read", async (_, goes, blocked) => {
    const listing = world.kubernetes.faults.next(
      { method: "GET", path: /\/egressgrants$/ },
      { hold: true },
    );
    const reading = read();
    await listing.hit;
    await goes();
    listing.release();

    const grants = await reading;
    expect(grants.open[0]?.object.metadata.deletionTimestamp).toBeDefined();
    expect(openIds(grants)).toEqual([id]);
    expect(grants.blocked).toBe(blocked);
  });
});

describe("a cluster is blocked", () => {
  it.each(OWN_KINDS)(
    "by a definition of %s that is older, and its grants are known",
    async (kind) => {
      const { store } = world.kubernetes;
      const { name } = definitionRef(kind);
      const object = store.get("CustomResourceDefinition", undefined, name);
      if (object === undefined) throw new Error(`no ${name}`);
      store.put({ ...object, metadata: { ...object.metadata, labels: {} } });

      const grants = await read();
      expect(grants.blocked).toBe("crd-older");
      expect(openIds(grants)).toEqual([id]);
    },
  );

  it("by no definition of grants, which is never an empty list", async () => {
    const { store } = world.kubernetes;
    store.removeFinalizer("EgressGrant", SYSTEM, id.toLowerCase(), "sallyport.dev/close");
    await deleteDefinition("EgressGrant");

    expect((await read()).blocked).toBe("no-crd");
  });

  it("by no definition of EgressClusters, whose freezes are not none then", async () => {
    await deleteDefinition("EgressCluster");

    const grants = await read();
    expect(grants.blocked).toBe("crd-older");
    expect(openIds(grants)).toEqual([id]);
  });

  it("by a definition of EgressClusters that came too late to be read", async () => {
    const reading = world.kubernetes.faults.next(
      { method: "GET", path: /\/egressclusters\/cluster$/ },
      { hold: "after" },
    );
    await deleteDefinition("EgressCluster");
    const grants = read();
    await reading.hit;
    world.kubernetes.installCrds("sallyport.dev");
    reading.release();

    expect((await grants).blocked).toBe("crd-older");
  });

  it("by a namespace that is missing, or another instance's", async () => {
    const { store } = world.kubernetes;
    const namespace = store.get("Namespace", undefined, SYSTEM);
    if (namespace === undefined) throw new Error("no namespace");
    const labels = { "sallyport.dev/instance": "another" };
    store.put({ ...namespace, metadata: { ...namespace.metadata, labels } });
    expect((await read()).blocked).toBe("namespace-of-another-instance");

    store.removeFinalizer("EgressGrant", SYSTEM, id.toLowerCase(), "sallyport.dev/close");
    store.delete("Namespace", undefined, SYSTEM);
    expect((await read()).blocked).toBe("no-namespace");
  });
});
