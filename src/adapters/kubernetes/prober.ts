import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { notAsAsked, notOwnPod } from "#src/domain/evidence/probe/own-pod.ts";
import { PROBE_LABEL, probeLabels } from "#src/domain/evidence/probe/probe-labels.ts";
import { type KubernetesObject, type ObjectRef, ownLabels } from "#src/domain/kubernetes-object.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { ProbePod, Prober, ProbeResult } from "#src/ports/cluster/prober.ts";

export interface ProberOptions {
  readonly meshOf: (cluster: string) => Promise<Mesh>;
  readonly pod: ProbeSettings;
  readonly instance: string;
  /** How long a probe waits at its end, for its sidecar to write its log. */
  readonly settleMs: number;
  /** Between two looks at the pod. */
  readonly pollMs?: number;
  /** How long a pod may take to start: pulling its image, mostly, and its sidecar. */
  readonly startMs: number;
}

/** What is configured of probe pods. */
export interface ProbeSettings {
  readonly image: string;
  readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string>>>>;
  readonly tolerations: readonly Readonly<Record<string, unknown>>[];
}

/** All that a probe runs. */
export const PROBE_SCRIPT = readFileSync(new URL("probe/probe.sh", import.meta.url), "utf8");

/** After which a probe is ended by force, beside the time it may repeat an attempt. */
export const PROBE_SECONDS = 300;

const PROBE_CONTAINER = "probe";
const SIDECAR_CONTAINER = "istio-proxy";

const State = z.object({
  waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional(),
  running: z.unknown().optional(),
  terminated: z.object({ exitCode: z.number() }).optional(),
});
const PodStatus = z.object({
  podIP: z.string().optional(),
  containerStatuses: z.array(z.object({ name: z.string(), state: State.prefault({}) })).default([]),
  initContainerStatuses: z
    .array(z.object({ name: z.string(), started: z.boolean().optional() }))
    .default([]),
  conditions: z
    .array(z.object({ type: z.string(), status: z.string(), message: z.string().default("") }))
    .default([]),
});
type PodStatus = z.infer<typeof PodStatus>;

/** These do not pass by themselves within a probe's time. https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff */
const STUCK = [
  "ImagePullBackOff",
  "ErrImagePull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
];

/**
 * `Prober` with a plain pod: no volumes, no token, nothing of the team's, and gone afterwards whatever happened. Nobody
 * knows its name beforehand, and what it says counts only where it is the very pod that was made, to its end.
 */
export function createProber(options: ProberOptions): Prober {
  return {
    async run(pod) {
      const mesh = await options.meshOf(pod.cluster);
      await deleteLeftOver(mesh, pod, options);
      const first = await runOnce(mesh, pod, options);
      // Another process that proves the same at this moment takes it for left over: it does not do so twice.
      const last = first.kind === "gone" ? await runOnce(mesh, pod, options) : first;
      return last.kind === "gone"
        ? { kind: "could-not-run", why: "somebody deleted the probe pod" }
        : last;
    },

    async whyRefused(pod) {
      const mesh = await options.meshOf(pod.cluster);
      try {
        await mesh.create(podObject(pod, options), { dryRun: true });
        return undefined;
      } catch (error) {
        if (!(error instanceof FatalError)) throw error;
        return saidBy(error);
      }
    },
  };
}

/** `gone`: the pod was deleted before its end. */
type Run = ProbeResult | { readonly kind: "gone" };

async function runOnce(mesh: Mesh, pod: ProbePod, options: ProberOptions): Promise<Run> {
  const asked = podObject(pod, options);
  let made: KubernetesObject | undefined;
  try {
    made = await mesh.create(asked);
    const changed = notAsAsked(asked, made);
    if (changed !== undefined) return { kind: "could-not-run", why: changed };
    return await watch(mesh, { asked, made, pod, options });
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    if (made !== undefined && (await mesh.get(refOf(made.metadata))) === undefined)
      return { kind: "gone" };
    return { kind: "could-not-run", why: saidBy(error) };
  } finally {
    await deletePod(mesh, made ?? asked);
  }
}

/** Quota, admission policy, a missing service account: said as the API server says it. */
function saidBy(error: FatalError): string {
  return Error.isError(error.cause) ? error.cause.message : error.message;
}

/** What a process left behind that ended in the middle of it, or stands still. */
async function deleteLeftOver(
  mesh: Mesh,
  { namespace, of, part }: ProbePod,
  { instance }: ProberOptions,
): Promise<void> {
  const labels = { ...ownLabels(instance), ...PROBE_LABEL };
  for (const pod of await mesh.list("Pod", { namespace, labels })) {
    const { name } = pod.metadata;
    const isSame = part === "removed" || name.endsWith(`-${part}`);
    if (name.startsWith(`${PREFIX}${of}`) && isSame) await deletePod(mesh, pod);
  }
}

/** Without a UID it is not known whether it was made: nobody else has its name. */
async function deletePod(mesh: Mesh, { metadata }: KubernetesObject): Promise<void> {
  const { uid } = metadata;
  await mesh.delete(refOf(metadata), uid === undefined ? undefined : { uid });
}

