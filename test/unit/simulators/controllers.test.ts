import { describe, expect, it } from "@jest/globals";
import { createHandScheduler } from "./hand-scheduler.ts";
import type { HandScheduler } from "./hand-scheduler.ts";
import { createObjectsInMemory } from "./objects-in-memory.ts";
import type { ObjectsInMemory } from "./objects-in-memory.ts";
import { startIstioAddOn } from "#test/simulators/kubernetes/controllers/istio-add-on.ts";
import type { IstioAddOn } from "#test/simulators/kubernetes/controllers/istio-add-on.ts";
import { effectiveMeshConfig } from "#test/simulators/kubernetes/controllers/mesh-config.ts";
import { startStaticGatewayController } from "#test/simulators/kubernetes/controllers/static-gateway-controller.ts";
import type { StaticGatewayController } from "#test/simulators/kubernetes/controllers/static-gateway-controller.ts";

interface Rig {
  readonly objects: ObjectsInMemory;
  readonly scheduler: HandScheduler;
  readonly gateways: StaticGatewayController;
  readonly addOn: IstioAddOn;
  readonly installed: boolean[];
}

function aRig(): Rig {
  const objects = createObjectsInMemory();
  const scheduler = createHandScheduler();
  const installed: boolean[] = [];
  const gateways = startStaticGatewayController({ objects, scheduler, delayMs: 1 });
  const addOn = startIstioAddOn({
    objects,
    scheduler,
    delayMs: 1,
    installStaticEgress: (enabled) => installed.push(enabled),
    now: () => new Date("2026-11-23T06:00:00Z"),
  });
  objects.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "egress-a" } });
  return { objects, scheduler, gateways, addOn, installed };
}

function configure({ objects, scheduler }: Rig, name: string, pool = "gwpool"): void {
  objects.put({
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name, namespace: "egress-a" },
    spec: { gatewayNodepoolName: pool, provisionPublicIps: true },
  });
  scheduler.settle();
}

function prefixOf({ objects }: Rig, name: string): unknown {
  return objects.get({ kind: "StaticGatewayConfiguration", namespace: "egress-a", name })?.status?.[
    "egressIpPrefix"
  ];
}

function managedCluster(gateways: readonly object[], revisions = ["asm-1-29"]): object {
  return {
    properties: {
      networkProfile: { staticEgressGatewayProfile: { enabled: true } },
      serviceMeshProfile: {
        mode: "Istio",
        istio: { revisions, components: { egressGateways: gateways } },
      },
    },
  };
}

const GATEWAY = {
  name: "istio-out",
  namespace: "egress-a",
  enabled: true,
  gatewayConfigurationName: "one",
};

function phasesOf({ objects }: Rig): readonly unknown[] {
  return objects.list("Pod").map(({ status }) => status?.["phase"]);
}

