import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import { createProber } from "#src/adapters/kubernetes/prober.ts";
import { ownLabels } from "#src/domain/kubernetes-object.ts";
import type { Prober } from "#src/ports/cluster/prober.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";

const POD = {
  cluster: "prod",
  namespace: "team-x",
  of: "0a1b2c",
  part: "granted",
  serviceAccount: "default",
  sidecar: true,
  attempts: ["reaches tls edition.cnn.com 443"],
  retrySeconds: 0,
} as const;
const TOLERATION = { key: "dedicated", operator: "Exists", effect: "NoSchedule" };
const SMALL = {
  requests: { cpu: "5m", memory: "8Mi" },
  limits: { cpu: "50m", memory: "32Mi" },
};

const ENDED = {
  containerStatuses: [{ name: "probe", restartCount: 0, state: { terminated: { exitCode: 0 } } }],
};

let server: ApiServer;
let folder: string;
beforeEach(async () => {
  server = await startApiServer();
  folder = await mkdtemp(join(tmpdir(), "sallyport-prober-"));
  await writeFile(join(folder, "kubeconfig"), server.kubeconfig());
  server.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team-x" } });
  server.store.put({
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "small", namespace: "team-x" },
    spec: { limits: [{ type: "Container", max: { cpu: "50m" } }] },
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function aProber(resources: typeof SMALL, startMs = 0): Prober {
  const mesh = connectMesh({ source: "kubeconfig", path: join(folder, "kubeconfig") });
  const pod = { image: "curl", resources, tolerations: [TOLERATION] };
  return createProber({
    meshOf: async () => mesh,
    pod,
    instance: "demo",
    settleMs: 0,
    startMs,
    pollMs: 10,
  });
}

const LARGE = { ...SMALL, limits: { cpu: "100m", memory: "64Mi" } };
const TOO_MUCH = /maximum cpu usage per Container is 50m, but limit is 100m/;

describe("a probe pod", () => {
  it("that a limit range forbids is refused before it is made, in the API server's words", async () => {
    expect(await aProber(LARGE).whyRefused(POD)).toMatch(TOO_MUCH);
    expect(await aProber(LARGE).run(POD)).toMatchObject({
      kind: "could-not-run",
      why: expect.stringMatching(TOO_MUCH),
    });
  });

  it("that would be taken is not made by asking", async () => {
    expect(await aProber(SMALL).whyRefused(POD)).toBeUndefined();
    expect(server.store.list("Pod")).toEqual([]);
  });

  it("that never started says so of its sidecar", async () => {
    const stop = server.store.on(({ type, object }) => {
      if (type !== "ADDED" || object.kind !== "Pod") return;
      server.store.patchStatus("Pod", object.metadata.namespace, object.metadata.name, {
        initContainerStatuses: [{ name: "istio-proxy", ready: false, started: false }],
        containerStatuses: [{ name: "probe", state: { waiting: { reason: "PodInitializing" } } }],
      });
    });
    const found = await aProber(SMALL, 1000).run({ ...POD, attempts: [] });
    stop();

    expect(found).toEqual({
      kind: "could-not-run",
      why: expect.stringContaining("the probe pod's sidecar was not ready in time"),
    });
  }, 20_000);

  it("goes to Linux nodes, with what is configured", async () => {
    const made = new Promise<unknown>((resolve) => {
      server.store.on(({ type, object }) => {
        if (type === "ADDED" && object.kind === "Pod") resolve(object.spec);
      });
    });
    ending();
    await patiently().run(POD);

    expect(await made).toMatchObject({
      nodeSelector: { "kubernetes.io/os": "linux" },
      tolerations: [TOLERATION],
      containers: [{ resources: SMALL }],
    });
  });
});

const PARTS = ["granted", "other", "bypass", "removed"] as const;

/** Pods of every part a process made and never deleted, of this grant and of another. */
function leftOver(): readonly string[] {
  const names = ["0a1b2c", "999999"].flatMap((of) =>
    PARTS.map((part) => `sallyport-probe-${of}aaaaaaaaaaaa-${part}`),
  );
  const labels = { ...ownLabels("demo"), "sallyport.dev/probe": "true" };
  for (const name of names)
    server.store.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "team-x", labels },
      spec: { containers: [] },
    });
  return names;
}

describe("what a process left that ended in the middle of a probe", () => {
  it.each(PARTS)("goes before the probe of its part: %s", async (part) => {
    const names = leftOver();
    ending();
    await patiently().run({ ...POD, part });

    const goes = names.filter(
      (name) => name.includes("0a1b2c") && (part === "removed" || name.endsWith(part)),
    );
    expect(server.store.list("Pod").map(({ metadata }) => metadata.name)).toEqual(
      names.filter((name) => !goes.includes(name)).toSorted(),
    );
  });
});

/** What a team member does to the probe's pod while it runs; then the pod that is there ends. */
const HANDS: Readonly<Record<string, (pod: Stored) => Stored | undefined>> = {
  "deletes it": () => undefined,
  "makes another one under its name": ({ metadata: { uid: _, ...metadata }, ...pod }) => ({
    ...pod,
    metadata,
  }),
  "changes its image": (pod) => withContainers(pod, { image: "mine" }),
  "puts a container into it": ({ spec, ...pod }) => ({
    ...pod,
    spec: { ...spec, ephemeralContainers: [{ name: "debug", image: "mine" }] },
  }),
};

type Stored = ReturnType<ApiServer["store"]["list"]>[number];

function withContainers({ spec, ...pod }: Stored, change: object): Stored {
  const containers = spec?.["containers"] as readonly object[];
  return {
    ...pod,
    spec: { ...spec, containers: containers.map((each) => ({ ...each, ...change })) },
  };
}

/** Has the next pod end, after `change`; the names of all pods that were made. */
function ending(change: (pod: Stored) => Stored | undefined = (pod) => pod): string[] {
  const names: string[] = [];
  server.store.on(({ type, object }) => {
    if (type !== "ADDED" || object.kind !== "Pod" || names.includes(object.metadata.name)) return;
    names.push(object.metadata.name);
    const { namespace, name, uid } = object.metadata;
    const changed = change(object);
    if (changed?.metadata.uid !== uid) server.store.delete("Pod", namespace, name);
    if (changed !== undefined) server.store.put({ ...changed, status: ENDED });
  });
  return names;
}

function patiently(): Prober {
  return aProber(SMALL, 60_000);
}

describe("what a probe says", () => {
  it("counts where the pod was the very one that was made, which is then gone", async () => {
    ending();

    expect(await patiently().run(POD)).toMatchObject({ kind: "ran" });
    expect(server.store.list("Pod")).toEqual([]);
  });

  it.each(Object.entries(HANDS))("counts for nothing where somebody %s", async (_what, hand) => {
    ending(hand);

    expect(await patiently().run(POD)).toEqual({
      kind: "could-not-run",
      why: expect.stringMatching(/somebody|another pod/),
    });
  });

  it("is asked for once more where somebody deleted the pod, as another process does that proves the same", async () => {
    const names = ending((pod) => (names.length === 1 ? undefined : pod));

    expect(await patiently().run(POD)).toMatchObject({ kind: "ran" });
    expect(new Set(names).size).toBe(2);
    expect(server.store.list("Pod")).toEqual([]);
  });

  it("comes from a pod whose name nobody knows beforehand", async () => {
    const names = ending();
    await patiently().run(POD);
    await patiently().run(POD);

    expect(new Set(names).size).toBe(2);
  });
});
