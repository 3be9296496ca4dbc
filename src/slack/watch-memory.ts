import type { Trouble } from "./render/trouble/trouble.ts";

/** What one bot remembers of what it saw of Redis, the lanes and its clock. Pure; times are epoch ms by our clock. */
export interface WatchMemory {
  /** When Redis was first seen not to answer; undefined while it does. */
  readonly awaySince: number | undefined;
  /** By cluster: the time of its newest report, and since when we know no newer one. */
  readonly reports: ReadonlyMap<string, Report>;
  /** The same of its gateways lane. */
  readonly gateways: ReadonlyMap<string, Report>;
  readonly troubles: readonly Trouble[];
}

export interface Report {
  readonly at: number | undefined;
  readonly since: number;
}

/** One look. By cluster: the time of the newest report of its lane, undefined where there is none. */
export interface SeenLanes {
  readonly mesh: ReadonlyMap<string, number | undefined>;
  readonly gateways: ReadonlyMap<string, number | undefined>;
}

export interface Sighting {
  readonly now: number;
  readonly lanes: SeenLanes | "redis-away";
  readonly clockIsOff: boolean;
}

/** How long each may last before it is told. Milliseconds. */
export interface Patience {
  readonly redisMs: number;
  readonly lanesMs: number;
  /** Longer than that: who does not hear the mesh lane either says that alone. */
  readonly gatewaysMs: number;
}

export const NOTHING_SEEN: WatchMemory = {
  awaySince: undefined,
  reports: new Map(),
  gateways: new Map(),
  troubles: [],
};

/** What is remembered after one more look. While Redis is away nothing is learnt about lanes, good or bad. */
export function lookedAgain(
  before: WatchMemory,
  { now, lanes: seen, clockIsOff }: Sighting,
  patience: Patience,
): WatchMemory {
  const clock: readonly Trouble[] = clockIsOff ? [{ kind: "clock-off" }] : [];
  if (seen === "redis-away") {
    const since = before.awaySince ?? now;
    const away: readonly Trouble[] =
      now - since >= patience.redisMs ? [{ kind: "redis-away", since }] : [];
    const lanes = before.troubles.filter(({ kind }) => SILENCES.some((each) => each === kind));
    return { ...before, awaySince: since, troubles: [...away, ...lanes, ...clock] };
  }
  const { awaySince, troubles } = before;
  const reports = new Map(
    [...seen.mesh].map(([cluster, at]) => {
      const isTold = isTrouble(troubles, "lanes-silent", cluster);
      const known = before.reports.get(cluster);
      return [cluster, newest(known, { at, now, isExcused: awaySince !== undefined && !isTold })];
    }),
  );
  const silent = silentSince("lanes-silent", reports, { now, patienceMs: patience.lanesMs });
  const gateways = new Map(
    [...seen.gateways].map(([cluster, at]) => {
      const isTold = isTrouble(troubles, "gateways-silent", cluster);
      const isExcused = awaySince !== undefined || isTrouble(silent, "lanes-silent", cluster);
      const known = before.gateways.get(cluster);
      return [cluster, newest(known, { at, now, isExcused: isExcused && !isTold })];
    }),
  );
  const halted = silentSince("gateways-silent", gateways, { now, patienceMs: patience.gatewaysMs });
  return {
    awaySince: undefined,
    reports,
    gateways,
    troubles: [...silent, ...halted, ...clock],
  };
}

const SILENCES = ["lanes-silent", "gateways-silent"] as const;
type Silence = (typeof SILENCES)[number];

function isTrouble(troubles: readonly Trouble[], kind: Silence, cluster: string): boolean {
  return troubles.some((each) => each.kind === kind && each.cluster === cluster);
}

function silentSince(
  kind: Silence,
  reports: ReadonlyMap<string, Report>,
  { now, patienceMs }: { readonly now: number; readonly patienceMs: number },
): readonly Trouble[] {
  return [...reports].flatMap(([cluster, { since }]) =>
    now - since > patienceMs ? [{ kind, cluster, since }] : [],
  );
}

/**
 * Counted by our own clock from the look at which a newer one came: the cluster's clock may differ. One that is older than
 * what was seen, or gone, is no report: somebody may put back old ones in turn. `isExcused`: it could not report, and gets
 * its time again.
 */
function newest(
  known: Report | undefined,
  look: { readonly at: number | undefined; readonly now: number; readonly isExcused: boolean },
): Report {
  const { at, now, isExcused } = look;
  const isNews = at !== undefined && (known?.at === undefined || at > known.at);
  if (known === undefined || isNews) return { at, since: now };
  return isExcused ? { at: known.at, since: now } : known;
}

/** One trouble has one name, as long as it lasts. */
export function nameOf(trouble: Trouble): string {
  return "cluster" in trouble ? `${trouble.kind}:${trouble.cluster}` : trouble.kind;
}
