import type { Installation } from "#test/support/installation.ts";
import { DATABASE, OUTSIDE } from "#test/support/workplace.ts";
import type { FaultShown } from "./wire.ts";

/** The servers outside that there are. */
export const SERVERS = [...OUTSIDE, DATABASE];

interface Fault {
  readonly id: string;
  /** What planting and mending do, as their buttons say it. */
  readonly plant: string;
  readonly mend: string;
  readonly planting: () => void | Promise<void>;
  readonly mending: () => void | Promise<void>;
}

/** Azure's own number, see test/simulators/arm/subscription/usages.ts. */
const PREFIXES = 1000;

/** What can be broken from the page, each until it is mended. */
export class Faults {
  readonly #faults: readonly Fault[];
  readonly #planted = new Set<string>();

  constructor(installation: Installation) {
    this.#faults = [
      ...hosts().map((host) => unknownName(installation, host)),
      quota(installation),
      ...(installation.redis.dir === "" ? [] : [stoppedRedis(installation)]),
    ];
  }

  shown(): readonly FaultShown[] {
    return this.#faults.map(({ id, plant, mend }) => ({
      id,
      plant,
      mend,
      isPlanted: this.#planted.has(id),
    }));
  }

  async plant(id: string): Promise<void> {
    const fault = this.#named(id);
    if (this.#planted.has(id)) return;
    this.#planted.add(id);
    await fault.planting();
  }

  async mend(id: string): Promise<void> {
    const fault = this.#named(id);
    if (this.#planted.delete(id)) await fault.mending();
  }

  #named(id: string): Fault {
    const found = this.#faults.find((fault) => fault.id === id);
    if (found === undefined) throw new Error(`there is no fault "${id}"`);
    return found;
  }
}

function hosts(): readonly string[] {
  return [...new Set(SERVERS.map(({ host }) => host))];
}

function unknownName({ dns }: Installation, host: string): Fault {
  const addresses = SERVERS.filter((server) => server.host === host).flatMap(
    (server) => server.addresses,
  );
  return {
    id: `name ${host}`,
    plant: `Make ${host} unknown to DNS`,
    mend: `Make ${host} known to DNS again`,
    planting: () => dns.set(host, { nxdomain: true }),
    mending: () => dns.set(host, { a: [...new Set(addresses)] }),
  };
}

function quota({ arm }: Installation): Fault {
  return {
    id: "quota",
    plant: "Let Azure have no public IP prefix left",
    mend: "Let Azure have public IP prefixes again",
    planting: () => arm.setLimit("PublicIpPrefixes", 0),
    mending: () => arm.setLimit("PublicIpPrefixes", PREFIXES),
  };
}

function stoppedRedis({ redis }: Installation): Fault {
  return {
    id: "redis",
    plant: "Stop Redis",
    mend: "Start Redis again",
    planting: () => redis.kill(),
    mending: () => redis.restart(),
  };
}
