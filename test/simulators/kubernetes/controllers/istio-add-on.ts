import type { ClusterObjects, StoredObject, StoredRef } from "./cluster-objects.ts";
import * as gatewayObjects from "./gateway-objects.ts";
import { COMPONENT_LABEL, GATEWAY_ANNOTATION } from "./gateway-objects.ts";
import type { GatewayRevision } from "./gateway-objects.ts";
import { quotaRefusal, unschedulable } from "./gateway-admission.ts";
import { readAddOnState } from "./managed-cluster.ts";
import type { AddOnState } from "./managed-cluster.ts";
import { ROOT_NAMESPACE, managedConfigMap } from "./mesh-config.ts";
import { coalesced } from "./scheduler.ts";
import type { Scheduler } from "./scheduler.ts";

export interface IstioAddOn {
  /** Makes the cluster what this managed cluster asks for; call it when an ARM operation has settled. */
  applyManagedCluster(raw: unknown): void;
  /** Installed revisions, oldest first. */
  revisions(): readonly string[];
  close(): void;
}

/** Kinds that decide about gateways and their pods. */
const WATCHED = [
  "StaticGatewayConfiguration",
  "Namespace",
  "ResourceQuota",
  "Node",
  "HorizontalPodAutoscaler",
];

/**
 * Plays the AKS Istio add-on's control plane for managed egress gateways, one reconcile over everything each time
 * something it depends on changes: https://learn.microsoft.com/azure/aks/istio-deploy-egress.
 * Gateway pods stay in ContainerCreating while their StaticGatewayConfiguration is missing or has no prefix.
 */
