import { digest } from "../../canonical.ts";
import type { Team } from "../../directory.ts";
import { parseDuration, writeAsked } from "../../time/duration.ts";

/** A team as one chooses it, in one of its places where it has several. */
export interface TeamChoice {
  /** At most 75 characters: https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
  readonly value: string;
  readonly team: string;
  readonly place: { readonly cluster: string; readonly namespace: string } | undefined;
}

/** Every team in every place it has, in the order of the directory. */
export function teamChoices(
  teams: readonly Pick<Team, "name" | "placements">[],
): readonly TeamChoice[] {
  return teams.flatMap(({ name, placements }): readonly TeamChoice[] => {
    if (placements.length < 2) return [{ value: name, team: name, place: undefined }];
    return placements.map(({ cluster, namespace }) => ({
      // Two names may be as long as a whole value.
      value: `${name}/${digest({ cluster, namespace }).slice(0, 8)}`,
      team: name,
      place: { cluster, namespace },
    }));
  });
}

const OFFERED = ["1h", "8h", "1d", "7d", "30d", "90d", "180d", "365d"];

/**
 * How long one may ask for, as one writes it, shortest first: what is usual, the default, the longest there is, and what
 * was asked for already. An end that was asked for as a day stands last.
 */
export function durationChoices(
  { defaultMs, maximumMs }: { readonly defaultMs: number; readonly maximumMs: number },
  asked = "",
): readonly string[] {
  const usual = OFFERED.map((text) => parseDuration(text) ?? 0);
  const [, wanted = ""] = /^for (\S+)$/.exec(asked) ?? [];
  const all = [...usual, defaultMs, maximumMs, parseDuration(wanted) ?? 0];
  const fitting = [...new Set(all)].filter((ms) => ms > 0 && ms <= maximumMs);
  return [
    ...fitting.toSorted((a, b) => a - b).map((ms) => writeAsked({ kind: "for", ms })),
    ...(asked.startsWith("until ") ? [asked] : []),
  ];
}
