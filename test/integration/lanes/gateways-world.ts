import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import { createApiClient } from "#src/adapters/kubernetes/api-client.ts";
import { createMesh } from "#src/adapters/kubernetes/mesh.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { gatewayKey, type GatewayRef } from "#src/domain/grant.ts";
import { egressGatewayName } from "#src/domain/gateways/egress-gateway.ts";
import { type GatewayMemory, readMemory } from "#src/domain/gateways/memory.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { infrastructureSteps } from "#src/domain/plan/azure/infrastructure-steps.ts";
import { newEgressGrant } from "#src/domain/request/egress-grant/egress-grant.ts";
import { statusRecordName } from "#src/domain/request/egress-grant/signed-status.ts";
import type { Progress, ProgressLine, RequestRecord, Step } from "#src/domain/request/request.ts";
import type { GatewaysPorts } from "#src/lanes/gateways/egress-gateways.ts";
import { runGatewaysLane } from "#src/lanes/gateways/gateways-lane.ts";
import { progressKey } from "#src/lanes/gateways/progress.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { observeInfrastructure } from "#src/requests/observe/gateways/gateway-states.ts";
import type { LaneResult } from "#src/requests/lane-ports.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";
import {
  type KubernetesSimulator,
  startKubernetesSimulator,
} from "#test/simulators/kubernetes/api-server.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";
import {
  aDecision,
  aGrantOf,
  aPendingRequest,
  aPlanStatement,
  aCard,
  aRequest,
  anAdmission,
  anAsked,
  DAY,
  INSTANCE,
  type Keyring,
} from "#test/support/signed-request.ts";
import { gatewayPools } from "#test/support/workplace.ts";

export const SYSTEM = "sallyport-system";
export const TICK_MS = 15_000;
export const BATCH_MS = 60_000;
/** Shorter than in Azure: five ticks. */
export const OPERATION_MS = 75_000;

/** Gateway `n` is `egress-n/egw-n`; those from `other` on have a node pool of their own. */
export function aConfiguration(gateways: number, other = Infinity): Cluster {
  return {
    name: "prod-1",
    subscriptionId: "00000000-0000-0000-0000-000000000001",
    resourceGroup: "rg",
    resourceName: "aks-prod",
    domain: "cluster.local",
    pools: ["egress", "other"].map((name) => ({
      name,
      vmSize: "Standard_D2s_v5",
      nodeCount: 2,
      publicIpPrefixSize: 31,
    })),
    gateways: Array.from({ length: gateways }, (_, index) => ({
      name: `egw-${index}`,
      namespace: `egress-${index}`,
      pool: index >= other ? "other" : "egress",
      excludeCidrs: [],
    })),
  };
}

/** One cluster, in Azure and as an API server, with a lane of its own; time stands still between two ticks. */
export class GatewaysWorld implements AsyncDisposable {
  readonly arm: ArmSimulator;
  readonly kubernetes: KubernetesSimulator;
  readonly memory: Memory;
  readonly mesh: Mesh;
  readonly #clusters: GatewaysPorts["clusters"];
  cluster: Cluster;
  lanes: LaneStore = memoryStore();
  readonly ownMemory: LaneStore = memoryStore();
  /** Whether what is only for people can be stored. */
  wordsAreStored = true;
  readonly logged: string[] = [];
  contestPauseMs = 0;
  /** The API server's clock, by ours. */
  readonly server = { behindMs: 0 };
  /** Gateways whose StaticGatewayConfiguration Azure says is not there. */
  readonly unknownToAzure = new Set<string>();
  #ids = 0;