describe("the StaticGatewayConfiguration controller", () => {
  it("gives each configuration a prefix of its own, of the pool's length, and says so in an Event", () => {
    const rig = aRig();
    rig.gateways.setGatewayPools([
      { name: "gwpool", prefixLength: 30 },
      { name: "small", prefixLength: 31 },
    ]);

    configure(rig, "one");
    configure(rig, "two", "small");
    configure(rig, "three");

    expect(["one", "two", "three"].map((name) => prefixOf(rig, name))).toEqual([
      "203.0.113.0/30",
      "203.0.113.4/31",
      "203.0.113.8/30",
    ]);
    expect(rig.objects.events[0]).toMatchObject({ type: "Normal", reason: "Reconciled" });
  });

  it("waits for its pool, with the reason in an Event only", () => {
    const rig = aRig();

    configure(rig, "one");
    expect(prefixOf(rig, "one")).toBeUndefined();
    expect(rig.objects.events[0]).toMatchObject({
      reason: "ReconcileError",
      message: "gateway agent pool not found",
    });

    rig.gateways.setGatewayPools([{ name: "GWPOOL", prefixLength: 31 }]);
    rig.scheduler.settle();
    expect(prefixOf(rig, "one")).toBe("203.0.113.0/31");
  });

  it("never gives a stuck configuration a prefix, and the others theirs", () => {
    const rig = aRig();
    rig.gateways.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
    rig.gateways.stick("egress-a/one", "PublicIPCountLimitReached");

    configure(rig, "one");
    configure(rig, "two");

    expect(prefixOf(rig, "one")).toBeUndefined();
    expect(prefixOf(rig, "two")).toBe("203.0.113.0/31");
    expect(rig.objects.events).toContainEqual(
      expect.objectContaining({
        type: "Warning",
        reason: "ReconcileError",
        message: "PublicIPCountLimitReached",
      }),
    );
  });

  it("reports a spec that names no pool", () => {
    const rig = aRig();
    configure(rig, "one", "");

    expect(rig.objects.events[0]).toMatchObject({ reason: "InvalidSpec" });
  });

  it("keeps a deleted configuration while its pool is gone, and lets it go while the pool is there", () => {
    const rig = aRig();
    const ref = { kind: "StaticGatewayConfiguration", namespace: "egress-a", name: "one" };
    rig.gateways.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
    configure(rig, "one");
    rig.gateways.setGatewayPools([]);

    rig.objects.delete(ref);
    rig.scheduler.settle();
    expect(rig.objects.get(ref)).toBeDefined();

    rig.gateways.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
    rig.scheduler.settle();
    expect(rig.objects.get(ref)).toBeUndefined();
  });
});

