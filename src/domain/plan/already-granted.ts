import type { Destination, Grant, Scope } from "../grant.ts";
import { endpoint } from "../grant.ts";
import { limitsInclude } from "../network/limits.ts";
import { includes, overlaps } from "../network/wildcard.ts";
import { type Refusal, refuse } from "../outcome.ts";
import { includesScope } from "../request/egress-grant/amended.ts";
import { takesFrom } from "./narrower.ts";

interface Asked {
  readonly cluster: string;
  readonly scope: Scope;
  readonly destination: Destination;
}

/** A live grant; `endsAt` is known once its clock runs. */
export interface HeldGrant {
  readonly grant: Grant;
  readonly endsAt: number | undefined;
}

/** The live grant that already covers all of what is asked, if any: same cluster, a scope and limits as wide. */
export function coveringGrant(asked: Asked, live: readonly Grant[]): Grant | undefined {
  return live.find(
    (grant) => leadsThere(grant, asked, live) && includesScope(grant.scope, asked.scope),
  );
}

/** A request for what one grant gives already. */
export function alreadyGranted(asked: Asked, held: readonly HeldGrant[]): Refusal | undefined {
  const covering = coveringGrant(
    asked,
    held.map(({ grant }) => grant),
  );
  const holder = held.find(({ grant }) => grant === covering);
  if (holder === undefined) return undefined;
  const { id, team } = holder.grant;
  return refuse("AlreadyGranted", {
    what: `${endpoint(asked.destination)} was not requested again`,
    why: `${id} already grants it to ${team} ${untilText(holder)}`,
    fix: `see \`@sallyport status ${id}\``,
  });
}

/**
 * Of a request for what some of its accounts have already: who has it until when, by the grant that lasts longest for
 * them, and who is new. One line, or none.
 */
export function partlyGranted(asked: Asked, held: readonly HeldGrant[]): readonly string[] {
  const live = held.map(({ grant }) => grant);
  const there = held
    .filter(({ grant }) => leadsThere(grant, asked, live))
    .toSorted((one, other) => lastsUntil(other) - lastsUntil(one));
  const isNamespace = asked.scope.serviceAccounts.length === 0;
  const wanted = isNamespace
    ? [...new Set(there.flatMap(({ grant }) => grant.scope.serviceAccounts))].toSorted()
    : asked.scope.serviceAccounts;
  const holders = wanted.map((account) => ({
    account,
    by: there.find(({ grant }) => includesScope(grant.scope, only(asked.scope, account))),
  }));
  const having = there.flatMap((each) => {
    const accounts = holders.filter(({ by }) => by === each).map(({ account }) => account);
    return accounts.length === 0
      ? []
      : [`${namesText(accounts)} ${accounts.length === 1 ? "has" : "have"} it ${whence(each)}`];
  });
  if (having.length === 0) return [];
  const left = holders.filter(({ by }) => by === undefined).map(({ account }) => account);
  const fresh = isNamespace ? ["every other account of the namespace"] : left;
  return [`already granted in part: ${having.join(", ")}; ${freshText(fresh)}`];
}

function whence(held: HeldGrant): string {
  return `${untilText(held)} by ${held.grant.id}`;
}

function freshText(accounts: readonly string[]): string {
  if (accounts.length === 0) return "nobody is new";
  return `only ${namesText(accounts)} ${accounts.length === 1 ? "is" : "are"} new`;
}

const MOST_NAMED = 4;

function namesText(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0
    ? `${names.slice(0, MOST_NAMED).join(", ")} and ${more} more`
    : [names.slice(0, -1).join(", "), ...names.slice(-1)]
        .filter((part) => part !== "")
        .join(" and ");
}

function lastsUntil({ grant, endsAt }: HeldGrant): number {
  return endsAt ?? grant.latestEnd;
}

function untilText(held: HeldGrant): string {
  const until = new Date(lastsUntil(held)).toISOString().slice(0, 16).replace("T", " ");
  return `${held.endsAt === undefined ? "at the latest " : ""}until ${until} UTC`;
}

function only({ namespace }: Scope, account: string): Scope {
  return { namespace, serviceAccounts: [account] };
}

/** Whether all that is asked for may be reached by it, by whom it may. */
function leadsThere(grant: Grant, asked: Asked, live: readonly Grant[]): boolean {
  const { cluster, scope, destination: given } = grant;
  const wanted = asked.destination;
  return (
    cluster === asked.cluster &&
    scope.namespace === asked.scope.namespace &&
    includes(given.host, wanted.host) &&
    given.port === wanted.port &&
    given.mode === wanted.mode &&
    // A host below a wildcard is asked for without one.
    (wanted.via === undefined || given.via === wanted.via) &&
    !live.some((other) => other.cluster === cluster && takesSome(other, grant, wanted)) &&
    limitsInclude(given, wanted)
  );
}

/** Whether some of what is asked goes by another grant, which is for less than the wildcard. */
function takesSome(other: Grant, wildcard: Grant, wanted: Destination): boolean {
  return takesFrom(other, wildcard) && overlaps(other.destination.host, wanted.host);
}
