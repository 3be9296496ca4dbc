import { z } from "zod";
import type { ClusterObjects, StoredObject } from "./cluster-objects.ts";

/* What keeps a gateway's pods from being made or placed, as Kubernetes says it. */

const Quota = z.object({
  hard: z.object({ pods: z.union([z.string(), z.number()]).optional() }).prefault({}),
});

/** https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
export function quotaRefusal(objects: ClusterObjects, pod: StoredObject): string | undefined {
  const { namespace = "", name } = pod.metadata;
  const used = objects.list("Pod", namespace).length;
  for (const { metadata, spec } of objects.list("ResourceQuota", namespace)) {
    const { pods: limit } = Quota.parse(spec ?? {}).hard;
    if (limit !== undefined && used + 1 > Number(limit))
      return `pods "${name}" is forbidden: exceeded quota: ${metadata.name}, requested: pods=1, used: pods=${used}, limited: pods=${limit}`;
  }
  return undefined;
}

const Taints = z.object({
  taints: z
    .array(z.object({ key: z.string(), value: z.string().default(""), effect: z.string() }))
    .default([]),
});

/**
 * Nodes are there only where somebody planted them: with none, every pod has its place. Gateways' pods tolerate nothing.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
export function unschedulable(objects: ClusterObjects): string | undefined {
  const nodes = objects.list("Node");
  const tainted = nodes.flatMap(({ spec }) => {
    const found = Taints.parse(spec ?? {}).taints.find(({ effect }) => effect === "NoSchedule");
    return found === undefined ? [] : [`{${found.key}: ${found.value}}`];
  });
  if (nodes.length === 0 || tainted.length < nodes.length) return undefined;
  const counted = [...Map.groupBy(tainted, (taint) => taint)].map(
    ([taint, same]) => `${same.length} node(s) had untolerated taint ${taint}`,
  );
  return `0/${nodes.length} nodes are available: ${counted.join(", ")}. preemption: 0/${nodes.length} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`;
}
