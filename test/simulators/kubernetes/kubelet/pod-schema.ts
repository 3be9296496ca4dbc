import { z } from "zod";

/*
 * What the kubelet reads of a pod: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */
const Container = z.object({
  name: z.string(),
  image: z.string().default(""),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z
          .object({ fieldRef: z.object({ fieldPath: z.string() }).optional() })
          .optional(),
      }),
    )
    .default([]),
  restartPolicy: z.string().optional(),
});

export const RunnablePod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string().default(""),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    serviceAccountName: z.string().default("default"),
    activeDeadlineSeconds: z.number().optional(),
    containers: z.array(Container).min(1),
    initContainers: z.array(Container).default([]),
  }),
});

export type RunnablePod = z.infer<typeof RunnablePod>;
export type RunnableContainer = z.infer<typeof Container>;

/** Whether the pod has Istio's proxy, as native sidecar or as plain container. */
export function hasSidecar(pod: RunnablePod): boolean {
  return [...pod.spec.initContainers, ...pod.spec.containers].some(
    ({ name }) => name === "istio-proxy",
  );
}
