import type { Trouble } from "./render/trouble.ts";

/** What one bot remembers of what it saw of Redis, the lanes and its clock. Pure; times are epoch ms by our clock. */
export interface WatchMemory {
  /** When Redis was first seen not to answer; undefined while it does. */
  readonly awaySince: number | undefined;
  /** By cluster: the time of its newest report, and since when we know no newer one. */
  readonly reports: ReadonlyMap<string, Report>;
  readonly troubles: readonly Trouble[];
}

export interface Report {
  readonly at: number | undefined;
  readonly since: number;
}

/** One look. `reports`: the time of each cluster's newest report, undefined where there is none. */
export interface Sighting {
  readonly now: number;
  readonly reports: ReadonlyMap<string, number | undefined> | "redis-away";
  readonly clockIsOff: boolean;
}

/** How long each may last before it is told. Milliseconds. */
export interface Patience {
  readonly redisMs: number;
  readonly lanesMs: number;
}

export const NOTHING_SEEN: WatchMemory = { awaySince: undefined, reports: new Map(), troubles: [] };

/** What is remembered after one more look. While Redis is away nothing is learnt about lanes, good or bad. */
export function lookedAgain(
  before: WatchMemory,
  { now, reports: seen, clockIsOff }: Sighting,
  patience: Patience,
): WatchMemory {
  const clock: readonly Trouble[] = clockIsOff ? [{ kind: "clock-off" }] : [];
  if (seen === "redis-away") {
    const since = before.awaySince ?? now;
    const away: readonly Trouble[] =
      now - since >= patience.redisMs ? [{ kind: "redis-away", since }] : [];
    const lanes = before.troubles.filter(({ kind }) => kind === "lanes-silent");
    return {
      awaySince: since,
      reports: before.reports,
      troubles: [...away, ...lanes, ...clock],
    };
  }
  const reports = new Map(
    [...seen].map(([cluster, at]) => [cluster, newest(before, { cluster, at, now })]),
  );
  const lanes = [...reports].flatMap(([cluster, { since }]): readonly Trouble[] =>
    now - since > patience.lanesMs ? [{ kind: "lanes-silent", cluster, since }] : [],
  );
  return { awaySince: undefined, reports, troubles: [...lanes, ...clock] };
}

/**
 * Counted by our own clock from the look at which a newer one came: the cluster's clock may differ. One that is older than
 * what was seen, or gone, is no report: somebody may put back old ones in turn.
 */
function newest(
  { awaySince, reports, troubles }: WatchMemory,
  look: { readonly cluster: string; readonly at: number | undefined; readonly now: number },
): Report {
  const { cluster, at, now } = look;
  const known = reports.get(cluster);
  const isNews = at !== undefined && (known?.at === undefined || at > known.at);
  if (known === undefined || isNews) return { at, since: now };
  const isTold = troubles.some((each) => each.kind === "lanes-silent" && each.cluster === cluster);
  // Lanes that wrote nothing while Redis was away get their time again, unless they were silent before.
  return awaySince === undefined || isTold ? known : { at: known.at, since: now };
}

/** One trouble has one name, as long as it lasts. */
export function nameOf(trouble: Trouble): string {
  return trouble.kind === "lanes-silent" ? `lanes-silent:${trouble.cluster}` : trouble.kind;
}