export function startIstioAddOn(options: {
  readonly objects: ClusterObjects;
  readonly scheduler: Scheduler;
  readonly delayMs: number;
  /** Called when static egress is enabled (true) or disabled (false): the CRD comes and goes with it. */
  readonly installStaticEgress: (enabled: boolean) => void;
  readonly now: () => Date;
}): IstioAddOn {
  const { objects, scheduler } = options;
  let state: AddOnState = { hasStaticEgress: false, revisions: [], egressGateways: [] };
  let nextAddress = 10;
  const reported = new Set<string>();
  /** Revisions whose control plane it has installed. */
  const installed = new Set<string>();
  const work = coalesced(scheduler, options.delayMs, reconcile);

  function reconcile(): void {
    for (const revision of state.revisions) ensure(managedConfigMap(revision));
    removeControlPlanes();
    const wanted = state.egressGateways
      .filter(({ namespace }) => objects.get({ kind: "Namespace", name: namespace }) !== undefined)
      .flatMap((gateway) =>
        state.revisions.map((revision): GatewayRevision => ({ gateway, revision })),
      );
    for (const of of wanted) ensureGateway(of);
    removeOthers(wanted);
  }

  /** The users' shared ConfigMap of a revision stays, as whoever made it wants it. */
  function removeControlPlanes(): void {
    for (const revision of installed) {
      const ref = refOf(managedConfigMap(revision));
      if (state.revisions.includes(revision) || objects.get(ref) === undefined) continue;
      objects.delete(ref);
    }
    for (const revision of state.revisions) installed.add(revision);
  }

  function ensureGateway(of: GatewayRevision): void {
    const { gateway } = of;
    ensure(gatewayObjects.serviceAccount(gateway));
    if (
      objects.get({ kind: "Service", namespace: gateway.namespace, name: gateway.name }) ===
      undefined
    ) {
      objects.put(gatewayObjects.service(gateway, `10.0.0.${nextAddress++}`));
    }
    ensureTemplate(of);
    ensureAutoscaler(of);
    const pods = gatewayObjects.pods(of);
    const refusal = pods.map(ensurePod).find((said) => said !== undefined);
    const ready = pods.filter(
      (pod) => objects.get(refOf(pod))?.status?.["phase"] === "Running",
    ).length;
    const ref = refOf(gatewayObjects.deployment(of));
    const status = gatewayObjects.deploymentStatus(ready, refusal);
    if (JSON.stringify(objects.get(ref)?.status) !== JSON.stringify(status)) {
      objects.putStatus(ref, status);
    }
  }

  /**
   * While two revisions are side by side, the newer one's has what the stable one's has, also where somebody changed it.
   * https://learn.microsoft.com/azure/aks/istio-upgrade
   */
  function ensureAutoscaler(of: GatewayRevision): void {
    const own = gatewayObjects.autoscaler(of);
    const [revision = of.revision] = state.revisions;
    const ref = refOf(gatewayObjects.autoscaler({ ...of, revision }));
    const stable = revision === of.revision ? undefined : objects.get(ref);
    const found = objects.get(refOf(own));
    if (stable === undefined) {
      if (found === undefined) objects.put(own);
      return;
    }
    const spec = { ...stable.spec, scaleTargetRef: own.spec?.["scaleTargetRef"] };
    if (JSON.stringify(found?.spec) === JSON.stringify(spec)) return;
    objects.put({ ...(found ?? own), spec });
  }

  /** Another gatewayConfigurationName is a new template: the pods are made anew. */
  function ensureTemplate(of: GatewayRevision): void {
    const wanted = gatewayObjects.deployment(of);
    const found = objects.get(refOf(wanted));
    if (found !== undefined && JSON.stringify(found.spec) === JSON.stringify(wanted.spec)) return;
    objects.put(found === undefined ? wanted : { ...found, spec: wanted.spec ?? {} });
    for (const pod of gatewayObjects.pods(of)) {
      if (objects.get(refOf(pod)) !== undefined) objects.delete(refOf(pod));
    }
  }

  /** Answers why the API server refuses it. */
  function ensurePod(wanted: StoredObject): string | undefined {
    const ref = refOf(wanted);
    const found = objects.get(ref);
    if (found?.metadata.deletionTimestamp !== undefined || found?.status?.["phase"] === "Running")
      return undefined;
    if (found === undefined) {
      const refusal = quotaRefusal(objects, wanted);
      if (refusal !== undefined) return refusal;
      objects.put({ ...wanted, status: gatewayObjects.creatingStatus() });
      reported.delete(JSON.stringify(ref));
    }
    start(wanted);
    return undefined;
  }

  function start(wanted: StoredObject): void {
    const ref = refOf(wanted);
    const nowhere = unschedulable(objects);
    if (nowhere !== undefined) {
      objects.putStatus(ref, gatewayObjects.unscheduledStatus(nowhere));
      return;
    }
    const problem = sandboxProblem(wanted);
    if (problem === undefined) {
      const status = gatewayObjects.runningStatus(
        `10.244.9.${nextAddress++}`,
        options.now().toISOString(),
      );
      objects.putStatus(ref, status);
      return;
    }
    const key = `${JSON.stringify(ref)} ${problem}`;
    if (reported.has(key)) return;
    reported.add(key);
    objects.event(ref, { type: "Warning", reason: "FailedCreatePodSandBox", message: problem });
  }

  function sandboxProblem({ metadata }: StoredObject): string | undefined {
    const name = metadata.annotations?.[GATEWAY_ANNOTATION] ?? "";
    const found = objects.get({
      kind: "StaticGatewayConfiguration",
      namespace: metadata.namespace,
      name,
    });
    if (found === undefined)
      return `failed to retrieve StaticGatewayConfiguration ${metadata.namespace}/${name}`;
    const prefix = found.status?.["egressIpPrefix"];
    return typeof prefix === "string" && prefix !== ""
      ? undefined
      : "failed to send nicAdd request: rpc error: code = FailedPrecondition desc = the egress IP prefix is not ready yet.";
  }

  function removeOthers(wanted: readonly GatewayRevision[]): void {
    const kept = new Set(
      wanted.flatMap((of) =>
        [
          gatewayObjects.deployment(of),
          gatewayObjects.autoscaler(of),
          gatewayObjects.serviceAccount(of.gateway),
          gatewayObjects.service(of.gateway, ""),
          ...gatewayObjects.pods(of),
        ].map((object) => JSON.stringify(refOf(object))),
      ),
    );
    for (const kind of [
      "Pod",
      "HorizontalPodAutoscaler",
      "Deployment",
      "Service",
      "ServiceAccount",
    ]) {
      for (const object of objects.list(kind)) {
        const isOurs = object.metadata.labels?.[COMPONENT_LABEL] === "egress-gateway";
        if (isOurs && !kept.has(JSON.stringify(refOf(object)))) objects.delete(refOf(object));
      }
    }
  }

  function ensure(object: StoredObject): void {
    if (objects.get(refOf(object)) === undefined) objects.put(object);
  }

  const stop = objects.onChange(({ type, object }) => {
    const isGone = type === "DELETED" && object.metadata.labels?.[COMPONENT_LABEL] !== undefined;
    if (isGone || WATCHED.includes(object.kind)) work.ask();
  });

  return {
    applyManagedCluster(raw) {
      const before = state.hasStaticEgress;
      state = readAddOnState(raw);
      if (before !== state.hasStaticEgress) options.installStaticEgress(state.hasStaticEgress);
      if (state.revisions.length > 0) {
        ensure({ apiVersion: "v1", kind: "Namespace", metadata: { name: ROOT_NAMESPACE } });
      }
      work.ask();
    },
    revisions: () => state.revisions,
    close() {
      stop();
      work.stop();
    },
  };
}

function refOf({ kind, metadata }: StoredObject): StoredRef {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}
