import { endpoint } from "#src/domain/grant.ts";
import { asksSeveral, destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { letsPassAll } from "#src/domain/request/egress-grant/amended.ts";
import { sameJson } from "#src/domain/canonical.ts";
import type { Asked, GivenBefore, RequestRecord } from "#src/domain/request/request.ts";
import { formatDuration } from "#src/domain/time/duration.ts";
import { code, literal, moment } from "../text.ts";

/** Of a request that amends another one: what changes, before and after, as the plan found it. */
export function amendLines({ asked, plan }: RequestRecord): readonly string[] {
  const { follows = "", amends } = asked;
  if (amends === undefined) return [];
  const before = plan?.before ?? [];
  const each = destinationsAsked(asked).flatMap(({ destination }, at) => {
    const was = before[at];
    return was === undefined ? [] : [{ destination, was }];
  });
  return [
    `Amends ${code(follows)}, which ends once this one works; until then nothing changes${moreOrLess(asked, each)}`,
    ...each.flatMap(({ destination, was }) => {
      const where = asksSeveral(asked) ? `${code(endpoint(destination))} ` : "";
      return [
        ...change(`${where}paths`, was.destination.paths, destination.paths),
        ...change(`${where}methods`, was.destination.methods, destination.methods),
      ];
    }),
    ...scopeAndEnd(asked, before),
  ];
}

type Each = readonly {
  readonly destination: Asked["destination"];
  readonly was: GivenBefore;
}[];

/** Proven, or not said: what lets more pass is read with other eyes than what lets less pass. */
function moreOrLess({ scope }: Asked, each: Each): string {
  if (each.length === 0) return "";
  const isLess = each.every(({ destination, was }) => letsPassAll(was, { scope, destination }));
  const isMore = each.every(({ destination, was }) => letsPassAll({ scope, destination }, was));
  if (isLess && isMore) return ". What passes stays the same";
  return isLess
    ? ". *It lets less pass than now*"
    : `. :warning: *It lets more pass than now*${isMore ? "" : ", and some no longer"}`;
}

/** Of all its destinations alike. */
function scopeAndEnd(asked: Asked, before: readonly GivenBefore[]): readonly string[] {
  const [first] = before;
  if (first === undefined) return [];
  const { durationMs, latestEnd } = asked;
  const endsAt = Math.min(...before.map((was) => was.endsAt));
  const isSameEnd = latestEnd === endsAt;
  const end =
    durationMs === undefined
      ? moment(latestEnd)
      : `${formatDuration(durationMs)} after this one works`;
  return [
    ...change("service accounts", named(first.scope), named(asked.scope)),
    ...(isSameEnd ? [] : [`• end: ${moment(endsAt)} → ${end}`]),
  ];
}

function named({
  serviceAccounts,
}: Pick<GivenBefore["scope"], "serviceAccounts">): readonly string[] | undefined {
  return serviceAccounts.length === 0 ? undefined : serviceAccounts;
}

/** Undefined = all. */
function change(
  what: string,
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): readonly string[] {
  return sameJson(before ?? null, after ?? null)
    ? []
    : [`• ${what}: ${listed(before)} → ${listed(after)}`];
}

/** Characters of a list; what a grant lets pass from now on stands on its card as a whole. */
const LISTED = 250;

function listed(all: readonly string[] | undefined): string {
  if (all === undefined) return "all";
  const shown: string[] = [];
  let left = LISTED;
  for (const each of all) {
    left -= each.length + 4;
    if (left < 0 && shown.length > 0) break;
    shown.push(literal(each, LISTED));
  }
  const more = all.length - shown.length;
  return `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}
