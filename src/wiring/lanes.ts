import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { listsFromWatches } from "#src/adapters/kubernetes/watches/mesh-from-watches.ts";
import { startWatchCache } from "#src/adapters/kubernetes/watches/watch-cache.ts";
import type { Config } from "#src/config/config.ts";
import { OWN_KINDS } from "#src/domain/definitions.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { isOurKind } from "#src/domain/kubernetes-object.ts";
import { runGatewaysLane } from "#src/lanes/gateways/gateways-lane.ts";
import { fencedClusters } from "#src/lanes/lease/fenced-clusters.ts";
import { fencedMesh } from "#src/lanes/lease/fenced-mesh.ts";
import { runMeshLane } from "#src/lanes/mesh/mesh-lane.ts";
import { type LaneRunner, type LaneTurn, startLaneRunner } from "#src/lanes/runner/lane-runner.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts, LaneResult } from "#src/requests/lane-ports.ts";
import { MESH_KINDS } from "#src/requests/observe/mesh-world.ts";
import { forCluster } from "#src/requests/stuck.ts";
import { systemTimers } from "./timers.ts";

export type LaneName = "gateways" | "mesh";

export interface Lanes {
  /** One run of a lane, or what is waited for; undefined for a cluster that left the configuration. */
  runNow(lane: LaneName, cluster: string): Promise<LaneResult | undefined>;
  close(): Promise<void>;
}

/** A change seen in a watch is followed by others: a lane waits this long for them. */
const DEBOUNCE_MS = 100;

/**
 * Starts both lanes of every cluster: they run in the process that holds their Lease, when a job asks, when one of our
 * resources changes in the cluster, and from their own timer, so that ends go on without Redis.
 */
export function startLanes(ports: LanePorts, config: Config): Lanes {
  const identity = `${config.instance}_${hostname()}_${process.pid}_${randomUUID()}`;
  const runners = new Map<string, LaneRunner>();
  const closing: (() => Promise<void>)[] = [];
  for (const cluster of config.directory.clusters) {
    const shared = {
      cluster: cluster.name,
      namespace: config.systemNamespace,
      instance: config.instance,
      connect: () => ports.meshOf(cluster.name),
      identity,
      durationMs: config.timing.leaseMs,
      timers: systemTimers,
      clock: ports.clock,
      random: Math.random,
      sweepMs: config.timing.sweepMs,
      debounceMs: DEBOUNCE_MS,
      log: ports.log,
    };
    const cache = startWatchCache({
      ...shared,
      kinds: [
        ...OWN_KINDS.map((kind) => ({ kind, namespace: config.systemNamespace })),
        ...MESH_KINDS.map((kind) => ({ kind })),
      ],
    });
    const { over } = listsFromWatches(cache, () => systemTimers.now());
    for (const [lane, run] of LANES) {
      const runner = startLaneRunner({
        ...shared,
        lane,
        name: `${config.instance}-${lane}-${cluster.name}`.slice(0, 63),
        run: async (turn) =>
          run(ports, cluster, { ...turn, mesh: over(await meshFor(ports, cluster, turn)) }),
      });
      runners.set(`${lane} ${cluster.name}`, runner);
      closing.push(() => runner.close());
    }
    // What others do to the mesh's objects is seen at the next run.
    cache.onChange((kind) => {
      if (!isOurKind(kind)) return;
      for (const [lane] of LANES) runners.get(`${lane} ${cluster.name}`)?.changed();
    });
    closing.push(() => cache.close());
  }
  return {
    runNow: async (lane, cluster) => runners.get(`${lane} ${cluster}`)?.runNow(),
    async close() {
      await Promise.all(closing.map((close) => close()));
    },
  };
}

type RunLane = (
  ports: LanePorts,
  cluster: Cluster,
  turn: LaneTurn & { readonly mesh: Mesh },
) => Promise<LaneResult>;

const LANES: readonly (readonly [LaneName, RunLane])[] = [
  [
    "gateways",
    (ports, cluster, turn) =>
      forCluster(ports, cluster.name, async () =>
        runGatewaysLane(fencedPorts(ports, turn), cluster, turn.mesh),
      ),
  ],
  ["mesh", (ports, cluster, { mesh }) => runMeshLane(ports, cluster, mesh)],
];

/** Azure's writes too: without a Lease there are none, since a namespace that is being deleted builds nothing. */
function fencedPorts(ports: LanePorts, { signal, lease }: LaneTurn): LanePorts {
  const clusters = ports.clusters.until(signal);
  return { ...ports, clusters: lease === undefined ? clusters : fencedClusters(clusters, lease) };
}

/** Every write of a lane is fenced by its Lease; without one, in a namespace being deleted, ends alone are written. */
async function meshFor(ports: LanePorts, { name }: Cluster, { signal, lease }: LaneTurn) {
  const mesh = (await ports.meshOf(name)).until(signal);
  return lease === undefined ? mesh : fencedMesh(mesh, lease);
}
