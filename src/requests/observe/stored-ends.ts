import { saysAllEnded } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import { RequestId } from "#src/domain/request/shapes.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import { isAdapterError, isOverfull } from "#src/ports/errors.ts";
import { within } from "#src/ports/within.ts";
import type { LanePorts } from "../lane-ports.ts";
import { freezesInMemory, storedFreezes } from "./seen-freezes.ts";

/** What Redis says that the cluster has not heard of. */
export interface Stored {
  readonly ends: ReadonlyMap<string, readonly unknown[]>;
  readonly orders: readonly unknown[];
  readonly seen: readonly Signed<ClusterDecision>[];
  /** It may know more than this. */
  readonly silent: boolean;
  /** It answers, and holds more than can be read in time. */
  readonly overfull: boolean;
}

/** All that a run reads of Redis before it closes anything is there after this, or counts as silent. Milliseconds. */
const STORE_TIME_MS = 2000;

/**
 * Ends and orders that people made and the cluster has not heard of. A Redis that is away, or filled by somebody, hides
 * them, and stops nothing: only what this cluster has open is asked for, and only for so long.
 */
export async function readStored(
  ports: Pick<LanePorts, "store" | "lanes" | "memory" | "trust">,
  cluster: string,
  objects: readonly KubernetesObject[],
  signal = AbortSignal.timeout(STORE_TIME_MS),
): Promise<Stored> {
  const ids = objects.flatMap(idToAsk);
  const [ends, orders, stored, seen] = await Promise.all([
    inTime(signal, ports.store.ends(ids, signal)),
    inTime(signal, ports.store.orders(cluster)),
    inTime(signal, storedFreezes(ports, cluster)),
    freezesInMemory(ports, cluster),
  ]);
  const isWhole = "answer" in ends && ends.answer.whole;
  return {
    ends: "answer" in ends ? ends.answer.ends : new Map(),
    orders: "answer" in orders ? orders.answer : [],
    seen: "answer" in stored ? [...stored.answer, ...seen] : seen,
    silent: !(isWhole && "answer" in orders && "answer" in stored),
    overfull: ("answer" in ends && !isWhole) || ("isFull" in orders && orders.isFull),
  };
}

async function inTime<Answer>(
  signal: AbortSignal,
  asked: Promise<Answer>,
): Promise<{ readonly answer: Answer } | { readonly isFull: boolean }> {
  try {
    return { answer: await within(signal, "reading redis", asked) };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { isFull: isOverfull(error) };
  }
}

/** Of what does not say its end itself. */
function idToAsk({ metadata, spec }: KubernetesObject): readonly string[] {
  const id = RequestId.safeParse(metadata.name.toUpperCase()).data;
  if (id === undefined) return [];
  return saysAllEnded(spec, id) ? [] : [id];
}
