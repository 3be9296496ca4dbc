import type { ClusterObjects, StoredObject, StoredRef } from "../controllers/cluster-objects.ts";
import type { Scheduler } from "../controllers/scheduler.ts";
import type { ContainerLogs } from "./container-logs.ts";
import { injectSidecar } from "./inject-sidecar.ts";
import { RunnablePod, hasSidecar } from "./pod-schema.ts";
import { endedStatus, runningStatus, sidecarWaitingStatus, waitingStatus } from "./pod-status.ts";
import { runContainer } from "./run-container.ts";
import type { RunningContainer } from "./run-container.ts";

export interface Kubelet {
  /** Kills what still runs; resolves when all of it has ended. */
  close(): Promise<void>;
}

export interface KubeletOptions {
  readonly objects: ClusterObjects;
  readonly logs: ContainerLogs;
  readonly scheduler: Scheduler;
  /** Between a pod's creation and its start. */
  readonly delayMs: number;
  readonly endpoint: string;
  readonly revisions: () => readonly string[];
  /** Whether NetworkPolicies let a pod's sidecar get to the mesh's control plane. */
  readonly reachesControlPlane: (pod: RunnablePod, ip: string) => boolean;
  readonly now: () => Date;
}

/** A pod whose image ends so never starts. */
const MISSING_IMAGE = ":missing";

/**
 * Runs every pod that nothing owns, once: inject, start, run its command for real, report how it ended. Pods with an
 * owner (the gateways') are their controller's. Deleting a pod kills it.
 */
export function startKubelet(options: KubeletOptions): Kubelet {
  const { objects, logs, scheduler } = options;
  const running = new Map<string, readonly RunningContainer[]>();
  const pending = new Set<Promise<void>>();
  const seen = new Set<string>();
  /** Pods whose sidecar waits for the control plane. */
  const held = new Map<string, { readonly ref: StoredRef; readonly uid: string | undefined }>();
  let nextAddress = 1;

  function start(ref: StoredRef, uid: string | undefined): void {
    const found = objects.get(ref);
    if (found === undefined || found.metadata.uid !== uid || isOver(found)) return;
    const namespace = objects.get({ kind: "Namespace", name: ref.namespace ?? "" });
    const injected = injectSidecar(found, namespace, options.revisions());
    if (injected !== found) objects.put(injected);
    const pod = RunnablePod.parse(injected);
    const missing = pod.spec.containers.find(({ image }) => image.endsWith(MISSING_IMAGE));
    if (missing !== undefined) {
      const message = `Back-off pulling image "${missing.image}"`;
      objects.putStatus(ref, waitingStatus(pod, { reason: "ImagePullBackOff", message }));
      objects.event(ref, {
        type: "Warning",
        reason: "Failed",
        message: `Failed to pull image "${missing.image}"`,
      });
      return;
    }
    const work = run(ref, pod).finally(() => pending.delete(work));
    pending.add(work);
  }

  /** A native sidecar holds the pod's other containers until it is ready, which it is not without its control plane. */
  function isHeld(ref: StoredRef, pod: RunnablePod, ip: string): boolean {
    if (!hasSidecar(pod) || options.reachesControlPlane(pod, ip)) {
      held.delete(keyOf(ref));
      return false;
    }
    held.set(keyOf(ref), { ref, uid: pod.metadata.uid === "" ? undefined : pod.metadata.uid });
    objects.putStatus(
      ref,
      sidecarWaitingStatus(pod, { ip, startedAt: options.now().toISOString() }),
    );
    return true;
  }

  async function run(ref: StoredRef, pod: RunnablePod): Promise<void> {
    const ip = `10.244.${1 + Math.floor(nextAddress / 250)}.${1 + (nextAddress % 250)}`;
    nextAddress += 1;
    if (isHeld(ref, pod, ip)) return;
    const startedAt = options.now().toISOString();
    objects.putStatus(ref, runningStatus(pod, { ip, startedAt }));
    if (hasSidecar(pod)) logs.append(pod.metadata, "istio-proxy", ["Envoy proxy is ready"]);
    const containers = pod.spec.containers
      .filter(({ name }) => name !== "istio-proxy")
      .map((container) => ({
        name: container.name,
        process: runContainer(pod, container, {
          endpoint: options.endpoint,
          podIp: ip,
          onLine: (line) => logs.append(pod.metadata, container.name, [line]),
        }),
      }));
    running.set(
      keyOf(ref),
      containers.map(({ process }) => process),
    );
    let reason: string | undefined;
    const limit = pod.spec.activeDeadlineSeconds;
    const callOff =
      limit === undefined
        ? undefined
        : scheduler.after(limit * 1000, () => {
            reason = "DeadlineExceeded";
            for (const { process } of containers) process.kill();
          });
    const exitCodes = new Map<string, number>();
    for (const { name, process } of containers) exitCodes.set(name, await process.ended);
    callOff?.();
    running.delete(keyOf(ref));
    if (objects.get(ref)?.metadata.uid !== (pod.metadata.uid === "" ? undefined : pod.metadata.uid))
      return;
    const finishedAt = options.now().toISOString();
    objects.putStatus(ref, endedStatus(pod, { ip, startedAt, finishedAt, exitCodes, reason }));
  }

  function admit(object: StoredObject): void {
    const ref: StoredRef = {
      kind: "Pod",
      namespace: object.metadata.namespace,
      name: object.metadata.name,
    };
    scheduler.after(options.delayMs, () => start(ref, object.metadata.uid));
  }

  function kill(object: StoredObject): void {
    for (const process of running.get(keyOf({ ...object.metadata, kind: "Pod" })) ?? [])
      process.kill();
  }

  const stopHolding = objects.onChange(({ type, object }) => {
    if (object.kind === "NetworkPolicy") for (const { ref, uid } of held.values()) start(ref, uid);
    if (object.kind === "Pod" && type === "DELETED")
      held.delete(keyOf({ ...object.metadata, kind: "Pod" }));
  });

  const stop = objects.onChange(({ type, object }) => {
    if (object.kind !== "Pod") return;
    if (type === "DELETED") {
      logs.drop({ namespace: object.metadata.namespace ?? "", name: object.metadata.name });
    }
    if ((object.metadata.ownerReferences ?? []).length > 0) return;
    const key = object.metadata.uid ?? keyOf({ ...object.metadata, kind: "Pod" });
    if (type === "DELETED" || object.metadata.deletionTimestamp !== undefined) kill(object);
    if (type === "DELETED") {
      seen.delete(key);
    } else if (!seen.has(key)) {
      seen.add(key);
      admit(object);
    }
  });

  return {
    async close() {
      stop();
      stopHolding();
      for (const process of [...running.values()].flat()) process.kill();
      await Promise.all(pending);
    },
  };
}

function isOver({ metadata, status }: StoredObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined ||
    ["Succeeded", "Failed"].includes(String(status?.["phase"]))
  );
}

function keyOf({ namespace, name }: StoredRef): string {
  return `${namespace ?? ""}/${name}`;
}
