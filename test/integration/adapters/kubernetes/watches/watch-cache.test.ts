import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import { startWatchCache } from "#src/adapters/kubernetes/watches/watch-cache.ts";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { ObjectCache, WatchedKind } from "#src/ports/cluster/watch.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { FakeTimers } from "#test/support/fake-timers.ts";
import { startWire, type Wire } from "#test/support/wire.ts";

let server: ApiServer;
let wire: Wire;
let folder: string;
let timers: FakeTimers;
let cache: ObjectCache;
let problems: unknown[];
let changes: string[];

beforeEach(async () => {
  server = await startApiServer();
  wire = await startWire(server.url);
  folder = await mkdtemp(join(tmpdir(), "sallyport-cache-"));
  timers = new FakeTimers();
  problems = [];
  changes = [];
  const mesh = await connect();
  cache = startWatchCache({
    cluster: "prod",
    kinds: [{ kind: "ConfigMap", namespace: "default" }, { kind: "StaticGatewayConfiguration" }],
    connect: async () => mesh,
    timers,
    random: () => 0,
    log: { info() {}, error() {}, warn: (fields) => void problems.push(fields["err"]) },
  });
  cache.onChange((kind) => changes.push(kind));
});
afterEach(async () => {
  await cache.close();
  await wire.close();
  await server.close();
  await rm(folder, { recursive: true });
});

async function connect(): Promise<Mesh> {
  const path = join(folder, "kubeconfig");
  await writeFile(path, server.kubeconfig().replace(server.url, wire.url));
  return connectMesh({ source: "kubeconfig", path }, 30_000);
}

function map(name: string, value = "1"): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { value },
  };
}

function kept(kind: ObjectKind): WatchedKind {
  const found = cache.of(kind);
  if (found === undefined) throw new Error(`${kind} is not watched`);
  return found;
}

function content(): readonly string[] {
  const objects = kept("ConfigMap").snapshot();
  return objects.map(({ metadata, data }) => `${metadata.name}=${data?.["value"] ?? ""}`);
}

function count(path: RegExp, watched: boolean): number {
  return server.log.filter(
    ({ path: asked, query }) => path.test(asked) && (query.get("watch") === "true") === watched,
  ).length;
}

/** Until the watch after the `lists`-th list has been answered, so that what follows reaches it. */
async function watching(lists = 1): Promise<void> {
  await eventually(() => {
    expect(kept("ConfigMap").synced()).toBe(true);
    expect(count(/configmaps/, false)).toBe(lists);
    expect(count(/configmaps/, true)).toBeGreaterThanOrEqual(lists);
  });
}

