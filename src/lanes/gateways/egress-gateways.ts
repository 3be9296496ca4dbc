import { digest } from "#src/domain/canonical.ts";
import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import {
  egressGatewayName,
  egressGatewayRef,
  egressGatewaySpec,
  gatewayIn,
  isOfInstance,
  newEgressGateway,
  specDifferences,
} from "#src/domain/gateways/egress-gateway.ts";
import {
  type GatewayMemory,
  isSameThing,
  type Made,
  type Memories,
  NO_MEMORY,
  readMemory,
  type Remembering,
} from "#src/domain/gateways/memory.ts";
import { type MemoryChange, memoryFields } from "#src/domain/gateways/memory-fields.ts";
import { type GatewayRef, gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { longestPauseMs } from "#src/domain/plan/azure/azure-answers.ts";
import { errorText, FatalError, isAdapterError, RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { bestEffort } from "../best-effort.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One tick's view of a cluster's EgressGateways: what the lane remembers, and the one way it remembers more. */
export class EgressGateways {
  readonly #ports: GatewaysPorts;
  readonly #mesh: Mesh;
  readonly #cluster: Cluster;
  /** Ours, and others' under a name of ours. */
  readonly #objects: Map<string, KubernetesObject>;

  private constructor({ ports, mesh, cluster }: Place, objects: readonly KubernetesObject[]) {
    this.#ports = ports;
    this.#mesh = mesh;
    this.#cluster = cluster;
    this.#objects = new Map(objects.map((object) => [object.metadata.name, object]));
  }

  static async read(place: Place): Promise<EgressGateways> {
    const { mesh, ports } = place;
    return new EgressGateways(
      place,
      await mesh.list("EgressGateway", { namespace: ports.systemNamespace }),
    );
  }

  /** The object of a gateway, where it is there and ours. */
  of(gateway: GatewayRef): KubernetesObject | undefined {
    const object = this.#objects.get(egressGatewayName(gateway));
    return isOfInstance(object, this.#ports.instance) ? object : undefined;
  }

  /** Of every gateway that has an object of ours, also one that is no longer configured. */
  memories(): Memories {
    const memories = new Map<string, GatewayMemory>();
    for (const object of this.#objects.values()) {
      const ref = gatewayIn(object);
      if (ref !== undefined && isOfInstance(object, this.#ports.instance))
        memories.set(gatewayKey(ref), readMemory(object, ref, this.#remembering()));
    }
    return memories;
  }

  memory(gateway: GatewayRef): GatewayMemory {
    const object = this.of(gateway);
    return object === undefined ? NO_MEMORY : readMemory(object, gateway, this.#remembering());
  }

  /**
   * Makes a gateway's object, or brings its spec to the configuration's. Answers what is wrong with it for people; where
   * there is no object, nothing of the gateway is built, since nothing of it could be remembered.
   */
  async ensure(gateway: ConfiguredGateway): Promise<string | undefined> {
    const spec = egressGatewaySpec(this.#ports.instance, this.#cluster, gateway);
    const name = egressGatewayName(gateway);
    if (spec === undefined) return `node pool ${gateway.pool} is not in the configuration`;
    const existing = this.#objects.get(name);
    if (existing === undefined) return this.#create(gateway, spec);
    if (!isOfInstance(existing, this.#ports.instance))
      return `EgressGateway ${name} belongs to another instance of Sallyport; give one of the two gateways another name`;
    if (existing.metadata.deletionTimestamp !== undefined)
      return `EgressGateway ${name} is being deleted`;
    await this.#update(gateway, spec);
    return undefined;
  }

  async #create(gateway: ConfiguredGateway, spec: Fields): Promise<string | undefined> {
    const object = newEgressGateway(this.#ports.systemNamespace, gateway, spec);
    try {
      this.#objects.set(object.metadata.name, await this.#mesh.create(object));
      this.#log("created", object.metadata.name);
      return undefined;
    } catch (error) {
      return problemIn(error);
    }
  }

  /** What the API server does not let change is told: a gateway that is there is never forced to be another one. */
  async #update(gateway: ConfiguredGateway, spec: Fields): Promise<void> {
    const name = egressGatewayName(gateway);
    const ref = egressGatewayRef(this.#ports.systemNamespace, gateway);
    for (const field of specDifferences(this.of(gateway), spec)) {
      const existing = this.of(gateway);
      if (existing === undefined) return;
      try {
        const patch = { spec: { [field]: spec[field] } };
        this.#objects.set(name, await this.#mesh.patch(ref, patch, preconditionOf(existing)));
        this.#log("updated", name);
      } catch (error) {
        const why = problemIn(error);
        const fields = { cluster: this.#cluster.name, subject: name, field, reason: why };
        this.#ports.log.info(fields, "an EgressGateway differs from the configuration");
        if (error instanceof FatalError) await this.#tellDifference({ name, field, why }, spec);
      }
    }
  }

  async #tellDifference(
    { name, field, why }: Readonly<Record<"name" | "field" | "why", string>>,
    spec: Fields,
  ): Promise<void> {
    const { announcer } = this.#ports;
    const cluster = this.#cluster.name;
    const key = `gateway-differs:${cluster}:${name}:${field}:${digest(spec[field] ?? null).slice(0, 16)}`;
    await bestEffort(this.#ports, `telling that EgressGateway ${name} differs`, () =>
      announcer.tell(
        key,
        `EgressGateway ${name} in cluster ${cluster} keeps its ${field}, and the configuration has another one: ${why}. ` +
          "A gateway that is there is never made into another. Set the configuration back, or give the teams a gateway of another name.",
      ),
    );
  }

  /**
   * Writes what is to be remembered of a gateway, with other fields of its status. An object that changed meanwhile is
   * read again, once.
   */
  async remember(gateway: GatewayRef, change: MemoryChange, more: Fields = {}): Promise<void> {
    const object = this.of(gateway);
    if (object === undefined) return;
    const { signer } = this.#ports;
    const fields = memoryFields(object.status?.["made"], change, {
      cluster: this.#cluster,
      gateway,
      sign: (record) => signer.sign("record", record).envelope,
    });
    const status = { ...more, ...fields };
    try {
      await this.#patchStatus(gateway, object, status);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      const ref = egressGatewayRef(this.#ports.systemNamespace, gateway);
      const now = await this.#mesh.get(ref);
      if (now === undefined || now.metadata.uid !== object.metadata.uid) throw error;
      await this.#patchStatus(gateway, now, status);
    }
  }

  /** What is gone is no longer something Sallyport made, whichever gateway's memory says so. */
  async forget(gone: readonly Pick<Made, "kind" | "target">[]): Promise<void> {
    for (const [key, { made }] of this.memories()) {
      const [namespace = "", name = ""] = key.split("/");
      if (made.some((each) => gone.some((one) => isSameThing(one, each))))
        await this.remember({ namespace, name }, { unmade: gone });
    }
  }

  async #patchStatus(gateway: GatewayRef, object: KubernetesObject, status: Fields): Promise<void> {
    const ref = egressGatewayRef(this.#ports.systemNamespace, gateway);
    const patched = await this.#mesh.patch(ref, { status }, preconditionOf(object), {
      subresource: "status",
    });
    this.#objects.set(object.metadata.name, patched);
  }

  #remembering(): Remembering {
    const { trust, clock, timing } = this.#ports;
    return {
      trust,
      cluster: this.#cluster,
      now: clock.now(),
      longestPauseMs: longestPauseMs(timing.laneParkMs),
    };
  }

  #log(action: "created" | "updated", name: string): void {
    this.#ports.log.info(
      { cluster: this.#cluster.name, subject: `EgressGateway ${name}`, action },
      "object changed",
    );
  }
}

/** What the gateways lane touches. */
export type GatewaysPorts = Pick<
  LanePorts,
  | "instance"
  | "systemNamespace"
  | "timing"
  | "store"
  | "lanes"
  | "memory"
  | "queue"
  | "clock"
  | "signer"
  | "trust"
  | "clusters"
  | "meshOf"
  | "announcer"
  | "configDigest"
  | "log"
>;

export interface Place {
  readonly ports: GatewaysPorts;
  readonly mesh: Mesh;
  readonly cluster: Cluster;
}

/** What an adapter's error says, for people; anything else is a bug and thrown. */
export function problemIn(error: unknown): string {
  if (!isAdapterError(error)) throw error;
  return errorText(error);
}
