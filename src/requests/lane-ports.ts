import type { Cluster, Directory } from "#src/domain/directory.ts";
import type { Policy } from "#src/domain/approval/policy.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { LaneTiming } from "#src/ports/cluster/lane-timing.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import type { Identity } from "#src/ports/chat/identity.ts";
import type { JobQueue } from "#src/ports/store/job-queue.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { NameResolver } from "#src/ports/name-resolver.ts";
import type { Prober } from "#src/ports/cluster/prober.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import type { LaneAnnouncer } from "#src/ports/chat/announcer.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Trust } from "#src/domain/request/signed/signature.ts";

/** Everything reconcile code may touch. One object, made once by the worker. */
export interface LanePorts {
  readonly instance: string;
  /** The instance's own namespace in every cluster: where its EgressGrants live. */
  readonly systemNamespace: string;
  readonly directory: Directory;
  readonly policy: Policy;
  /** CIDRs that names may resolve to although they are private. */
  readonly allowedRanges: readonly string[];
  readonly timing: LaneTiming;
  readonly store: RequestStore;
  readonly lanes: LaneStore;
  /** Of this process alone: there whether or not Redis answers, and gone with the process. */
  readonly memory: LaneStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
  /** The worker's key: plans, cards, admissions, activations, ends, records. */
  readonly signer: Signer;
  readonly trust: Trust;
  /** Of the configuration in force. */
  readonly configDigest: string;
  readonly clusters: ManagedClusters;
  /** The cluster's API server; throws `RetryableError` or `FatalError` where it cannot be reached. */
  readonly meshOf: (cluster: string) => Promise<Mesh>;
  readonly identity: Identity;
  readonly prober: Prober;
  readonly resolver: NameResolver;
  readonly announcer: LaneAnnouncer;
  readonly log: ChangeLog;
}

/** What a lane answers: nothing left to do, or what it waits for. */
export type LaneResult =
  | { readonly outcome: "converged" }
  | { readonly outcome: "waiting"; readonly for: string; readonly retryAfterMs: number };

export const CONVERGED: LaneResult = { outcome: "converged" };

export function clusterNamed(
  ports: Pick<LanePorts, "directory">,
  name: string,
): Cluster | undefined {
  return ports.directory.clusters.find((cluster) => cluster.name === name);
}