function refOf({ name, namespace = "" }: KubernetesObject["metadata"]): ObjectRef {
  return { kind: "Pod", namespace, name };
}

interface Running {
  readonly asked: KubernetesObject;
  /** As the API server made it. */
  readonly made: KubernetesObject;
  readonly pod: ProbePod;
  readonly options: ProberOptions;
}

async function watch(mesh: Mesh, running: Running): Promise<Run> {
  const { made, pod, options } = running;
  const { pollMs = 500, startMs } = options;
  const startLimit = Date.now() + startMs;
  // Each attempt takes at most five seconds, the repeated one its window and one more.
  const limit = startLimit + (pod.retrySeconds + 5 * (pod.attempts.length + 1)) * 1000;
  while (Date.now() < limit) {
    const found = await mesh.get(refOf(made.metadata));
    if (found === undefined) return { kind: "gone" };
    const problem = notOwnPod(made, found);
    if (problem !== undefined) return { kind: "could-not-run", why: problem };
    const status = PodStatus.safeParse(found.status ?? {}).data;
    if (status === undefined)
      return { kind: "could-not-run", why: "the probe pod's status is unreadable" };
    const probe = status.containerStatuses.find(({ name }) => name === PROBE_CONTAINER)?.state;
    if (probe?.terminated !== undefined) return collect(mesh, running, status);
    const why = stuckReason(probe) ?? whyLate(status, probe, Date.now() >= startLimit);
    if (why !== undefined) return { kind: "could-not-run", why };
    await delay(pollMs);
  }
  return { kind: "could-not-run", why: "the probe pod did not finish in time" };
}

function whyLate(
  { initContainerStatuses }: PodStatus,
  probe: z.infer<typeof State> | undefined,
  isTimeOver: boolean,
): string | undefined {
  if (!isTimeOver || probe?.running !== undefined) return undefined;
  return initContainerStatuses.some(isUnready)
    ? "the probe pod's sidecar was not ready in time, so that the probe was not started: it has no certificate or configuration of the control plane"
    : "the probe pod did not start in time";
}

/** A native sidecar keeps the other containers waiting until it is. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ */
function isUnready({ name, started }: PodStatus["initContainerStatuses"][number]): boolean {
  return name === SIDECAR_CONTAINER && started === false;
}

function stuckReason(state: z.infer<typeof State> | undefined): string | undefined {
  const waiting = state?.waiting;
  if (waiting === undefined || !STUCK.includes(waiting.reason)) return undefined;
  return `the probe pod cannot start: ${waiting.reason} ${waiting.message}`.trim();
}

/** The API server gives a log by the pod's name alone: it was this pod's where the pod was there before and after. */
async function collect(mesh: Mesh, { asked, made, pod }: Running, status: PodStatus): Promise<Run> {
  const container = { namespace: pod.namespace, pod: made.metadata.name };
  const { lines: output } = await mesh.podLog({ ...container, container: PROBE_CONTAINER });
  const { lines: sidecarLog } = pod.sidecar
    ? await mesh.podLog({ ...container, container: SIDECAR_CONTAINER })
    : { lines: [] };
  const found = await mesh.get(refOf(made.metadata));
  if (found === undefined) return { kind: "gone" };
  const why = notOwnPod(made, found) ?? notAsAsked(asked, made, found);
  return why === undefined
    ? { kind: "ran", output, sidecarLog, podIp: status.podIP }
    : { kind: "could-not-run", why };
}

const PREFIX = "sallyport-probe-";

function podObject(
  pod: ProbePod,
  { pod: { image, resources, tolerations }, instance, settleMs }: ProberOptions,
): KubernetesObject {
  const nonce = randomBytes(6).toString("hex");
  const name = `${PREFIX}${pod.of}${nonce}-${pod.part}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: pod.namespace,
      labels: probeLabels(instance, pod),
      // The probe must not start before there is a sidecar to speak through.
      ...(pod.sidecar
        ? { annotations: { "proxy.istio.io/config": '{"holdApplicationUntilProxyStarts": true}' } }
        : {}),
    },
    spec: {
      restartPolicy: "Never",
      serviceAccountName: pod.serviceAccount,
      automountServiceAccountToken: false,
      // The image runs nowhere else, and a cluster may have Windows nodes.
      nodeSelector: { "kubernetes.io/os": "linux" },
      ...(tolerations.length === 0 ? {} : { tolerations }),
      activeDeadlineSeconds: PROBE_SECONDS + pod.retrySeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_532,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: PROBE_CONTAINER,
          image,
          command: ["sh", "-c", PROBE_SCRIPT],
          env: [
            { name: "SALLYPORT_ATTEMPTS", value: pod.attempts.join("\n") },
            { name: "SALLYPORT_RETRY_SECONDS", value: String(pod.retrySeconds) },
            { name: "SALLYPORT_SETTLE_SECONDS", value: String(pod.sidecar ? settleMs / 1000 : 0) },
            { name: "SALLYPORT_NONCE", value: name },
          ],
          resources,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}
