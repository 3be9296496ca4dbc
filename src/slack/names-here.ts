import type { Names } from "#src/domain/grammar/names.ts";
import type { Config } from "#src/config/config.ts";
import type { AskedText } from "./commands/asked-text.ts";

/**
 * All that the grammar can know of this installation. Examples name the channel's team where it belongs to one, else any
 * that is there; days are counted from when it was written.
 */
export function namesHere(
  { directory: { teams, clusters }, durations }: Pick<Config, "directory" | "durations">,
  { channel, at }: Pick<AskedText, "channel" | "at">,
): Names {
  const team = (teams.find((each) => each.channel === channel) ?? teams[0])?.name;
  const cluster = clusters[0]?.name;
  return {
    ...(team === undefined ? {} : { team }),
    ...(cluster === undefined ? {} : { cluster }),
    teams,
    clusters: clusters.map(({ name }) => name),
    now: at,
    maxMs: durations.maximumMs,
  };
}
