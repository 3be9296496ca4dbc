import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import { listsFromWatches } from "#src/adapters/kubernetes/watches/mesh-from-watches.ts";
import { startWatchCache } from "#src/adapters/kubernetes/watches/watch-cache.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { ObjectCache } from "#src/ports/cluster/watch.ts";
import { preconditionOf } from "#src/requests/admission/egress-grants.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { FakeTimers } from "#test/support/fake-timers.ts";
import { startWire, type Wire } from "#test/support/wire.ts";

/* Lists of what is watched are read from the watches, and are never older than what was written here. */

let server: ApiServer;
/** Between the watches and the server: held, they hear nothing. */
let wire: Wire;
let folder: string;
let timers: FakeTimers;
let cache: ObjectCache;
let mesh: Mesh;

beforeEach(async () => {
  server = await startApiServer();
  server.installCrds("egressgateway.kubernetes.azure.com");
  wire = await startWire(server.url);
  folder = await mkdtemp(join(tmpdir(), "sallyport-lists-"));
  timers = new FakeTimers();
  server.store.put(configuration("a"));
  const watching = await connect("watching", wire.url);
  cache = startWatchCache({
    cluster: "prod",
    kinds: [{ kind: "StaticGatewayConfiguration", namespace: "default" }],
    connect: async () => watching,
    timers,
    random: () => 0,
    log: { info() {}, error() {}, warn() {} },
  });
  mesh = listsFromWatches(cache, () => timers.now()).over(await connect("own", server.url));
  await eventually(() => expect(cache.of("StaticGatewayConfiguration")?.synced()).toBe(true));
  await eventually(() => expect(asked("watch")).toBe(1));
});
afterEach(async () => {
  await cache.close();
  await wire.close();
  await server.close();
  await rm(folder, { recursive: true });
});

async function connect(name: string, url: string): Promise<Mesh> {
  const path = join(folder, name);
  await writeFile(path, server.kubeconfig().replace(server.url, url));
  return connectMesh({ source: "kubeconfig", path }, 30_000);
}

function configuration(name: string, value = "p1", namespace = "default"): KubernetesObject {
  return {
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name, namespace },
    spec: { gatewayNodepoolName: value, provisionPublicIps: true },
  };
}

/** How often the API server was asked for a list, or for a watch. */
function asked(what: "list" | "watch"): number {
  return server.log.filter(
    ({ method, path, query }) =>
      method === "GET" &&
      path.includes("/staticgatewayconfigurations") &&
      !/\/staticgatewayconfigurations\/./.test(path) &&
      (query.get("watch") === "true") === (what === "watch"),
  ).length;
}

async function listed(where: Parameters<Mesh["list"]>[1] = HERE): Promise<readonly string[]> {
  const objects = await mesh.list("StaticGatewayConfiguration", where);
  return objects.map(
    ({ metadata, spec }) => `${metadata.name}=${String(spec?.["gatewayNodepoolName"])}`,
  );
}

const HERE = { namespace: "default" };
/** What the watches asked for at their start. */
const FIRST = 1;

describe("a list of what is watched", () => {
  it("asks the API server nothing, and says what others have done since", async () => {
    expect(await listed()).toEqual(["a=p1"]);

    server.store.put(configuration("b"));
    await eventually(async () => expect(await listed()).toEqual(["a=p1", "b=p1"]));
    expect(asked("list")).toBe(FIRST);
  });

  it("chooses by label, as the API server does", async () => {
    const { metadata, ...rest } = configuration("c");
    server.store.put({ ...rest, metadata: { ...metadata, labels: { app: "x", tier: "y" } } });
    await eventually(async () => expect(await listed()).toEqual(["a=p1", "c=p1"]));

    expect(await listed({ ...HERE, labels: { app: "x" } })).toEqual(["c=p1"]);
    expect(await listed({ ...HERE, labels: { app: "x", tier: "z" } })).toEqual([]);
    expect(asked("list")).toBe(FIRST);
  });

  it("of more namespaces than are watched, or of a kind that is not, is asked for", async () => {
    server.store.put(configuration("a", "p2", "elsewhere"));

    expect(await listed({})).toEqual(["a=p1", "a=p2"]);
    expect(await listed({ namespace: "elsewhere" })).toEqual(["a=p2"]);
    expect(await mesh.list("Pod", HERE)).toEqual([]);
    expect(asked("list")).toBe(FIRST + 2);
  });
});

/** Each way of writing, and what a list says after it. */
const WRITES: readonly (readonly [
  what: string,
  write: (object: KubernetesObject) => Promise<unknown>,
  after: readonly string[],
])[] = [
  ["create", () => mesh.create(configuration("b")), ["a=p1", "b=p1"]],
  ["apply", () => mesh.apply(configuration("a", "p2"), { force: true }), ["a=p2"]],
  ["restore", (a) => mesh.restore(configuration("a", "p2"), a), ["a=p2"]],
  [
    "patch",
    (a) =>
      mesh.patch({ kind: "StaticGatewayConfiguration", ...a.metadata }, PATCH, preconditionOf(a)),
    ["a=p2"],
  ],
  ["replace", (a) => mesh.replace({ ...a, ...PATCH }), ["a=p2"]],
  ["delete", (a) => mesh.delete({ kind: "StaticGatewayConfiguration", ...a.metadata }), []],
  [
    "delete of that very object",
    (a) => mesh.delete({ kind: "StaticGatewayConfiguration", ...a.metadata }, preconditionOf(a)),
    [],
  ],
];

const PATCH = { spec: { gatewayNodepoolName: "p2" } };

describe("a list after a write of ours", () => {
  it.each(WRITES)(
    "(%s) is not older than it, while the watch hears nothing",
    async (_what, write, after) => {
      const object = await mesh.get({
        kind: "StaticGatewayConfiguration",
        namespace: "default",
        name: "a",
      });
      if (object === undefined) throw new Error("no object");
      wire.hold();

      await write(object);

      expect(await listed()).toEqual(after);
      expect(asked("list")).toBe(FIRST + 1);
      wire.release();
      await eventually(async () => {
        const before = asked("list");
        expect(await listed()).toEqual(after);
        expect(asked("list")).toBe(before);
      });
    },
  );

  it("through a part of it that has a signal of its own counts as well", async () => {
    wire.hold();
    await mesh.until(new AbortController().signal).create(configuration("b"));

    expect(await listed()).toEqual(["a=p1", "b=p1"]);
    wire.release();
  });

  it("is read from the watch where the write was only tried", async () => {
    wire.hold();
    await mesh.apply(configuration("a", "p2"), { force: true, dryRun: true });

    expect(await listed()).toEqual(["a=p1"]);
    expect(asked("list")).toBe(FIRST);
    wire.release();
  });
});

describe("a watch that", () => {
  it("was silent for too long is not read from", async () => {
    wire.hold();
    server.store.put(configuration("b"));
    timers.advance(150_001);

    expect(await listed()).toEqual(["a=p1", "b=p1"]);
    wire.release();
  });
});
