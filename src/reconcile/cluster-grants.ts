import { believe, type Belief } from "#src/domain/belief.ts";
import type { Grant } from "#src/domain/grant.ts";
import { isLive } from "#src/domain/lifecycle.ts";
import type { EndCause, RequestRecord } from "#src/domain/request.ts";
import type { LanePorts } from "./lane-ports.ts";
import { transition } from "./transition.ts";

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

type Ports = Pick<LanePorts, "store" | "verifiers" | "clock" | "announcer" | "lanes">;

export async function readGrants(ports: Ports, cluster: string): Promise<ClusterGrants> {
  const records = await ports.store.list({ cluster });
  const now = ports.clock.now();
  const live: Believed[] = [];
  const ended: Believed[] = [];
  const held = new Set<string>();
  for (const record of records) {
    const belief = believe(record, ports.verifiers, now);
    switch (belief.kind) {
      case "live":
        live.push({ record, grants: belief.grants });
        break;
      case "ended":
        ended.push({ record, grants: belief.grants });
        break;
      case "tampered":
        held.add(record.asked.scope.namespace);
        for (const grant of record.admission?.payload.grants ?? []) held.add(grant.scope.namespace);
        await reportTampering(ports, record, belief);
        break;
      case "nothing":
        break;
    }
  }
  return { live, ended, held };
}

async function reportTampering(
  ports: Ports,
  record: RequestRecord,
  belief: Belief & { kind: "tampered" },
): Promise<void> {
  const key = `tampered:${record.id}`;
  if ((await ports.lanes.read(key)) === belief.why) return;
  await ports.store.audit(record.id, {
    actor: "worker",
    event: "tampered",
    details: { why: belief.why },
  });
  await ports.lanes.write(key, belief.why);
  await ports.announcer.tell(
    key,
    `The stored record of ${record.id} was changed past Sallyport: ${belief.why}. ` +
      `Nothing is built or removed for it, and namespace ${record.asked.scope.namespace} is left as it is. ` +
      "Find out who can write to Redis, and restore the Redis data from before the change.",
  );
}

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
