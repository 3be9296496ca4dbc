import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { aServiceEntry, plantNamespace } from "./kubernetes-support.ts";

const ENTRIES = {
  group: "networking.istio.io",
  version: "v1",
  namespace: "team-x",
  plural: "serviceentries",
};

let server: ApiServer;
let core: CoreV1Api;
let custom: CustomObjectsApi;
beforeEach(async () => {
  server = await startApiServer();
  plantNamespace(server, "team-x");
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig());
  core = config.makeApiClient(CoreV1Api);
  custom = config.makeApiClient(CustomObjectsApi);
});
afterEach(() => server.close());

function applyEntry(
  spec: object,
  options: { fieldManager?: string; force?: boolean; dryRun?: string } = {},
): Promise<unknown> {
  return custom.patchNamespacedCustomObject(
    {
      ...ENTRIES,
      name: "cnn",
      body: aServiceEntry(spec),
      fieldManager: "sallyport",
      fieldValidation: "Strict",
      ...options,
    },
    setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
  );
}

/** The Status the API server refused with, as the client hands it on. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiException && typeof error.body === "string") {
      return JSON.parse(error.body);
    }
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("the Kubernetes client on the simulator", () => {
  it("applies a custom object, and applying it again is no write", async () => {
    await applyEntry({}, { dryRun: "All" });
    expect(server.store.get("ServiceEntry", "team-x", "cnn")).toBeUndefined();

    const first = await applyEntry({});
    const second = await applyEntry({});

    expect(first).toMatchObject({ metadata: { name: "cnn", generation: 1 } });
    expect(second).toEqual(first);
    expect(server.log).toHaveLength(3);
    expect(server.writes()).toEqual([server.log[1]]);
  });

  it("counts a write whose answer never came, and not the one that never arrived", async () => {
    const path = /serviceentries/u;
    server.faults.next({ method: "PATCH", path }, { dropBefore: true });
    await expect(applyEntry({})).rejects.toThrow();
    expect(server.writes()).toEqual([]);

    server.faults.next({ method: "PATCH", path }, { dropAfter: true });
    await expect(applyEntry({})).rejects.toThrow();

    expect(server.writes()).toMatchObject([{ method: "PATCH", status: 0 }]);
    expect(server.store.get("ServiceEntry", "team-x", "cnn")).toBeDefined();
  });

  it("is told whose field it was, unless it insists", async () => {
    await applyEntry({});

    const refusal = await refusalOf(applyEntry({ resolution: "NONE" }, { fieldManager: "team" }));

    expect(refusal).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: 'Apply failed with 1 conflict: conflict with "sallyport": .spec.resolution',
      details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.resolution" }] },
    });
    await expect(
      applyEntry({ resolution: "NONE" }, { fieldManager: "team", force: true }),
    ).resolves.toMatchObject({ spec: { resolution: "NONE" } });
  });

  it("is told of every manager, and with which version somebody updated", async () => {
    await custom.createNamespacedCustomObject({
      ...ENTRIES,
      body: aServiceEntry(),
      fieldManager: "kubectl",
    });

    const refusal = await refusalOf(
      applyEntry({ resolution: "NONE", hosts: ["other.example.com"] }),
    );

    expect(refusal).toMatchObject({
      message: [
        'Apply failed with 2 conflicts: conflicts with "kubectl" using networking.istio.io/v1:',
        "- .spec.hosts",
        "- .spec.resolution",
      ].join("\n"),
    });
  });

  it("is told which field of a new object is unknown, and which is invalid", async () => {
    const unknown = custom.createNamespacedCustomObject({
      ...ENTRIES,
      body: aServiceEntry({ colour: "red" }),
      fieldValidation: "Strict",
    });
    expect(await refusalOf(unknown)).toMatchObject({
      code: 400,
      message: 'strict decoding error: unknown field "spec.colour"',
    });

    expect(await refusalOf(applyEntry({ resolution: "MAYBE" }))).toMatchObject({
      code: 422,
      reason: "Invalid",
      details: { causes: [{ field: "spec.resolution" }] },
    });
    expect(server.writes()).toEqual([]);
  });

  it("reads every page, in order, and a pod's log", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) {
      server.store.put({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "team-x" },
      });
    }
    const names: (string | undefined)[] = [];
    let pages = 0;
    let next: string | undefined;
    do {
      const page = await core.listNamespacedConfigMap({
        namespace: "team-x",
        limit: 2,
        ...(next === undefined ? {} : { _continue: next }),
      });
      names.push(...page.items.map(({ metadata }) => metadata?.name));
      next = page.metadata?._continue;
      pages += 1;
    } while (next !== undefined && next !== "");
    expect([names, pages]).toEqual([["a", "b", "c", "d", "e"], 3]);

    server.store.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "team-x" },
      spec: { containers: [{ name: "main", image: "any" }] },
    });
    server.setLogSource((_, container) => [{ at: new Date(), text: `from ${container}` }]);
    expect(
      await core.readNamespacedPodLog({ namespace: "team-x", name: "p", container: "main" }),
    ).toBe("from main\n");
    const where = { namespace: "team-x", name: "p", container: "main" };
    expect(await core.readNamespacedPodLog({ ...where, limitBytes: 4 })).toBe("from");
    await expect(core.readNamespacedPodLog({ ...where, name: "q" })).rejects.toMatchObject({
      code: 404,
    });
  });

  it("hears Retry-After when it asks too much", async () => {
    server.faults.next({ path: /pods/u }, { status: 429, headers: { "retry-after": "3" } });

    await expect(core.listNamespacedPod({ namespace: "team-x" })).rejects.toMatchObject({
      code: 429,
      headers: { "retry-after": "3" },
    });
    expect((await core.listNamespacedPod({ namespace: "team-x" })).items).toEqual([]);
  });
});
