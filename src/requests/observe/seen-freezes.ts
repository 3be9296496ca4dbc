import { z } from "zod";
import { sameJson } from "#src/domain/canonical.ts";
import { Envelope } from "#src/domain/request/signed/envelope.ts";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import { decodeStatement, type Signed } from "#src/domain/request/signed/signature.ts";
import type { LanePorts } from "../lane-ports.ts";

/*
 * Freezes and lifts the mesh lane has seen, kept twice: in Redis, and in this process. Only the worker writes there, and
 * only what it verified, so what is read back is not verified once more: it stays true when a key is retired.
 */

type Ports = Pick<LanePorts, "lanes" | "memory" | "trust">;

const Kept = z.array(Envelope);

/** @throws RetryableError where Redis does not answer. */
export async function storedFreezes(
  ports: Ports,
  cluster: string,
): Promise<readonly Signed<ClusterDecision>[]> {
  return opened(ports, cluster, await ports.lanes.read(keyOf(cluster)));
}

export async function freezesInMemory(
  ports: Ports,
  cluster: string,
): Promise<readonly Signed<ClusterDecision>[]> {
  return opened(ports, cluster, await ports.memory.read(keyOf(cluster)));
}

/** In this process first: it holds whether or not Redis answers. */
export async function rememberFreezes(
  { lanes, memory }: Ports,
  cluster: string,
  seen: readonly Signed<ClusterDecision>[],
): Promise<void> {
  const envelopes = seen.map(({ envelope }) => envelope);
  await memory.write(keyOf(cluster), envelopes);
  const stored = Kept.safeParse(await lanes.read(keyOf(cluster))).data ?? [];
  if (!sameJson(stored, envelopes)) await lanes.write(keyOf(cluster), envelopes);
}

function opened(
  { trust }: Ports,
  cluster: string,
  raw: unknown,
): readonly Signed<ClusterDecision>[] {
  return (Kept.safeParse(raw).data ?? []).flatMap((envelope) => {
    const decoded = decodeStatement(trust, envelope, "decision");
    if (!decoded.opened) return [];
    const { payload } = decoded.statement;
    return payload.about === "cluster" && payload.cluster === cluster
      ? [{ payload, envelope }]
      : [];
  });
}

function keyOf(cluster: string): string {
  return `freezes:${cluster}`;
}
