import { type Cluster, gatewayConfigurationName } from "#src/domain/directory.ts";
import type { Step } from "#src/domain/request/request.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { OperationHandle } from "#src/ports/clusters.ts";
import { buildable } from "#src/domain/plan/buildable.ts";
import { addressOf } from "#src/requests/observe/cluster-address.ts";
import { type ObservedGateways, readySince } from "#src/requests/observe/gateway-states.ts";
import { type ArmStep, type LaneMemory, readMemory, writeMemory } from "./lane-memory.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

/** What the lane does in Azure in this tick. */
export type AzureTurn =
  | { readonly kind: "nothing" }
  /** An operation of ours runs. */
  | {
      readonly kind: "running";
      readonly step: Step["kind"];
      readonly for: string;
      readonly since: number;
      readonly retryAfterMs?: number;
    }
  /** Somebody else's operation runs, a batch fills up, Azure is throttling, or the last try failed. */
  | {
      readonly kind: "held-up";
      readonly step: Step["kind"] | undefined;
      readonly for: string;
      readonly retryAfterMs?: number;
    }
  /** Needed, but not what anybody approved. */
  | { readonly kind: "not-approved"; readonly for: string; readonly retryAfterMs?: number };

interface Situation {
  readonly cluster: Cluster;
  readonly observed: ObservedGateways;
  readonly approved: readonly Step[];
  /** Other requests may need gateways in a moment. */
  readonly moreToCome: boolean;
}

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/get: anything else means an operation runs. */
const SETTLED = ["Succeeded", "Failed", "Canceled"];

const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_TICKS = 40;

export async function takeAzureTurn(ports: LanePorts, situation: Situation): Promise<AzureTurn> {
  const { name } = situation.cluster;
  const memory = await readMemory(ports.lanes, name);
  const turn = await new Turn(ports, situation, memory).take();
  await writeMemory(ports.lanes, name, turn.memory);
  return turn.turn;
}

interface Taken {
  readonly turn: AzureTurn;
  readonly memory: LaneMemory;
}

/** One tick's look at, or start of, an ARM operation. */
class Turn {
  readonly #ports: LanePorts;
  readonly #situation: Situation;
  readonly #memory: LaneMemory;

