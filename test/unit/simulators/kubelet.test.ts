import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import { EXTERNALS, provenObjects } from "./mesh-proven-world.ts";
import { createObjectsInMemory } from "./objects-in-memory.ts";
import type { ObjectsInMemory } from "./objects-in-memory.ts";
import { eventually } from "#test/support/eventually.ts";
import type { StoredObject } from "#test/simulators/kubernetes/controllers/cluster-objects.ts";
import { startMesh } from "#test/simulators/kubernetes/mesh/start-mesh.ts";
import type { Mesh } from "#test/simulators/kubernetes/mesh/start-mesh.ts";

interface Rig {
  readonly objects: ObjectsInMemory;
  readonly mesh: Mesh;
}

const open: Mesh[] = [];

afterEach(async () => {
  for (const mesh of open.splice(0)) await mesh.close();
});

/** The proven objects on a cluster with revision asm-1-29, REGISTRY_ONLY, and team-a in the mesh. */
async function aRig(): Promise<Rig> {
  const objects = createObjectsInMemory();
  const mesh = await startMesh({
    objects,
    externals: EXTERNALS,
    delays: { podStart: 1, addOn: 1 },
  });
  open.push(mesh);
  mesh.applyManagedCluster({
    properties: { serviceMeshProfile: { mode: "Istio", istio: { revisions: ["asm-1-29"] } } },
  });
  for (const object of provenObjects()) {
    // Pods with an owner are not the kubelet's: the gateway's are taken as they are.
    const ownerReferences = object.kind === "Pod" ? [{ kind: "ReplicaSet", name: "egw" }] : [];
    objects.put({ apiVersion: "v1", ...object, metadata: { ...object.metadata, ownerReferences } });
  }
  objects.put({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio-shared-configmap-asm-1-29", namespace: "aks-istio-system" },
    data: { mesh: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}" },
  });
  objects.put({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "team-a", labels: { "istio.io/rev": "asm-1-29" } },
  });
  return { objects, mesh };
}

function pod(
  name: string,
  script: string,
  changes: { labels?: Record<string, string>; image?: string; deadline?: number } = {},
): StoredObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "team-a", labels: changes.labels ?? {} },
    spec: {
      serviceAccountName: "orders",
      ...(changes.deadline === undefined ? {} : { activeDeadlineSeconds: changes.deadline }),
      containers: [
        {
          name: "probe",
          image: changes.image ?? "curl:1",
          command: ["sh", "-c"],
          args: [script],
          env: [
            { name: "TARGET", value: "edition.cnn.com" },
            { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          ],
        },
      ],
    },
  };
}

async function ended({ objects }: Rig, name: string): Promise<StoredObject> {
  for (;;) {
    const found = objects.get({ kind: "Pod", namespace: "team-a", name });
    if (found === undefined) throw new Error(`pod ${name} is gone`);
    if (["Succeeded", "Failed"].includes(String(found.status?.["phase"]))) return found;
    await sleep(5);
  }
}

async function run(
  rig: Rig,
  script: string,
  changes: Parameters<typeof pod>[2] = {},
): Promise<readonly string[]> {
  rig.objects.put(pod("probe", script, changes));
  await ended(rig, "probe");
  return rig.mesh.logOf({ namespace: "team-a", name: "probe" }, "probe").map(({ text }) => text);
}

