import { boardKey, type Board } from "#src/domain/request/board.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { runMeshLane } from "#src/lanes/mesh/mesh-lane.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { LanePorts, LaneResult } from "#src/requests/lane-ports.ts";
import { unpackBoard } from "#src/requests/packed-board.ts";
import { type GatewaysWorld, SYSTEM } from "../gateways-world.ts";

async function nobodyAsks(): Promise<never> {
  throw new FatalError("NotAsked", "asking what no test of the mesh lane asks");
}

/** The mesh lane's ports in a world of gateways. Nothing is proven here: proofs are jobs. */
export function meshPorts(world: GatewaysWorld): LanePorts {
  const ports = world.ports();
  return {
    ...ports,
    directory: {
      clusters: [world.cluster],
      teams: [
        {
          name: "team-x",
          channel: undefined,
          userGroup: undefined,
          placements: [
            {
              cluster: world.cluster.name,
              namespace: "team-x",
              serviceAccounts: [],
              gateway: "egress-0/egw-0",
            },
          ],
        },
      ],
    },
    policy: { rules: [], wildcards: false, approvers: { groups: [], users: ["U0BOB"] } },
    allowedRanges: [],
    timing: { ...ports.timing, probeRetryMs: 3_600_000 },
    identity: {
      homeTeam: nobodyAsks,
      person: nobodyAsks,
      groupsOf: nobodyAsks,
      members: nobodyAsks,
    },
    prober: { run: nobodyAsks, whyRefused: nobodyAsks },
    resolver: { resolve: async () => ({ addresses: ["198.41.0.4"], exists: true }) },
  };
}

export function runMesh(
  world: GatewaysWorld,
  change: Partial<LanePorts> = {},
): Promise<LaneResult> {
  return runMeshLane({ ...meshPorts(world), ...change }, world.cluster);
}

export async function boardOf(world: GatewaysWorld): Promise<Board | undefined> {
  return unpackBoard(await world.lanes.read(boardKey(world.cluster.name)));
}

export function grantObject(world: GatewaysWorld, id: string): KubernetesObject {
  const object = world.kubernetes.store.get("EgressGrant", SYSTEM, id.toLowerCase());
  if (object === undefined) throw new TypeError(`no ${id}`);
  return object;
}

/** The Istio objects of our instance. */
export function istioObjects(world: GatewaysWorld): readonly string[] {
  return ["ServiceEntry", "VirtualService", "Gateway", "DestinationRule"].flatMap((kind) =>
    world.kubernetes.store
      .look(kind)
      .map(({ metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`),
  );
}
