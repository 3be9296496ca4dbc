import { z } from "zod";
import type { LeaseRecord } from "#src/domain/lease/judge-lease.ts";
import { type KubernetesObject, ownLabels } from "#src/domain/kubernetes-object.ts";

const Spec = z.object({
  holderIdentity: z.string().catch(""),
  renewTime: z.string().catch(""),
  leaseDurationSeconds: z.number().catch(0),
  acquireTime: z.string().optional().catch(undefined),
  leaseTransitions: z.number().catch(0),
});

/** What is not readable reads as not said: such a Lease is waited for, and then taken. */
export function recordOf({ spec }: KubernetesObject): LeaseRecord {
  const { holderIdentity, renewTime, leaseDurationSeconds } = Spec.parse(spec ?? {});
  return { holder: holderIdentity, renewTime, durationMs: leaseDurationSeconds * 1000 };
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
  readonly instance: string;
}

export function newLease({ namespace, name, instance }: LeaseName): KubernetesObject {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name,
      namespace,
      labels: ownLabels(instance),
    },
  };
}

/** The Lease held by `identity` from now on; "" gives it back. `now` in epoch milliseconds. */
export function heldBy(
  lease: KubernetesObject,
  {
    identity,
    durationMs,
    now,
  }: { readonly identity: string; readonly durationMs: number; readonly now: number },
): KubernetesObject {
  const before = Spec.parse(lease.spec ?? {});
  const stays = before.holderIdentity === identity;
  const isTakenOver = lease.spec !== undefined && !stays && identity !== "";
  const renewTime = microTime(now, before.renewTime);
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: stays ? (before.acquireTime ?? renewTime) : renewTime,
      renewTime,
      leaseTransitions: before.leaseTransitions + (isTakenOver ? 1 : 0),
    },
  };
}

/**
 * MicroTime has six fractional digits. Never the same text as before, or nobody would see that it was renewed.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
 */
function microTime(now: number, before: string): string {
  const seconds = new Date(now).toISOString().replace("Z", "");
  const text = `${seconds}000Z`;
  return text === before ? `${seconds}001Z` : text;
}