  constructor(ports: LanePorts, situation: Situation, memory: LaneMemory) {
    this.#ports = ports;
    this.#situation = situation;
    this.#memory = {
      ...memory,
      readySince: readySince(situation.observed.gateways, memory.readySince, ports.clock.now()),
    };
  }

  async take(): Promise<Taken> {
    const { operation, failures } = this.#memory;
    if (operation !== undefined) return this.#follow(operation);
    const busy = this.#busy();
    if (busy !== undefined) return this.#wait(undefined, busy);
    const now = this.#ports.clock.now();
    if (failures !== undefined && now < failures.until)
      return this.#wait(failures.step, failures.message);
    return this.#start();
  }

  #busy(): string | undefined {
    const { azure } = this.#situation.observed.infrastructure;
    if (!SETTLED.includes(azure.provisioningState))
      return `the cluster, which is ${azure.provisioningState}`;
    const pool = azure.pools.find((candidate) => !SETTLED.includes(candidate.provisioningState));
    return pool === undefined
      ? undefined
      : `node pool ${pool.name}, which is ${pool.provisioningState}`;
  }

  async #follow(operation: NonNullable<LaneMemory["operation"]>): Promise<Taken> {
    const { operation: _, ...settled } = this.#memory;
    const running: AzureTurn = {
      kind: "running",
      step: operation.step,
      for: operation.what,
      since: operation.since,
    };
    let seen;
    try {
      seen = await this.#ports.clusters.operation(operation.handle);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      // A look that failed says nothing about the operation.
      return { turn: { ...running, ...retry(error) }, memory: this.#memory };
    }
    if (seen.state === "running") return { turn: running, memory: this.#memory };
    if (seen.state === "failed")
      return this.#failed(
        operation.step,
        `${operation.what}: ${seen.code}: ${seen.message}`,
        settled,
      );
    // Succeeded or gone: what Azure now says of the cluster is the truth; the next tick reads it.
    const { failures: __, ...calm } = settled;
    return { turn: { ...running, retryAfterMs: 0 }, memory: calm };
  }

  #failed(step: ArmStep, message: string, settled: LaneMemory): Taken {
    const { laneParkMs } = this.#ports.timing;
    const count = (settled.failures?.count ?? 0) + 1;
    const pause = laneParkMs * Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_TICKS);
    const text = `a new try, because Azure said ${message}`;
    this.#ports.log.warn(
      { cluster: this.#situation.cluster.name, step, attempt: count, reason: message },
      "azure operation failed",
    );
    return {
      turn: { kind: "held-up", step, for: text },
      memory: {
        ...settled,
        failures: { step, count, message: text, until: this.#ports.clock.now() + pause },
      },
    };
  }

  async #start(): Promise<Taken> {
    const { cluster, observed, approved } = this.#situation;
    const repair = this.#repair();
    if (repair !== undefined) return repair;
    const found = observed.gateways.map(({ gateway }) =>
      buildable({ cluster, gateway }, observed.infrastructure, approved),
    );
    const steps = found.flatMap((each) => each.steps);
    if (steps.some(({ kind }) => kind === "static-egress-feature")) {
      return this.#submit("static-egress-feature", "the static egress feature", (address) =>
        this.#ports.clusters.change(
          address,
          { staticEgress: true },
          observed.infrastructure.azure.etag,
        ),
      );
    }
    const poolStep = steps.find(({ kind }) => kind === "gateway-node-pool");
    const pool = cluster.pools.find(({ name }) => name === poolStep?.target);
    if (pool !== undefined && observed.infrastructure.azure.staticEgress) {
      return this.#submit("gateway-node-pool", `gateway node pool ${pool.name}`, (address) =>
        this.#ports.clusters.createGatewayPool(address, pool),
      );
    }
    const enabling = this.#enable(steps);
    if (enabling !== undefined) return enabling;
    const obstacle = found.find((each) => each.obstacle !== undefined)?.obstacle;
    if (obstacle === undefined) return this.#give({ kind: "nothing" });
    const { step, why } = obstacle;
    return this.#give({ kind: "not-approved", for: `${step.kind} ${step.target}: ${why}` });
  }

  /**
   * After an operation of ours failed, Azure keeps what was asked for although it is not there: reading it back looks
   * like success. A failed cluster, and the pools that failed with it, take the same write again; a node pool that
   * failed by itself only a person can repair or delete.
   */
  #repair(): Promise<Taken> | undefined {
    const { observed } = this.#situation;
    const { azure } = observed.infrastructure;
    const step = azure.provisioningState === "Failed" ? this.#memory.failures?.step : undefined;
    if (step === "static-egress-feature" && azure.staticEgress) {
      return this.#submit(step, "the static egress feature, once more", (address) =>
        this.#ports.clusters.change(address, { staticEgress: true }, azure.etag),
      );
    }
    const again = observed.gateways.filter(({ enabled, ready }) => enabled && !ready);
    if (step === "egress-gateway" && again.length > 0) {
      const keys = again.map(({ key }) => key).join(", ");
      return this.#submit(step, `egress gateway ${keys}, once more`, (address) =>
        this.#ports.clusters.change(
          address,
          { egressGateways: again.map(({ gateway }) => entryOf(gateway)) },
          azure.etag,
        ),
      );
    }
    const names = new Set(observed.gateways.map(({ gateway }) => gateway.pool));
    const pool = azure.pools.find(
      ({ name, provisioningState }) => names.has(name) && provisioningState === "Failed",
    );
    if (pool === undefined) return undefined;
    const what = `node pool ${pool.name}, which is Failed in Azure: repair or delete it`;
    return Promise.resolve(this.#wait("gateway-node-pool", what));
  }

  /** One write for every gateway whose prefix is ready; a stuck one delays only itself. */
  #enable(steps: readonly Step[]): Promise<Taken> | undefined {
    const { observed, moreToCome } = this.#situation;
    const waiting = observed.gateways.filter(({ key }) =>
      steps.some(({ kind, target }) => kind === "egress-gateway" && target === key),
    );
    const ready = waiting.filter(({ egressIpPrefix }) => egressIpPrefix !== undefined);
    if (ready.length === 0) return undefined;
    const now = this.#ports.clock.now();
    const oldest = Math.min(...ready.map(({ key }) => this.#memory.readySince[key] ?? now));
    const { gatewayBatchMs } = this.#ports.timing;
    if ((moreToCome || ready.length < waiting.length) && now - oldest < gatewayBatchMs) {
      return Promise.resolve(
        this.#wait(
          "egress-gateway",
          "the other gateways' egress IP prefixes, so that one write enables them all",
        ),
      );
    }
    const names = ready.map(({ key }) => key).join(", ");
    return this.#submit(
      "egress-gateway",
      `egress gateway${ready.length === 1 ? "" : "s"} ${names}`,
      (address) =>
        this.#ports.clusters.change(
          address,
          { egressGateways: ready.map(({ gateway }) => entryOf(gateway)) },
          observed.infrastructure.azure.etag,
        ),
    );
  }

  async #submit(
    step: ArmStep,
    what: string,
    write: (address: ReturnType<typeof addressOf>) => Promise<OperationHandle | undefined>,
  ): Promise<Taken> {
    const { cluster } = this.#situation;
    const since = this.#ports.clock.now();
    try {
      const handle = await write(addressOf(cluster));
      this.#ports.log.info(
        { cluster: cluster.name, step, subject: what },
        "azure operation started",
      );
      const turn: AzureTurn = { kind: "running", step, for: what, since };
      if (handle === undefined) return { turn: { ...turn, retryAfterMs: 0 }, memory: this.#memory };
      return { turn, memory: { ...this.#memory, operation: { handle, step, since, what } } };
    } catch (error) {
      if (error instanceof FatalError)
        return this.#failed(step, `${what}: ${error.code}: ${causeOf(error)}`, this.#memory);
      if (!(error instanceof RetryableError)) throw error;
      // Carried out or not: the next tick reads the cluster and decides again.
      return this.#give({
        kind: "held-up",
        step,
        for: `Azure to take the write for ${what}: ${causeOf(error)}`,
        ...retry(error),
      });
    }
  }

  #wait(step: Step["kind"] | undefined, what: string): Taken {
    return this.#give({ kind: "held-up", step, for: what });
  }

  #give(turn: AzureTurn): Taken {
    return { turn, memory: this.#memory };
  }
}

function entryOf(gateway: { readonly name: string; readonly namespace: string }) {
  const { name, namespace } = gateway;
  return {
    name,
    namespace,
    enabled: true,
    gatewayConfigurationName: gatewayConfigurationName(gateway),
  };
}

function retry(error: RetryableError): { readonly retryAfterMs?: number } {
  return error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
}

function causeOf(error: FatalError | RetryableError): string {
  return Error.isError(error.cause) ? error.cause.message : error.message;
}