describe("the kubelet", () => {
  it("injects a sidecar, runs the command for real, and shows a granted request in all three logs", async () => {
    const rig = await aRig();

    const log = await run(
      rig,
      `curl -sS -o /dev/null -w '%{exitcode} %{http_code} %{remote_port}\\n' --max-time 5 https://$TARGET; echo $POD in $(ls | wc -l)`,
    );

    expect(log).toEqual(["0 200 443", "probe in 0"]);
    const found = await ended(rig, "probe");
    expect(found.spec).toMatchObject({
      initContainers: [{ name: "istio-init" }, { name: "istio-proxy", restartPolicy: "Always" }],
    });
    expect(found.status).toMatchObject({
      phase: "Succeeded",
      containerStatuses: [{ state: { terminated: { exitCode: 0, reason: "Completed" } } }],
    });
    const sidecar = rig.mesh
      .logOf({ namespace: "team-a", name: "probe" }, "istio-proxy")
      .at(-1)?.text;
    expect(sidecar).toContain("edition.cnn.com -");
    const gateway = ["a", "b"].flatMap((suffix) =>
      rig.mesh.logOf({ namespace: "egress-gw", name: `egw-asm-1-29-${suffix}` }, "istio-proxy"),
    );
    expect(gateway).toHaveLength(1);
    expect(gateway[0]?.text).toContain(String(sidecar?.split(" ").at(-5)));
  });

  it("passes curl's exit code, stderr and modelled time on, without waiting for it", async () => {
    const rig = await aRig();
    const log = await run(
      rig,
      `curl -sSk -o /dev/null -w '%{exitcode} %{time_total}\\n' -m 60 --resolve never.example:443:192.0.2.1 https://never.example; exit $?`,
      { labels: { "sidecar.istio.io/inject": "false" } },
    );

    expect(log).toContain("28 60.000000");
    expect(log.find((line) => line.startsWith("curl: (28)"))).toContain("Timeout was reached");
    expect((await ended(rig, "probe")).status).toMatchObject({
      phase: "Failed",
      containerStatuses: [{ state: { terminated: { exitCode: 28, reason: "Error" } } }],
    });
  });

  it("prints bodies, heads and JSON as curl does, keeps a path as typed, and reads telnet", async () => {
    const rig = await aRig();

    const log = await run(
      rig,
      [
        "curl -s http://edition.cnn.com/",
        "curl -sI http://edition.cnn.com/ | head -1",
        "curl -s -o /dev/null -w '%{http_code}\\n' http://api.example.com/v1/..%2fadmin",
        "curl -s0 -o /dev/null -w '%{http_code}\\n' http://edition.cnn.com/",
        "curl -s -w '%{json}' -o /dev/null http://api.example.com/v1/a | grep -c '\"http_code\":\"200\"'",
        "echo hello | curl -s -m 3 telnet://pg.example.com:5432",
        "curl --no-such-option http://x || echo usage $?",
      ].join("; "),
    );

    expect(log.map((line) => line.trim())).toEqual(
      expect.arrayContaining([
        "edition.cnn.com answers on port 80",
        "HTTP/1.1 200",
        "404",
        "426",
        "1",
        "pg.example.com answers on port 5432",
        "usage 2",
      ]),
    );
  });

  it("lets a pod without sidecar out directly, and drops what it sends under a NetworkPolicy", async () => {
    const rig = await aRig();
    const script = "curl -s -o /dev/null -w '%{exitcode}\\n' -m 5 https://edition.cnn.com";
    const bare = { labels: { "sidecar.istio.io/inject": "false" } };
    expect(await run(rig, script, bare)).toEqual(["0"]);
    rig.objects.delete({ kind: "Pod", namespace: "team-a", name: "probe" });

    rig.objects.put({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "deny", namespace: "team-a" },
      spec: { podSelector: {}, policyTypes: ["Egress"] },
    });

    expect(await run(rig, script, bare)).toEqual(["28"]);
  });

  it.each([
    ["DNS", [{ ports: [{ port: 15_012 }] }]],
    ["istiod", [{ ports: [{ port: 53, protocol: "UDP" }] }]],
  ])(
    "holds a pod whose sidecar is cut off from %s, until it is not any more",
    async (_what, egress) => {
      const rig = await aRig();
      const ref = { kind: "NetworkPolicy", namespace: "team-a", name: "closed" };
      rig.objects.put({
        apiVersion: "networking.k8s.io/v1",
        kind: ref.kind,
        metadata: { name: ref.name, namespace: ref.namespace },
        spec: { podSelector: {}, policyTypes: ["Egress"], egress },
      });
      rig.objects.put(pod("probe", "echo ran"));
      rig.objects.put(pod("bare", "echo ran", { labels: { "sidecar.istio.io/inject": "false" } }));

      // Without a sidecar it needs neither.
      await ended(rig, "bare");
      await sleep(30);
      expect(
        rig.objects.get({ kind: "Pod", namespace: "team-a", name: "probe" })?.status,
      ).toMatchObject({
        phase: "Pending",
        initContainerStatuses: [{ name: "istio-proxy", started: false }],
        containerStatuses: [{ state: { waiting: { reason: "PodInitializing" } } }],
      });

      rig.objects.delete(ref);
      expect((await ended(rig, "probe")).status?.["phase"]).toBe("Succeeded");
    },
  );

  it("never starts a pod whose image is missing", async () => {
    const rig = await aRig();
    rig.objects.put(pod("probe", "true", { image: "curl:missing" }));

    await eventually(() =>
      expect(
        rig.objects.get({ kind: "Pod", namespace: "team-a", name: "probe" })?.status,
      ).toMatchObject({
        phase: "Pending",
        containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }],
      }),
    );
  });

  it("kills what a deleted pod runs, and forgets its logs", async () => {
    const rig = await aRig();
    rig.objects.put(pod("probe", "echo $$; sleep 60 & wait"));
    function logOf(): readonly string[] {
      return rig.mesh
        .logOf({ namespace: "team-a", name: "probe" }, "probe")
        .map(({ text }) => text);
    }
    while (logOf().length === 0) await sleep(5);
    const pid = Number(logOf()[0]);

    rig.objects.delete({ kind: "Pod", namespace: "team-a", name: "probe" });
    while (isAlive(pid)) await sleep(5);

    expect(logOf()).toEqual([]);
  });

  it("fails a pod that outlives its deadline", async () => {
    const rig = await aRig();
    rig.objects.put(pod("probe", "sleep 60", { deadline: 0.05 }));

    expect((await ended(rig, "probe")).status).toMatchObject({
      phase: "Failed",
      reason: "DeadlineExceeded",
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
