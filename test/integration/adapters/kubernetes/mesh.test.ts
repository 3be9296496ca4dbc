import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { KubeConfig } from "@kubernetes/client-node";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { recordEvent } from "#test/simulators/kubernetes/event-recorder.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { Api, realApiServer } from "./contract/api.ts";
import { describeMeshContract } from "./contract/calls.ts";
import { aGrant } from "./contract/samples.ts";

let server: ApiServer;
let mesh: Mesh;
let folder: string;
let kubeConfig: KubeConfig;
beforeEach(async () => {
  server = await startApiServer();
  folder = await mkdtemp(join(tmpdir(), "sallyport-mesh-"));
  const path = join(folder, "kubeconfig");
  await writeFile(path, server.kubeconfig());
  kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  mesh = connectMesh({ source: "kubeconfig", path }, 1_000);
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describeMeshContract("the simulated API server", () => ({ mesh, kubeConfig }));

const real = realApiServer();
if (real !== undefined) describeMeshContract("a real API server", real);

function twoLines(line: string): "no" | "yes" | "last" {
  if (line.startsWith("line 2000 ")) return "last";
  return line.startsWith("line 1000 ") ? "yes" : "no";
}

function map(name: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: {},
  };
}

describe("the Kubernetes adapter", () => {
  it("reads every page of a long list", async () => {
    for (let index = 0; index < 1_001; index += 1) server.store.put(map(`m-${index}`));

    expect(await mesh.list("ConfigMap", { namespace: "default" })).toHaveLength(1_001);
    expect(server.log.filter(({ path }) => path.endsWith("/configmaps"))).toHaveLength(3);
  });

  it("keeps its connections instead of opening one per call", async () => {
    for (let index = 0; index < 20; index += 1) await mesh.list("Pod");

    expect(server.connections()).toBeLessThan(5);
  });

  it("brings an Entra token in place of the plug-in an AKS kubeconfig names", async () => {
    const file = JSON.parse(server.kubeconfig());
    file.users[0].user = {
      exec: { apiVersion: "client.authentication.k8s.io/v1", command: "kubelogin" },
    };
    const credential = {
      getToken: async () => ({ token: "simulated-token", expiresOnTimestamp: 0 }),
    };
    const kubeconfig = Buffer.from(JSON.stringify(file));
    const entra = connectMesh({ source: "user-credentials", kubeconfig, credential });

    expect(await entra.list("Pod")).toEqual([]);
  });

  it("lists nothing of a kind whose definition is not installed", async () => {
    expect(await mesh.list("StaticGatewayConfiguration")).toEqual([]);
  });

  it("never takes a kind of ours that is not served for one without objects", async () => {
    const missing = { status: 404, message: "the server could not find the requested resource" };
    const notServed = { name: "FatalError", code: "KindNotServed" };
    const ref = { kind: "EgressGrant", namespace: "default", name: "eg-7qk4m" } as const;

    for (const call of [() => mesh.list("EgressGrant"), () => mesh.get(ref)]) {
      server.faults.next({ path: /egressgrants/ }, missing);
      await expect(call()).rejects.toMatchObject(notServed);
    }
  });

  it.each([
    ["since 1.34", () => undefined],
    [
      "before",
      () =>
        server.faults.next(
          { method: "POST", path: /egressgrants/ },
          {
            status: 405,
            message: "create not allowed while custom resource definition is terminating",
          },
        ),
    ],
  ])(
    "tries again while the definition of a kind is being deleted, as told %s",
    async (_, plant) => {
      server.installCrds("sallyport.dev");
      const { status: _status, ...object } = aGrant("EG-60000");
      const placed = { ...object, metadata: { ...object.metadata, namespace: "default" } };
      server.store.put({
        ...placed,
        metadata: { ...placed.metadata, name: "eg-60001", finalizers: ["example.com/wait"] },
      });
      const definition = "customresourcedefinitions/egressgrants.sallyport.dev";
      await new Api(kubeConfig).send(`DELETE /apis/apiextensions.k8s.io/v1/${definition}`);
      plant();

      await expect(mesh.create(placed)).rejects.toMatchObject({ name: "RetryableError" });
    },
  );

  it("says that a namespace is being deleted", async () => {
    server.store.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "leaving", finalizers: ["example.com/wait"] },
    });
    server.store.delete("Namespace", undefined, "leaving");

    const object = { ...map("m"), metadata: { name: "m", namespace: "leaving" } };
    await expect(mesh.create(object)).rejects.toMatchObject({
      name: "FatalError",
      code: "NamespaceTerminating",
    });
  });

  it("gives a call up as soon as its signal says so, in the request itself", async () => {
    const stop = new AbortController();
    const bound = mesh.until(stop.signal);
    const held = server.faults.next({}, { hold: true });
    const call = bound.list("Pod");
    stop.abort();

    await expect(call).rejects.toMatchObject({
      name: "RetryableError",
      cause: { name: "AbortError" },
    });
    held.release();
    await expect(bound.list("Pod")).rejects.toMatchObject({ name: "RetryableError" });
    expect(await mesh.list("Pod")).toEqual([]);
  });

  it("goes by the API server's clock, however far it is from ours", async () => {
    expect(mesh.serverTime()).toBeUndefined();
    server.faults.next({}, { headers: { date: "Thu, 01 Jan 2032 00:00:00 GMT" } });
    await mesh.list("Pod");
    const then = Date.UTC(2032, 0, 1);

    expect(mesh.serverTime()).toBeGreaterThanOrEqual(then);
    expect(mesh.serverTime()).toBeLessThan(then + 20_000);
  });

  it.each([
    [429, { "retry-after": "3" }, { name: "RetryableError", retryAfterMs: 3_000 }],
    [503, {}, { name: "RetryableError" }],
    [409, {}, { name: "RetryableError" }],
    [401, {}, { name: "FatalError", code: "Forbidden" }],
    [403, {}, { name: "FatalError", code: "Forbidden" }],
  ])(
    "maps HTTP %i to the taxonomy, with the server's sentence as cause",
    async (status, headers, expected) => {
      server.faults.next(
        { method: "PATCH" },
        { status, headers, message: "the server's sentence" },
      );

      await expect(mesh.apply(map("m"))).rejects.toMatchObject({
        ...expected,
        cause: { message: "the server's sentence" },
      });
    },
  );

  it("calls a cut connection and a time-out retryable", async () => {
    server.faults.next({}, { dropBefore: true });
    await expect(mesh.list("Pod")).rejects.toMatchObject({ name: "RetryableError" });
    const held = server.faults.next({}, { hold: true });
    await expect(mesh.list("Pod")).rejects.toMatchObject({ name: "RetryableError" });
    held.release();
  });

  it("applies again what was carried out but never answered", async () => {
    server.faults.next({ method: "PATCH" }, { dropAfter: true });
    await expect(mesh.apply(map("m"))).rejects.toMatchObject({ name: "RetryableError" });
    const before = server.store.get("ConfigMap", "default", "m");

    const after = await mesh.apply(map("m"));
    expect(after.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
  });

  it("says no where the API server says no", async () => {
    server.denied.push({ verb: "delete", resource: "pods" });
    expect(await mesh.may("delete", "Pod", { namespace: "default" })).toBe(false);
  });

  describe("a log of 100 000 lines over a slow link", () => {
    const where = { namespace: "default", pod: "p", container: "c" };
    beforeEach(() => {
      server.store.put({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "p", namespace: "default" },
        spec: { containers: [{ name: "c" }] },
      });
      const at = new Date("2026-01-02T00:00:00Z");
      const lines = Array.from({ length: 100_000 }, (_, n) => ({ at, text: `line ${n} of a log` }));
      server.setLogSource(() => lines);
      // The whole takes four seconds, and a call has one.
      server.slowLogs(500_000);
    });

    it("is read up to the line that is looked for, and no further", async () => {
      expect(await mesh.podLog(where, { take: twoLines })).toEqual({
        lines: ["line 1000 of a log", "line 2000 of a log"],
        isWhole: true,
      });
      expect(server.bytes()).toBeLessThan(500_000);
    });

    it("is read to its end, however long a call may take", async () => {
      const { lines, isWhole } = await mesh.podLog(where);

      expect(isWhole).toBe(true);
      expect(lines).toHaveLength(100_000);
    }, 30_000);

    it("is said not to be whole where time runs out before", async () => {
      const { lines, isWhole } = await mesh.podLog(where, { longestMs: 1200 });

      expect(isWhole).toBe(false);
      expect(lines.slice(0, 2)).toEqual(["line 0 of a log", "line 1 of a log"]);
      expect(lines.length).toBeLessThan(100_000);
    });

    it("is no log at all where the connection is lost in its middle", async () => {
      const reading = mesh.podLog(where, {
        take(line) {
          if (line.startsWith("line 1000 ")) server.dropConnections();
          return "yes";
        },
      });

      await expect(reading).rejects.toMatchObject({ name: "RetryableError" });
    });
  });

  it("reads a log since a time, and an object's events oldest first", async () => {
    // A long log takes its time on a busy machine.
    const patient = connectMesh({ source: "kubeconfig", path: join(folder, "kubeconfig") }, 20_000);
    const pod = server.store.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default" },
      spec: { containers: [{ name: "c" }] },
    });
    server.setLogSource(() => [
      { at: new Date("2026-01-01T00:00:00Z"), text: "old" },
      { at: new Date("2026-01-02T00:00:00Z"), text: "new" },
    ]);
    recordEvent(server.store, pod, { type: "Warning", reason: "Failed", message: "no image" });
    const where = { namespace: "default", pod: "p", container: "c" };

    const since = new Date("2026-01-01T12:00:00Z");
    expect((await patient.podLog(where)).lines).toEqual(["old", "new"]);
    expect((await patient.podLog(where, { since })).lines).toEqual(["new"]);
    // Of a busy gateway: what a probe just did is among the newest.
    server.setLogSource(() =>
      Array.from({ length: 150_000 }, (_, n) => ({
        at: new Date("2026-01-02T00:00:00Z"),
        text: `line ${n} ${"x".repeat(60)}`,
      })),
    );
    const newest = await patient.podLog(where, { since });
    expect(newest.isWhole).toBe(true);
    expect(newest.lines).toHaveLength(100_000);
    expect(newest.lines.at(-1)).toMatch(/^line 149999 /);
    expect((await patient.podLog(where, { newest: 2 })).lines).toEqual([
      expect.stringMatching(/^line 149998 /),
      expect.stringMatching(/^line 149999 /),
    ]);
    expect(await patient.events({ kind: "Pod", namespace: "default", name: "p" })).toMatchObject([
      { type: "Warning", reason: "Failed", message: "no image" },
    ]);
  });
});