  private constructor(parts: Pick<GatewaysWorld, "arm" | "kubernetes" | "memory" | "cluster">) {
    this.arm = parts.arm;
    this.kubernetes = parts.kubernetes;
    this.memory = parts.memory;
    this.cluster = parts.cluster;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(parts.kubernetes.kubeconfig());
    this.mesh = createMesh(createApiClient(kubeConfig, 5_000));
    const { url, ca, tenantId, clientId, clientSecret } = parts.arm;
    this.#clusters = createManagedClusters({
      endpoint: url,
      ca,
      credential: createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret }),
      requestTimeoutMs: 5_000,
    });
  }

  static async start(cluster = aConfiguration(1)): Promise<GatewaysWorld> {
    const memory = aMemory();
    // The API server tells its time itself.
    memory.clock.now = Date.now();
    const hidden = { from: new Set<string>(), server: { behindMs: 0 } };
    const arm = await startArmSimulator({
      operationMs: OPERATION_MS,
      clock: () => memory.clock.now,
      sgcExists: (namespace, name) => !hidden.from.has(`${namespace}/${name}`),
    });
    const kubernetes = await startKubernetesSimulator({
      clock: () => new Date(memory.clock.now - hidden.server.behindMs),
    });
    const { subscriptionId, resourceGroup, resourceName } = cluster;
    arm.addCluster({ subscriptionId, resourceGroup, name: resourceName });
    const world = new GatewaysWorld({ arm, kubernetes, memory, cluster });
    hidden.from = world.unknownToAzure;
    hidden.server = world.server;
    world.#settle();
    return world;
  }

  /** What AKS does in the cluster after an operation, and what an administrator did once. */
  #settle(): void {
    const { arm, kubernetes, cluster } = this;
    kubernetes.mesh.applyManagedCluster(arm.cluster(cluster.resourceName));
    arm.onSettled((raw) => {
      kubernetes.mesh.setGatewayPools(gatewayPools(raw));
      kubernetes.mesh.applyManagedCluster(raw);
    });
    kubernetes.installCrds("sallyport.dev");
    for (const name of [SYSTEM, "team-x", "aks-istio-system"])
      kubernetes.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    kubernetes.store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio-shared-configmap-asm-1-28", namespace: "aks-istio-system" },
      data: { mesh: "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n" },
    });
  }

  get keys(): Keyring {
    return this.memory.keys;
  }

  ports(): GatewaysPorts {
    const { store, queue, clock, trust, announcer } = portsOver(this.memory);
    const { memory, lanes } = this;
    const requireRedis = (): void => {
      if (!memory.redis.answers || !this.wordsAreStored) throw new RetryableError("asking redis");
    };
    return {
      instance: INSTANCE,
      configDigest: "0".repeat(64),
      systemNamespace: SYSTEM,
      timing: {
        laneParkMs: TICK_MS,
        gatewayBatchMs: BATCH_MS,
        probeRetryMs: 0,
        unprovenRetryMs: 0,
        unprovenForMs: 0,
        reverifyEveryMs: 0,
        contestPauseMs: this.contestPauseMs,
      },
      store,
      memory: this.ownMemory,
      lanes: {
        async read(key) {
          if (!memory.redis.answers) throw new RetryableError("asking redis");
          return lanes.read(key);
        },
        async write(key, value) {
          requireRedis();
          await lanes.write(key, value);
        },
        remove: (key) => lanes.remove(key),
      },
      queue,
      clock,
      trust,
      signer: this.keys.worker,
      clusters: this.#clusters,
      meshOf: async () => this.mesh,
      announcer: { ...announcer, carriedOut: async () => undefined },
      log: {
        info: () => undefined,
        warn: (fields, message) => void this.logged.push(`${message}: ${JSON.stringify(fields)}`),
        error: (fields, message) => void this.logged.push(`${message}: ${JSON.stringify(fields)}`),
      },
    };
  }

  /** One tick, and the time until the next. */
  async tick(): Promise<LaneResult> {
    const result = await runGatewaysLane(this.ports(), this.cluster).catch((error: unknown) => {
      // As the lane's runner does: what passes by itself is tried again.
      if (!(error instanceof RetryableError)) throw error;
      return { outcome: "waiting", for: error.message, retryAfterMs: TICK_MS } as const;
    });
    this.memory.clock.now += TICK_MS;
    // What Azure and the controllers of the cluster do at that time.
    await sleep(25);
    return result;
  }

  async ticks(most: number, until: () => boolean = () => false): Promise<number> {
    for (let count = 1; count <= most; count += 1) {
      await this.tick();
      if (until()) return count;
    }
    return most;
  }

  /** An admitted grant for a gateway, its steps approved as they are needed now, or as given. */
  async grant(gateway: GatewayRef, approved?: readonly Step[]): Promise<string> {
    this.#ids += 1;
    const id = `EG-${String(this.#ids).padStart(5, "0")}`;
    const steps = approved ?? (await this.stepsFor(gateway));
    const record = this.#approvedRequest(id, gateway, steps);
    const object = newEgressGrant({
      instance: INSTANCE,
      namespace: SYSTEM,
      record,
      grants: [aGrantOf(record)],
    });
    const { store } = this.kubernetes;
    const uid = store.put(object).metadata.uid ?? "";
    const admission = anAdmission(this.keys, record, {
      uid,
      steps,
      namespaceUid: this.#uidOf("team-x"),
      clusterUid: this.#uidOf("kube-system"),
    });
    const stored = store.get("EgressGrant", SYSTEM, object.metadata.name) ?? object;
    store.put({ ...stored, spec: { ...stored.spec, admission: admission.envelope } });
    return id;
  }

  #approvedRequest(id: string, gateway: GatewayRef, steps: readonly Step[]): RequestRecord {
    const { keys } = this;
    const asked = anAsked({
      gateway: { namespace: gateway.namespace, name: gateway.name },
      latestEnd: this.memory.clock.now + 365 * DAY,
    });
    const request = aRequest(keys, { id, asked });
    const planned = aPlanStatement(keys, request, {
      steps: [...steps],
      namespaceUid: this.#uidOf("team-x"),
    });
    const card = aCard(keys, { ...request, planned });
    const pending = aPendingRequest(keys, { id, asked, planned, card });
    const decision = keys.decision.sign("decision", aDecision(pending));
    return { ...pending, decisions: [decision] };
  }

  #uidOf(namespace: string): string {
    return this.kubernetes.store.get("Namespace", undefined, namespace)?.metadata.uid ?? "";
  }

  /** What one gateway lacks now. */
  async stepsFor(ref: GatewayRef): Promise<readonly Step[]> {
    const { cluster, mesh } = this;
    const infrastructure = await observeInfrastructure(this.ports(), mesh, cluster);
    const gateway = cluster.gateways.find((each) => gatewayKey(each) === gatewayKey(ref));
    if (gateway === undefined) throw new TypeError(`no gateway ${gatewayKey(ref)}`);
    return infrastructureSteps(cluster, gateway, infrastructure);
  }

  /** That a lane said of the grant that its objects were in place once. */
  markApplied(id: string): void {
    const { store } = this.kubernetes;
    const uid = store.get("EgressGrant", SYSTEM, id.toLowerCase())?.metadata.uid;
    const name = statusRecordName("applied", id, uid);
    const statement = this.keys.worker.sign("record", { name, value: { at: 1 } }).envelope;
    const conditions = [{ type: "Applied", status: "True" }];
    const status = { conditions, applied: { statement } };
    store.patchStatus("EgressGrant", SYSTEM, id.toLowerCase(), status);
  }

  egressGateway(index = 0): KubernetesObject | undefined {
    const name = egressGatewayName(this.gateway(index));
    return this.kubernetes.store.get("EgressGateway", SYSTEM, name);
  }

  /** As the lane reads it. */
  remembered(index = 0): GatewayMemory | undefined {
    const object = this.egressGateway(index);
    if (object === undefined) return undefined;
    const { trust } = this.ports();
    const { clock } = this.memory;
    const remembering = { trust, cluster: this.cluster, now: clock.now, longestPauseMs: 600_000 };
    return readMemory(object, this.gateway(index), remembering);
  }

  gateway(index: number): Cluster["gateways"][number] {
    const gateway = this.cluster.gateways[index];
    if (gateway === undefined) throw new TypeError(`no gateway ${index}`);
    return gateway;
  }

  isReady(index = 0): boolean {
    const conditions = this.egressGateway(index)?.status?.["conditions"];
    return JSON.stringify(conditions ?? "").includes('"status":"True"');
  }

  async lines(id: string): Promise<readonly ProgressLine[]> {
    const progress = (await this.lanes.read(progressKey(id))) as Progress | undefined;
    return progress?.lines ?? [];
  }

  /** Of each accepted PUT: what it enabled, or what it was. */
  written(): readonly string[] {
    let before = 0;
    return this.arm.writes().map(({ url, body }) => {
      if (url.includes("/agentPools/")) return `pool ${/agentPools\/(\w+)/.exec(url)?.[1] ?? ""}`;
      const enabled = JSON.stringify(body).match(/"gatewayConfigurationName"/g)?.length ?? 0;
      const more = enabled - before;
      before = enabled;
      return more === 0 && enabled === 0 ? "feature" : `enable ${more}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kubernetes.close();
    await this.arm.close();
  }
}
