import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
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
  /** How long a pod may take to start: pulling its image, mostly. */
  readonly startMs?: number;
}

/** What is configured of probe pods. */
export interface ProbeSettings {
  readonly image: string;
  readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string>>>>;
  readonly tolerations: readonly Readonly<Record<string, unknown>>[];
}

const SCRIPT = readFileSync(new URL("probe/probe.sh", import.meta.url), "utf8");

const PROBE_CONTAINER = "probe";
const SIDECAR_CONTAINER = "istio-proxy";

const State = z.object({
  waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional(),
  terminated: z.object({ exitCode: z.number() }).optional(),
});
const PodStatus = z.object({
  podIP: z.string().optional(),
  containerStatuses: z.array(z.object({ name: z.string(), state: State.prefault({}) })).default([]),
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

/** `Prober` with a plain pod: no volumes, no token, nothing of the team's, and gone afterwards whatever happened. */
export function createProber(options: ProberOptions): Prober {
  return {
    async run(pod) {
      const mesh = await options.meshOf(pod.cluster);
      const ref: ObjectRef = { kind: "Pod", namespace: pod.namespace, name: pod.name };
      await mesh.delete(ref);
      try {
        await mesh.create(podObject(pod, options));
        return await watch(mesh, { ref, pod, options });
      } catch (error) {
        if (!(error instanceof FatalError)) throw error;
        return { kind: "could-not-run", why: saidBy(error) };
      } finally {
        await mesh.delete(ref);
      }
    },

    async whyRefused(pod) {
      const mesh = await options.meshOf(pod.cluster);
      try {
        await mesh.create(podObject(pod, options), { dryRun: true });
        return undefined;
      } catch (error) {
        if (!(error instanceof FatalError)) throw error;
        return error.code === "AlreadyExists" ? undefined : saidBy(error);
      }
    },
  };
}

/** Quota, admission policy, a missing service account: said as the API server says it. */
function saidBy(error: FatalError): string {
  return Error.isError(error.cause) ? error.cause.message : error.message;
}

interface Running {
  readonly ref: ObjectRef;
  readonly pod: ProbePod;
  readonly options: ProberOptions;
}

async function watch(mesh: Mesh, { ref, pod, options }: Running): Promise<ProbeResult> {
  const { pollMs = 500, startMs = 120_000 } = options;
  // Each attempt takes at most five seconds, the repeated one its window and one more.
  const limit = Date.now() + startMs + (pod.retrySeconds + 5 * (pod.attempts.length + 1)) * 1000;
  while (Date.now() < limit) {
    const status = PodStatus.safeParse((await mesh.get(ref))?.status ?? {}).data;
    if (status === undefined)
      return { kind: "could-not-run", why: "the probe pod's status is unreadable" };
    const probe = status.containerStatuses.find(({ name }) => name === PROBE_CONTAINER)?.state;
    if (probe?.terminated !== undefined) return collect(mesh, ref, { pod, status });
    const stuck = stuckReason(probe);
    if (stuck !== undefined)
      return { kind: "could-not-run", why: `the probe pod cannot start: ${stuck}` };
    await delay(pollMs);
  }
  return { kind: "could-not-run", why: "the probe pod did not finish in time" };
}

function stuckReason(state: z.infer<typeof State> | undefined): string | undefined {
  const waiting = state?.waiting;
  if (waiting === undefined || !STUCK.includes(waiting.reason)) return undefined;
  return `${waiting.reason} ${waiting.message}`.trim();
}

async function collect(
  mesh: Mesh,
  ref: ObjectRef,
  { pod, status }: { readonly pod: ProbePod; readonly status: PodStatus },
): Promise<ProbeResult> {
  const container = { namespace: pod.namespace, pod: ref.name };
  const { lines: output } = await mesh.podLog({ ...container, container: PROBE_CONTAINER });
  const { lines: sidecarLog } = pod.sidecar
    ? await mesh.podLog({ ...container, container: SIDECAR_CONTAINER })
    : { lines: [] };
  return { kind: "ran", output, sidecarLog, podIp: status.podIP };
}

function podObject(
  pod: ProbePod,
  { pod: { image, resources, tolerations }, instance, settleMs }: ProberOptions,
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels: {
        ...ownLabels(instance),
        "sallyport.dev/probe": "true",
        ...(pod.sidecar ? {} : { "sidecar.istio.io/inject": "false" }),
      },
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
      activeDeadlineSeconds: 300 + pod.retrySeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_532,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: PROBE_CONTAINER,
          image,
          command: ["sh", "-c", SCRIPT],
          env: [
            { name: "SALLYPORT_ATTEMPTS", value: pod.attempts.join("\n") },
            { name: "SALLYPORT_RETRY_SECONDS", value: String(pod.retrySeconds) },
            { name: "SALLYPORT_SETTLE_SECONDS", value: String(pod.sidecar ? settleMs / 1000 : 0) },
            { name: "SALLYPORT_NONCE", value: pod.name },
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
