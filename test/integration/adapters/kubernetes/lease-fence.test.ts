import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { fencedMesh } from "#src/lanes/lease/fenced-mesh.ts";
import { HeldLease } from "#src/lanes/lease/held-lease.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { FakeTimers } from "#test/support/fake-timers.ts";

const MAP: KubernetesObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "m", namespace: "default" },
  data: { value: "1" },
};
const REF = { kind: "ConfigMap", namespace: "default", name: "m" } as const;

let server: ApiServer;
let timers: FakeTimers;
let lease: HeldLease;
let fenced: Mesh;
/** What happens while a token is fetched for the next request. */
let meanwhile: () => void;
beforeEach(async () => {
  server = await startApiServer();
  timers = new FakeTimers();
  // Its timer never comes: as in a process that stood still, and now goes on where it was.
  const stopped = { now: () => timers.now(), after: () => () => {}, sleep: async () => {} };
  lease = new HeldLease(stopped, timers.now() + 12_000);
  meanwhile = () => {};
  const file = JSON.parse(server.kubeconfig());
  file.users[0].user = {
    exec: { apiVersion: "client.authentication.k8s.io/v1", command: "kubelogin" },
  };
  const credential = {
    async getToken() {
      meanwhile();
      return { token: "simulated-token", expiresOnTimestamp: 0 };
    },
  };
  const kubeconfig = Buffer.from(JSON.stringify(file));
  fenced = fencedMesh(connectMesh({ source: "user-credentials", kubeconfig, credential }), lease);
});
afterEach(() => server.close());

const WRITES: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["apply", () => fenced.apply(MAP)],
  ["restore", () => fenced.restore(MAP, server.store.put(MAP))],
  ["patch", () => fenced.patch(REF, { data: {} }, { uid: "u", resourceVersion: "1" })],
  ["replace", () => fenced.replace({ ...server.store.put(MAP), data: {} })],
  ["create", () => fenced.create(MAP)],
  ["delete", () => fenced.delete(REF)],
];

describe("a mesh under a Lease", () => {
  it("writes while the Lease lasts", async () => {
    await fenced.create(MAP);
    await fenced.apply({ ...MAP, data: { value: "2" } }, { force: true });

    expect(server.store.get("ConfigMap", "default", "m")?.["data"]).toEqual({ value: "2" });
  });

  it.each(WRITES)("does not send the %s of a Lease that is over", async (_, write) => {
    timers.advance(12_000);

    await expect(write()).rejects.toMatchObject({ name: "RetryableError" });
    expect(server.log).toEqual([]);
  });

  it.each(WRITES)("does not send the %s whose token came too late", async (_, write) => {
    meanwhile = () => timers.advance(12_000);

    await expect(write()).rejects.toMatchObject({ name: "RetryableError" });
    expect(server.log).toEqual([]);
  });

  it.each(WRITES)("does not send it through a signal of its own either: %s", async (_, write) => {
    fenced = fenced.until(new AbortController().signal);
    timers.advance(12_000);

    await expect(write()).rejects.toMatchObject({ name: "RetryableError" });
    expect(server.log).toEqual([]);
  });

  it("gives up a write under way when the Lease ends", async () => {
    const held = server.faults.next({ method: "POST" }, { hold: true });
    const write = fenced.create(MAP);
    await held.hit;
    lease.end();

    await expect(write).rejects.toMatchObject({ name: "RetryableError" });
    held.release();
  });

  it("still reads, and tries out, with a Lease that has nothing left", async () => {
    timers.advance(12_000);

    expect(await fenced.list("ConfigMap")).toEqual([]);
    expect((await fenced.apply(MAP, { dryRun: true }))["data"]).toEqual({ value: "1" });
    expect(server.writes()).toEqual([]);
  });
});
