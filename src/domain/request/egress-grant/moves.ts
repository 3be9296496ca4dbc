import { sameJson } from "../../canonical.ts";
import { gatewayKey } from "../../grant.ts";
import { listeningPort } from "../../network/modes/modes.ts";
import type { OpenGrant } from "./judge-egress-grant.ts";

/** Which open grants have their way at their gateway alone, while the namespace's traffic goes another one's. By id. */
export interface Moves {
  /** They take over later. */
  readonly waiting: ReadonlySet<string>;
  /** They were taken over, and take it back where what did so ends before it was seen to work. */
  readonly replaced: ReadonlySet<string>;
}

export const NO_MOVES: Moves = { waiting: new Set(), replaced: new Set() };

/**
 * A grant that moves another one to a new gateway has its way there first, and takes over at its time: apps of a namespace
 * reach one host and port by one gateway, so all that share them change together, or none does. Pure: of what is signed,
 * and whether a lane saw the gateway's side in place. `now`: epoch ms.
 */
export function movesOf(open: readonly OpenGrant[], now: number): Moves {
  // Nearly always: then no two grants are compared.
  if (!open.some(({ takesOverAfterMs }) => takesOverAfterMs !== undefined)) return NO_MOVES;
  const waiting = new Set<string>();
  const replaced = new Set<string>();
  for (const sharing of Map.groupBy(open, listenerOf).values()) {
    const pairs = sharing.flatMap((successor) =>
      sharing.flatMap((before) => (isMovedBy(before, successor) ? [{ before, successor }] : [])),
    );
    const [first] = pairs;
    if (first === undefined) continue;
    const to = gatewayKey(first.successor.grant.gateway);
    const ready = pairs.filter(({ successor }) => isReady(successor, now));
    const moved = new Set(ready.map(({ before }) => before));
    const others = sharing.filter((each) => !goesBy(each, to));
    if (others.every((each) => moved.has(each)))
      for (const { grant } of others) replaced.add(grant.id);
    else for (const { successor } of pairs) waiting.add(successor.grant.id);
  }
  return { waiting, replaced };
}

/** When it takes over at the earliest; undefined of one that moves nothing. Epoch ms. */
export function takesOverAt({ admission, takesOverAfterMs }: OpenGrant): number | undefined {
  return takesOverAfterMs === undefined ? undefined : admission.payload.at + takesOverAfterMs;
}

function isReady(successor: OpenGrant, now: number): boolean {
  return successor.wasApplied && now >= (takesOverAt(successor) ?? Infinity);
}

function isMovedBy(before: OpenGrant, successor: OpenGrant): boolean {
  return (
    successor.takesOverAfterMs !== undefined &&
    successor.follows === before.requestId &&
    givesTheSame(successor, before)
  );
}

/** Whatever gateway it goes by. */
export function givesTheSame(
  { grant: one }: Pick<OpenGrant, "grant">,
  { grant: other }: Pick<OpenGrant, "grant">,
): boolean {
  return (
    one.cluster === other.cluster &&
    one.team === other.team &&
    sameJson(one.scope, other.scope) &&
    sameJson(one.destination, other.destination)
  );
}

function goesBy({ grant }: OpenGrant, gateway: string): boolean {
  return gatewayKey(grant.gateway) === gateway;
}

function listenerOf({ grant: { scope, destination } }: OpenGrant): string {
  return `${scope.namespace} ${destination.host} ${listeningPort(destination)}`;
}
