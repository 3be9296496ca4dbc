import { randomUUID } from "node:crypto";
import { type Json, objectAt, objectsAt, pick, same, textOf } from "./json.ts";
import { type Operation, Operations } from "./operations.ts";
import { type NewCluster, seedCluster } from "./seed.ts";
import type { SgcExists } from "./validation.ts";
import type { OperationFailure } from "./faults.ts";
import { BusyAnswers } from "./preconditions.ts";
import { type Limited, LIMITS } from "./subscription/usages.ts";

export interface WorldOptions {
  readonly clock: () => number;
  readonly operationMs: number;
  readonly sgcExists: SgcExists;
  readonly publicIpPrefixes: () => number;
  readonly statuses?: readonly string[] | undefined;
}

export interface UserCredential {
  /** URL of the Kubernetes API server. */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
}

export interface StoredCluster {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  /** The managed cluster as GET answers with it, but with every `enabled: false`. */
  raw: Json;
  userCredential: UserCredential | undefined;
}

export interface VirtualNetwork {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly prefixes: readonly string[];
}

/** A pool sent with a node image: AKS takes it as a wish to roll the pool back to that image. */
export interface Rollback {
  readonly cluster: string;
  readonly pool: string;
  readonly nodeImageVersion: string;
}

interface Start {
  readonly cluster: StoredCluster;
  readonly failure: OperationFailure | undefined;
  readonly statuses: readonly string[];
}

const CLUSTER_STATUSES = ["InProgress", "ReconcilingDNS", "ReconcilingAddons"];

function poolStatuses(count: number): readonly string[] {
  const growing = Array.from(
    { length: count },
    (_, ready) => `CreatingAgentPool: ${ready}/${count} nodes completed`,
  );
  return ["InProgress", ...growing];
}

/** What exists in this Azure. */
export class World {
  readonly clusters: StoredCluster[] = [];
  readonly networks: VirtualNetwork[] = [];
  readonly rollbacks: Rollback[] = [];
  readonly busy = new BusyAnswers();
  /** Of the network, in every location; one that is not there is not listed. */
  readonly limits = new Map(Object.entries(LIMITS) as [Limited, number][]);
  readonly publicIpPrefixes: () => number;
  readonly sgcExists: SgcExists;
  readonly operations: Operations;
  readonly #listeners: ((raw: Json) => void)[] = [];

  constructor({ clock, operationMs, sgcExists, publicIpPrefixes, statuses }: WorldOptions) {
    this.publicIpPrefixes = publicIpPrefixes;
    this.sgcExists = sgcExists;
    this.operations = new Operations(clock, operationMs, statuses);
  }

  addCluster(added: NewCluster): void {
    const { subscriptionId, resourceGroup, name } = added;
    this.clusters.push({
      subscriptionId,
      resourceGroup,
      name,
      raw: seedCluster(added),
      userCredential: undefined,
    });
  }

  /** Throws where there is none: a mistake in the test. */
  clusterNamed(name: string): StoredCluster {
    const found = this.clusters.find((cluster) => same(cluster.name, name));
    if (found === undefined) throw new Error(`finding the simulated cluster ${name}`);
    return found;
  }

  onSettled(listener: (raw: Json) => void): void {
    this.#listeners.push(listener);
  }

  /** A write on the whole cluster: at its end every eTag is new. */
  startClusterOperation(cluster: StoredCluster, failure: OperationFailure | undefined): Operation {
    const start = { cluster, failure, statuses: CLUSTER_STATUSES };
    return this.#start(start, (state) => {
      objectAt(cluster.raw, "properties")["provisioningState"] = state;
      cluster.raw["eTag"] = randomUUID();
      for (const pool of poolsOf(cluster)) {
        delete pool["nodeLabels"];
        Object.assign(pool, { provisioningState: state, eTag: randomUUID() });
      }
    });
  }

  /** A write on one pool: the cluster's own eTag and the other pools' stay. */
  startPoolOperation(
    cluster: StoredCluster,
    pool: Json,
    failure: OperationFailure | undefined,
  ): Operation {
    const start = { cluster, failure, statuses: poolStatuses(Number(pool["count"] ?? 1)) };
    return this.#start(start, (state) => {
      Object.assign(pool, { provisioningState: state, eTag: randomUUID() });
    });
  }

  /** A deletion of one pool: it is there until the end, and stays where that failed. */
  startPoolDeletion(
    cluster: StoredCluster,
    pool: Json,
    failure: OperationFailure | undefined,
  ): Operation {
    return this.#start({ cluster, failure, statuses: ["InProgress"] }, (state) => {
      Object.assign(pool, { provisioningState: state, eTag: randomUUID() });
      if (state === "Failed") return;
      const properties = objectAt(cluster.raw, "properties");
      properties["agentPoolProfiles"] = poolsOf(cluster).filter((each) => each !== pool);
    });
  }

  #start(
    { cluster, failure, statuses }: Start,
    end: (state: "Failed" | "Succeeded") => void,
  ): Operation {
    return this.operations.start({
      subscriptionId: cluster.subscriptionId,
      location: textOf(cluster.raw["location"]),
      statuses,
      failure,
      settle: () => {
        end(failure === undefined ? "Succeeded" : "Failed");
        const settled = structuredClone(cluster.raw);
        if (failure === undefined) for (const listener of this.#listeners) listener(settled);
      },
    });
  }
}

export function poolsOf(cluster: StoredCluster): Json[] {
  return objectsAt(cluster.raw, "properties", "agentPoolProfiles");
}

const TERMINAL = ["Succeeded", "Failed", "Canceled"];

/** What is being written: the cluster, or a pool of it. */
export function runningWrite(
  cluster: StoredCluster,
): { readonly pool: string | undefined; readonly state: string } | undefined {
  const state = textOf(objectAt(cluster.raw, "properties")["provisioningState"]);
  if (!TERMINAL.includes(state)) return { pool: undefined, state };
  const pool = poolsOf(cluster).find(
    (each) => !TERMINAL.includes(textOf(each["provisioningState"])),
  );
  return pool && { pool: textOf(pool["name"]), state: textOf(pool["provisioningState"]) };
}

/** As GET answers: AKS leaves `enabled` out of an egress gateway where it is false. */
export function publicView(raw: Json): Json {
  const view = structuredClone(raw);
  const path = ["properties", "serviceMeshProfile", "istio", "components", "egressGateways"];
  for (const gateway of objectsAt(view, ...path))
    if (gateway["enabled"] === false) delete gateway["enabled"];
  return view;
}

/** A pool of the cluster as a resource of its own. */
export function poolResource(cluster: StoredCluster, pool: Json): Json {
  const { name, ...properties } = structuredClone(pool);
  return {
    id: `${textOf(cluster.raw["id"])}/agentPools/${textOf(name)}`,
    ...pick({ name }, "name"),
    type: "Microsoft.ContainerService/managedClusters/agentPools",
    properties,
  };
}