describe("the Istio add-on", () => {
  it("makes a gateway's Deployment, Service, ServiceAccount and two ready pods once its prefix is there", () => {
    const rig = aRig();
    rig.gateways.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
    configure(rig, "one");

    rig.addOn.applyManagedCluster(managedCluster([GATEWAY]));
    rig.scheduler.settle();

    const deployment = rig.objects.get({
      kind: "Deployment",
      namespace: "egress-a",
      name: "istio-out-asm-1-29",
    });
    expect(deployment?.metadata.labels).toMatchObject({ istio: "out", app: "istio-out" });
    expect(deployment?.status).toMatchObject({ readyReplicas: 2 });
    expect(deployment?.spec).toMatchObject({
      template: {
        metadata: { annotations: { "kubernetes.azure.com/static-gateway-configuration": "one" } },
        spec: { serviceAccountName: "istio-out" },
      },
    });
    const service = rig.objects.get({ kind: "Service", namespace: "egress-a", name: "istio-out" });
    expect(service?.spec).toMatchObject({ ports: [{ port: 15021 }, { port: 80 }, { port: 443 }] });
    expect(phasesOf(rig)).toEqual(["Running", "Running"]);
    expect(rig.installed).toEqual([true]);
  });

  it("leaves pods in ContainerCreating with an Event while the prefix, or the configuration, is missing", () => {
    const rig = aRig();
    rig.addOn.applyManagedCluster(managedCluster([GATEWAY]));
    rig.scheduler.settle();
    expect(phasesOf(rig)).toEqual(["Pending", "Pending"]);
    expect(rig.objects.events[0]?.message).toBe(
      "failed to retrieve StaticGatewayConfiguration egress-a/one",
    );

    configure(rig, "one");
    expect(phasesOf(rig)).toEqual(["Pending", "Pending"]);
    expect(rig.objects.events.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("the egress IP prefix is not ready yet"),
    );

    rig.gateways.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
    rig.scheduler.settle();
    expect(phasesOf(rig)).toEqual(["Running", "Running"]);
  });

  it("runs two revisions side by side behind one Service, and replaces a deleted pod", () => {
    const rig = aRig();
    rig.gateways.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
    configure(rig, "one");
    rig.addOn.applyManagedCluster(managedCluster([GATEWAY], ["asm-1-29", "asm-1-30"]));
    rig.scheduler.settle();
    expect(rig.objects.list("Deployment")).toHaveLength(2);
    expect(rig.objects.list("Service")).toHaveLength(1);

    const [pod] = rig.objects.list("Pod");
    rig.objects.delete({ kind: "Pod", namespace: "egress-a", name: pod?.metadata.name ?? "" });
    rig.scheduler.settle();
    expect(phasesOf(rig)).toEqual(["Running", "Running", "Running", "Running"]);

    rig.addOn.applyManagedCluster(managedCluster([GATEWAY], ["asm-1-30"]));
    rig.scheduler.settle();
    expect(rig.objects.list("Deployment").map(({ metadata }) => metadata.name)).toEqual([
      "istio-out-asm-1-30",
    ]);
  });

  it("has the newer revision's autoscaler as the stable one's is, whichever of them is changed when", () => {
    const rig = aRig();
    rig.gateways.setGatewayPools([{ name: "gwpool", prefixLength: 31 }]);
    configure(rig, "one");
    rig.addOn.applyManagedCluster(managedCluster([GATEWAY], ["asm-1-29"]));
    rig.scheduler.settle();
    function scale(revision: string, maxReplicas: number): void {
      const name = `istio-out-${revision}`;
      const found = rig.objects.get({
        kind: "HorizontalPodAutoscaler",
        namespace: "egress-a",
        name,
      });
      if (found === undefined) throw new Error(`no ${name}`);
      rig.objects.put({ ...found, spec: { ...found.spec, maxReplicas } });
      rig.scheduler.settle();
    }
    function scales(): readonly unknown[] {
      return rig.objects
        .list("HorizontalPodAutoscaler")
        .map(({ metadata, spec = {} }) => [
          metadata.name,
          (spec["scaleTargetRef"] as { readonly name: string }).name,
          spec["maxReplicas"],
        ]);
    }
    const [older, newer] = ["istio-out-asm-1-29", "istio-out-asm-1-30"];

    scale("asm-1-29", 7);
    rig.addOn.applyManagedCluster(managedCluster([GATEWAY], ["asm-1-29", "asm-1-30"]));
    rig.scheduler.settle();
    expect(scales()).toEqual([
      [older, older, 7],
      [newer, newer, 7],
    ]);

    scale("asm-1-30", 3);
    expect(scales()).toContainEqual([newer, newer, 7]);
    scale("asm-1-29", 9);
    expect(scales()).toContainEqual([newer, newer, 9]);

    rig.addOn.applyManagedCluster(managedCluster([GATEWAY], ["asm-1-30"]));
    rig.scheduler.settle();
    scale("asm-1-30", 4);
    expect(scales()).toEqual([[newer, newer, 4]]);
  });

  it("removes what it made, and nothing else, when a gateway is disabled", () => {
    const rig = aRig();
    rig.objects.put({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "theirs", namespace: "egress-a" },
    });
    rig.addOn.applyManagedCluster(managedCluster([GATEWAY]));
    rig.scheduler.settle();

    rig.addOn.applyManagedCluster(managedCluster([{ ...GATEWAY, enabled: undefined }]));
    rig.scheduler.settle();

    expect(rig.objects.list("Pod")).toEqual([]);
    expect(rig.objects.list("Deployment")).toEqual([]);
    expect(rig.objects.list("Service").map(({ metadata }) => metadata.name)).toEqual(["theirs"]);
  });

  it("reads the users' MeshConfig of a revision, under what the managed one sets", () => {
    const rig = aRig();
    rig.addOn.applyManagedCluster(managedCluster([]));
    rig.scheduler.settle();
    expect(effectiveMeshConfig(rig.objects, "asm-1-29").outboundTrafficPolicy).toBe("ALLOW_ANY");

    rig.objects.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio-shared-configmap-asm-1-29", namespace: "aks-istio-system" },
      data: {
        mesh: "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\ntrustDomain: theirs\naccessLogEncoding: JSON\n",
      },
    });

    expect(effectiveMeshConfig(rig.objects, "asm-1-29")).toMatchObject({
      outboundTrafficPolicy: "REGISTRY_ONLY",
      accessLogEncoding: "JSON",
      trustDomain: "cluster.local",
    });
  });
});
