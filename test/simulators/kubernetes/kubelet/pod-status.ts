import { hasSidecar } from "./pod-schema.ts";
import type { RunnablePod } from "./pod-schema.ts";

type Status = Readonly<Record<string, unknown>>;

/*
 * Pod statuses as a kubelet writes them: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
 */

export function waitingStatus(
  pod: RunnablePod,
  waiting: { readonly reason: string; readonly message: string },
): Status {
  return {
    phase: "Pending",
    conditions: conditions("False"),
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      ready: false,
      restartCount: 0,
      state: { waiting },
    })),
  };
}

/** Its native sidecar runs and is not ready: the other containers are not started. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ */
export function sidecarWaitingStatus(
  pod: RunnablePod,
  at: { readonly ip: string; readonly startedAt: string },
): Status {
  const message = "containers with incomplete status: [istio-proxy]";
  return {
    ...waitingStatus(pod, { reason: "PodInitializing", message: "" }),
    podIP: at.ip,
    podIPs: [{ ip: at.ip }],
    startTime: at.startedAt,
    conditions: conditions("False").map((condition) =>
      "type" in condition && condition.type === "Initialized"
        ? { ...condition, status: "False", reason: "ContainersNotInitialized", message }
        : condition,
    ),
    initContainerStatuses: [
      {
        name: "istio-proxy",
        ready: false,
        started: false,
        restartCount: 0,
        state: { running: { startedAt: at.startedAt } },
      },
    ],
  };
}

export function runningStatus(
  pod: RunnablePod,
  at: { readonly ip: string; readonly startedAt: string },
): Status {
  return {
    phase: "Running",
    podIP: at.ip,
    podIPs: [{ ip: at.ip }],
    startTime: at.startedAt,
    conditions: conditions("True"),
    ...sidecarStatus(pod, { running: { startedAt: at.startedAt } }),
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: at.startedAt } },
    })),
  };
}

export interface Ended {
  readonly ip: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCodes: ReadonlyMap<string, number>;
  /** `DeadlineExceeded` where the pod was stopped for its activeDeadlineSeconds. */
  readonly reason?: string | undefined;
}

/** Succeeded when every container ended with 0. The native sidecar ends after them. */
export function endedStatus(pod: RunnablePod, ended: Ended): Status {
  const { ip, startedAt, finishedAt, exitCodes, reason } = ended;
  const hasFailed = reason !== undefined || [...exitCodes.values()].some((code) => code !== 0);
  return {
    phase: hasFailed ? "Failed" : "Succeeded",
    ...(reason === undefined ? {} : { reason }),
    podIP: ip,
    podIPs: [{ ip }],
    startTime: startedAt,
    conditions: conditions("False", "PodCompleted"),
    ...sidecarStatus(pod, {
      terminated: { exitCode: 0, reason: "Completed", startedAt, finishedAt },
    }),
    containerStatuses: pod.spec.containers.map(({ name, image }) => {
      const exitCode = exitCodes.get(name) ?? 0;
      return {
        name,
        image,
        ready: false,
        restartCount: 0,
        state: {
          terminated: {
            exitCode,
            reason: exitCode === 0 ? "Completed" : "Error",
            startedAt,
            finishedAt,
          },
        },
      };
    }),
  };
}

function sidecarStatus(pod: RunnablePod, state: object): Status {
  if (!hasSidecar(pod)) return {};
  return {
    initContainerStatuses: [
      { name: "istio-proxy", ready: "running" in state, started: true, restartCount: 0, state },
    ],
  };
}

function conditions(ready: "True" | "False", reason?: string): readonly object[] {
  const why = reason === undefined ? {} : { reason };
  return [
    { type: "PodScheduled", status: "True" },
    { type: "Initialized", status: "True", ...why },
    { type: "ContainersReady", status: ready, ...why },
    { type: "Ready", status: ready, ...why },
  ];
}
