import { z } from "zod";
import { believe } from "#src/domain/request/belief.ts";
import { sameJson } from "#src/domain/canonical.ts";
import type { Grant } from "#src/domain/grant.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import type { EndCause, RequestRecord } from "#src/domain/request/request.ts";
import type { LanePorts } from "../lane-ports.ts";
import { transition } from "../transition.ts";

/** The requests of one cluster that may have objects in it, judged by their signatures. */
export interface ClusterGrants {
  readonly live: readonly Believed[];
  readonly ended: readonly Believed[];
  /** Namespaces of requests whose record cannot be believed: nothing is created or updated there. */
  readonly held: ReadonlySet<string>;
}

export interface Believed {
  readonly record: RequestRecord;
  readonly grants: readonly Grant[];
}

type Ports = Pick<LanePorts, "store" | "written" | "verifiers" | "clock" | "announcer" | "lanes">;

/** Believes a record only where it is what was last written, and its signatures carry it. */
export async function readGrants(ports: Ports, cluster: string): Promise<ClusterGrants> {
  const before = await ports.written.catchUp();
  const records = await ports.store.list({});
  await ports.written.catchUp();
  const now = ports.clock.now();
  const live: Believed[] = [];
  const ended: Believed[] = [];
  const held = new Set<string>();
  const tampered: Tampered[] = [];
  const missing = new Map(ports.written.writtenBefore(before));
  for (const record of records) {
    const namespace = missing.get(record.id) ?? record.asked.scope.namespace;
    missing.delete(record.id);
    const belief = believe(record, ports.verifiers, now);
    const why = belief.kind === "tampered" ? belief.why : ports.written.problemOf(record, before);
    if (why !== undefined) {
      for (const touched of namespacesOf(record)) held.add(touched);
      tampered.push({ id: record.id, namespace, why });
    } else if (record.asked.cluster === cluster) {
      if (belief.kind === "live") live.push({ record, grants: belief.grants });
      if (belief.kind === "ended") ended.push({ record, grants: belief.grants });
    }
  }
  for (const [id, namespace] of missing)
    tampered.push({ id, namespace, why: "it is missing, or not readable" });
  for (const { namespace } of tampered) held.add(namespace);
  await reportTampering(ports, tampered);
  return { live, ended, held };
}

function namespacesOf({ asked, admission }: RequestRecord): readonly string[] {
  const granted = admission?.payload.grants ?? [];
  return [asked.scope.namespace, ...granted.map(({ scope }) => scope.namespace)];
}

interface Tampered {
  readonly id: string;
  readonly namespace: string;
  readonly why: string;
}

const TAMPERED = "tampered";

/** Each once, for as long as it stays; a record that was mended and changed again is told again. */
async function reportTampering(ports: Ports, tampered: readonly Tampered[]): Promise<void> {
  const known = Told.safeParse(await ports.lanes.read(TAMPERED)).data ?? {};
  const found = Object.fromEntries(tampered.map(({ id, why }) => [id, why]));
  if (sameJson(known, found)) return;
  for (const { id, namespace, why } of tampered) {
    if (known[id] === why) continue;
    await ports.store.audit(id, { actor: "worker", event: "tampered", details: { why } });
    await ports.announcer.tell(
      `${TAMPERED}:${id}`,
      `The stored record of ${id} was changed past Sallyport: ${why}. ` +
        `Nothing is built or removed for it, and namespace ${namespace} is left as it is. ` +
        "Find out who can write to Redis, and restore the Redis data from before the change.",
    );
  }
  for (const id of Object.keys(known))
    if (found[id] === undefined) await ports.announcer.over(`${TAMPERED}:${id}`);
  await ports.lanes.write(TAMPERED, found);
}

/** Why a record is not believed, by its id. */
const Told = z.record(z.string(), z.string());

const EVENT_OF: Readonly<Record<EndCause, "revoked" | "expired" | "gave-up">> = {
  revoked: "revoked",
  expired: "expired",
  unproven: "gave-up",
};

/** Moves every request whose end has come to `ending`, with the signed statement that allows removal. */
export async function settleEnds(
  ports: Pick<LanePorts, "store" | "verifiers" | "clock" | "queue" | "signer">,
  ended: readonly Believed[],
): Promise<void> {
  for (const { record } of ended) {
    if (!isLive(record.state)) continue;
    await transition(ports, record.id, (current) => {
      const belief = believe(current, ports.verifiers, ports.clock.now());
      if (belief.kind !== "ended") return undefined;
      const end = ports.signer.sign("end", {
        requestId: current.id,
        cause: belief.cause,
        at: belief.at,
      });
      return {
        event: EVENT_OF[belief.cause],
        patch: { end },
        actor: "worker",
        details: { cause: belief.cause, endedAt: belief.at },
      };
    });
  }
}
