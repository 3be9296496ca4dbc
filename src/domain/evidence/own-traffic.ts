import { endpoint, type Grant } from "../grant.ts";
import { modeOf } from "../network/modes/modes.ts";
import type { GatewayLine, ProbedGrant } from "./check.ts";
import { type Finding, passed } from "./finding.ts";
import type { AccessLogLine } from "./log/access-log.ts";
import { bytesText, isOfGrant } from "./passage.ts";
import { whyNotAsked } from "./probe/probe-attempts.ts";
import { onSameDoor, probedGrant } from "./probe/probed-grant.ts";

/** What a gateway's log is searched for. */
export interface OwnTrafficWish {
  /** In every line of it; most lines are not read any further. */
  readonly name: string;
  readonly isOwn: (line: AccessLogLine) => boolean;
}

/** So far back own traffic counts: a job that runs once a day is seen. Milliseconds. */
const COUNTS_FOR_MS = 24 * 3_600_000;

/**
 * How to know a scope's own traffic, where that is the only proof there may be: no probe speaks the destination's protocol,
 * or each request may change something there. Undefined of every other grant, and of a tunnel by which another live grant
 * lets other accounts pass, whose lines look the same.
 */
export function ownTrafficOf(grant: Grant, live: readonly Grant[]): OwnTrafficWish | undefined {
  const { destination, scope } = grant;
  if (destination.mode !== "tcp" && whyNotAsked(destination) === undefined) return undefined;
  const { doorName, routeNames } = probedGrant(grant, live);
  const own: ProbedGrant = { destination, scope, doorName, routeNames: routeNames.slice(0, 1) };
  if (modeOf(destination).passes === "route")
    return { name: own.routeNames[0] ?? doorName, isOwn: (line) => isOfGrant(own, line) };
  const isShared = scope.serviceAccounts.length > 0 && onSameDoor(grant, live).length > 0;
  return isShared ? undefined : { name: doorName, isOwn: (line) => isOfGrant(own, line) };
}

/** From when on it counts: never before the grant was admitted. Epoch ms. */
export function ownTrafficSince(admittedAt: number, now: number): number {
  return Math.max(admittedAt, now - COUNTS_FOR_MS);
}

/** What is known of a destination that a probe could not see answer. */
export function reachedByOwn({ destination }: ProbedGrant, { line }: GatewayLine): Finding {
  const answer =
    modeOf(destination).passes === "route" ? `HTTP ${line.responseCode}` : bytesText(line);
  return passed(
    `${endpoint(destination)} answered the namespace's own traffic at ${line.startTime}, as no probe can ask it: ${answer}`,
    [line.raw],
  );
}

export function passedByOwn({ pod, line }: GatewayLine): Finding {
  return passed(`gateway pod ${pod} logged the namespace's own traffic under this grant`, [
    line.raw,
  ]);
}