describe("the cache of a cluster", () => {
  it("is whole after the list and follows every change", async () => {
    server.store.put(map("a"));
    await watching();
    server.store.put(map("b"));
    server.store.put(map("a", "2"));
    await eventually(() => expect(content()).toEqual(["a=2", "b=1"]));
    server.store.delete("ConfigMap", "default", "a");

    await eventually(() => expect(content()).toEqual(["b=1"]));
    expect(changes.every((kind) => kind === "ConfigMap")).toBe(true);
    expect(kept("ConfigMap").asOf()).toBe(timers.now());
  });

  it("lists page by page, and watches from the version of the first", async () => {
    await cache.close();
    for (let index = 0; index < 1_001; index += 1) server.store.put(map(`m-${index}`));
    const mesh = await connect();
    cache = startWatchCache({
      cluster: "prod",
      kinds: [{ kind: "ConfigMap", namespace: "default" }],
      connect: async () => mesh,
      timers,
      random: () => 0,
      log: { info() {}, error() {}, warn() {} },
    });

    await eventually(() => expect(content()).toHaveLength(1_001));
    server.store.put(map("z"));
    await eventually(() => expect(content()).toHaveLength(1_002));
  });

  it("goes on from where it was after a lost connection, without a list", async () => {
    server.store.put(map("a"));
    await watching();
    wire.cut();
    server.store.put(map("b"));
    await passing(() => expect(problems.length).toBeGreaterThan(3));
    expect(content()).toEqual(["a=1"]);
    expect(kept("ConfigMap").synced()).toBe(true);
    wire.mend();
    await passing(() => expect(content()).toEqual(["a=1", "b=1"]));

    expect(count(/configmaps/, false)).toBe(1);
  });

  it("lists again where changes were forgotten meanwhile, as after a restart", async () => {
    server.store.put(map("a"));
    server.store.put(map("b"));
    await watching();
    wire.cut();
    server.store.delete("ConfigMap", "default", "a");
    server.store.put(map("c"));
    server.store.compact();
    // After a restart an API server answers so for seconds.
    server.faults.next({ path: /configmaps/ }, { status: 429 }, 2);
    server.faults.next({ path: /configmaps/ }, { status: 503 }, 2);
    wire.mend();
    await passing(() => expect(content()).toEqual(["b=1", "c=1"]));

    expect(count(/configmaps/, false)).toBe(2);
    server.store.put(map("d"));
    await eventually(() => expect(content()).toContain("d=1"));
  });

  it("is not whole between the loss and the next list, and keeps what it knew", async () => {
    server.store.put(map("a"));
    await watching();
    wire.cut();
    server.store.compact();
    server.faults.next({ path: /configmaps/ }, { status: 410, reason: "Expired" });
    server.faults.next({ path: /configmaps/ }, { status: 500 }, 1_000);
    wire.mend();
    await passing(() => expect(kept("ConfigMap").synced()).toBe(false));

    expect(content()).toEqual(["a=1"]);
    server.faults.clear();
    await passing(() => expect(kept("ConfigMap").synced()).toBe(true));
  });

  it("waits as long as the API server asks", async () => {
    await watching();
    const refused = server.faults.next(
      { path: /configmaps/ },
      { status: 429, headers: { "retry-after": "20" } },
    );
    wire.cut();
    wire.mend();
    await passing(() =>
      expect(problems).toContainEqual(expect.objectContaining({ retryAfterMs: 20_000 })),
    );
    await refused.hit;
    timers.advance(19_000);
    await turns();
    expect(count(/configmaps/, true)).toBe(2);

    timers.advance(1_000);
    await eventually(() => expect(count(/configmaps/, true)).toBe(3));
  });

  it("takes a connection that has been silent for too long for dead", async () => {
    await watching();
    wire.silence();
    server.store.put(map("a"));
    timers.advance(180_000);
    await passing(() => expect(content()).toEqual(["a=1"]));

    expect(count(/configmaps/, false)).toBe(1);
  });

  it("never calls a kind that is not served whole, and takes it up once it is", async () => {
    const configurations = kept("StaticGatewayConfiguration");
    await watching();
    await passing(() =>
      expect(problems).toContainEqual(expect.objectContaining({ code: "KindNotServed" })),
    );
    expect(configurations.synced()).toBe(false);

    server.installCrds("egressgateway.kubernetes.azure.com");
    await passing(() => expect(configurations.synced()).toBe(true));
    expect(configurations.snapshot()).toEqual([]);
    server.removeCrds("egressgateway.kubernetes.azure.com");
    wire.cut();
    wire.mend();
    await passing(() => expect(configurations.synced()).toBe(false));
  });

  it("says nothing where a list again is what it knew already", async () => {
    server.store.put(map("a"));
    await watching();
    const before = changes.length;
    wire.cut();
    server.store.compact();
    wire.mend();
    await passing(() => expect(count(/configmaps/, false)).toBe(2));
    await watching(2);

    expect(changes).toHaveLength(before);
  });

  it("stops asking when it is closed", async () => {
    await watching();
    await cache.close();
    const asked = count(/configmaps/, true);
    timers.advance(600_000);
    await turns();

    expect(count(/configmaps/, true)).toBe(asked);
  });
});

/** What was sent by now has arrived, and been answered. */
async function turns(): Promise<void> {
  await (await connect()).list("Pod");
}

/** Lets time pass until the assertion holds. */
async function passing(assertion: () => void): Promise<void> {
  await eventually(() => {
    timers.advance(250);
    assertion();
  }, 20_000);
}
