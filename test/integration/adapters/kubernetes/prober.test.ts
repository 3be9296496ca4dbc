import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import { createProber } from "#src/adapters/kubernetes/prober.ts";
import type { Prober } from "#src/ports/cluster/prober.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";

const POD = {
  cluster: "prod",
  namespace: "team-x",
  name: "probe",
  serviceAccount: "default",
  sidecar: true,
  attempts: ["reaches tls edition.cnn.com 443"],
  retrySeconds: 0,
};
const TOLERATION = { key: "dedicated", operator: "Exists", effect: "NoSchedule" };
const SMALL = {
  requests: { cpu: "5m", memory: "8Mi" },
  limits: { cpu: "50m", memory: "32Mi" },
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

function aProber(resources: typeof SMALL): Prober {
  const mesh = connectMesh({ source: "kubeconfig", path: join(folder, "kubeconfig") });
  const pod = { image: "curl", resources, tolerations: [TOLERATION] };
  return createProber({ meshOf: async () => mesh, pod, instance: "demo", settleMs: 0, startMs: 0 });
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

  it("that would be taken is not made by asking, also where one of that name is there", async () => {
    const prober = aProber(SMALL);

    expect(await prober.whyRefused(POD)).toBeUndefined();
    expect(server.store.list("Pod")).toEqual([]);
    const { name, namespace } = POD;
    server.store.put({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, spec: {} });
    expect(await prober.whyRefused(POD)).toBeUndefined();
  });

  it("goes to Linux nodes, with what is configured", async () => {
    const made = new Promise<unknown>((resolve) => {
      server.store.on(({ type, object }) => {
        if (type === "ADDED" && object.kind === "Pod") resolve(object.spec);
      });
    });
    await aProber(SMALL).run(POD);

    expect(await made).toMatchObject({
      nodeSelector: { "kubernetes.io/os": "linux" },
      tolerations: [TOLERATION],
      containers: [{ resources: SMALL }],
    });
  });
});
