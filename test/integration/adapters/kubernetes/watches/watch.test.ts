import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { WatchEvent } from "#src/ports/cluster/watch.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";

let server: ApiServer;
let mesh: Mesh;
let folder: string;
let stop: AbortController;
beforeEach(async () => {
  server = await startApiServer();
  folder = await mkdtemp(join(tmpdir(), "sallyport-watch-"));
  const path = join(folder, "kubeconfig");
  await writeFile(path, server.kubeconfig());
  mesh = connectMesh({ source: "kubeconfig", path }, 30_000);
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await server.close();
  await rm(folder, { recursive: true });
});

function map(name: string, namespace = "default", value = "1"): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    data: { value },
  };
}

/** The next so many events after the version. */
async function told(resourceVersion: string, count: number): Promise<readonly WatchEvent[]> {
  const events: WatchEvent[] = [];
  const from = { namespace: "default", resourceVersion, signal: stop.signal };
  for await (const event of mesh.watch("ConfigMap", from)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

function summary(event: WatchEvent): string {
  return "object" in event ? `${event.type} ${event.object.metadata.name}` : event.type;
}

describe("a watch", () => {
  it("tells what happened since the list, in order, and goes on telling", async () => {
    server.store.put(map("before"));
    const { objects, resourceVersion } = await mesh.listVersioned("ConfigMap", {
      namespace: "default",
    });
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(["before"]);
    server.store.put(map("a"));
    server.store.put(map("a", "default", "2"));

    const events = told(resourceVersion, 4);
    server.store.put(map("b"));
    server.store.put(map("elsewhere", "kube-system"));
    server.store.delete("ConfigMap", "default", "before");

    expect((await events).map(summary)).toEqual([
      "added a",
      "modified a",
      "added b",
      "deleted before",
    ]);
    expect((await events)[1]).toMatchObject({
      object: { apiVersion: "v1", kind: "ConfigMap", data: { value: "2" } },
    });
  });

  it("asks for bookmarks, by which a quiet watch is known to be alive", async () => {
    const { resourceVersion } = await mesh.listVersioned("ConfigMap");
    server.store.put(map("a"));
    await told(resourceVersion, 1);

    const asked = server.log.find(({ query }) => query.get("watch") === "true");
    expect(asked?.query.get("allowWatchBookmarks")).toBe("true");
  });

  it("takes a version that is forgotten for what it is, in the stream or as an answer", async () => {
    server.store.put(map("a"));
    const old = String(server.store.revision);
    server.store.put(map("b"));
    server.store.compact();
    expect(await told(old, 2)).toEqual([{ type: "expired" }]);

    server.faults.next({ method: "GET" }, { status: 410, reason: "Expired" });
    expect(await told(old, 2)).toEqual([{ type: "expired" }]);
  });

  it.each([
    [429, { "retry-after": "7" }, { name: "RetryableError", retryAfterMs: 7_000 }],
    [503, {}, { name: "RetryableError" }],
    [403, {}, { name: "FatalError", code: "Forbidden" }],
    [404, {}, { name: "FatalError", code: "KindNotServed" }],
  ])("throws what a call throws for HTTP %i", async (status, headers, expected) => {
    server.faults.next({ method: "GET" }, { status, headers });

    await expect(told("1000", 1)).rejects.toMatchObject(expected);
  });

  it("throws where the connection is lost", async () => {
    const { resourceVersion } = await mesh.listVersioned("ConfigMap");
    server.store.put(map("a"));
    const lost = told(resourceVersion, 9);
    await told(resourceVersion, 1);
    await Promise.all([
      expect(lost).rejects.toMatchObject({ name: "RetryableError" }),
      server.close(),
    ]);
  });

  it("throws as soon as it is told to stop", async () => {
    const { resourceVersion } = await mesh.listVersioned("ConfigMap");
    server.store.put(map("a"));
    const stopped = told(resourceVersion, 9);
    await told(resourceVersion, 1);
    stop.abort();

    await expect(stopped).rejects.toMatchObject({
      name: "RetryableError",
      cause: { name: "AbortError" },
    });
  });

  it("never takes a list of a kind that is not served for an empty one", async () => {
    await expect(mesh.listVersioned("StaticGatewayConfiguration")).rejects.toMatchObject({
      name: "FatalError",
      code: "KindNotServed",
    });
  });
});
