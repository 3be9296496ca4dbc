import type { Destination } from "../../grant.ts";
import { type TypedTerms, withTerms } from "../../network/terms.ts";
import { isRefusal } from "../../outcome.ts";
import type { AskedDuration } from "../../time/duration.ts";
import type { Draft } from "../strict/line.ts";
import type { Names } from "../names.ts";
import type { Place } from "../wordy/place.ts";
import { readClausesIn } from "../wordy/read-parts.ts";

/**
 * The draft alone where its reason is a reason. Where it holds a clause that would change something (`… because we are
 * debugging, for 1h`), both readings: the clause taken out and carried out, and all of it as the reason.
 */
export function readingsOfReason(
  draft: Draft,
  names: Names,
): readonly [Draft, ...(readonly Draft[])] {
  const { reason, isLiteral, ...plain } = draft;
  if (reason === undefined || isLiteral === true) return [draft];
  const { parts, without } = readClausesIn(reason, names);
  const [duration] = parts.durations.filter((each) => !isSameTime(each, draft.duration));
  const [team] = parts.teams.filter((each) => each !== draft.team);
  const [place] = parts.places.filter((each) => isElsewhere(each, draft, names));
  const narrowed = withSaid(draft.destination, parts.terms);
  if ([duration, team, place, narrowed].every((found) => found === undefined)) return [draft];
  const taken: Draft = {
    ...plain,
    ...(narrowed === undefined ? {} : { destination: narrowed }),
    ...(team === undefined ? {} : { team }),
    ...(duration === undefined ? {} : { duration }),
    ...(without === "" ? {} : { reason: without }),
  };
  const { cluster: _cluster, namespace: _namespace, ...elsewhere } = taken;
  return [place === undefined ? taken : { ...elsewhere, ...place }, { ...draft, isLiteral: true }];
}

/** The destination with what the reason says of it; undefined where that is nothing new, or does not go with it. */
function withSaid(destination: Destination, said: TypedTerms): Destination | undefined {
  const terms: TypedTerms = {
    ...(destination.paths === undefined && said.paths !== undefined ? { paths: said.paths } : {}),
    ...(destination.methods === undefined && said.methods !== undefined
      ? { methods: said.methods }
      : {}),
    ...(destination.mode === "http" && said.originate !== undefined
      ? { originate: said.originate }
      : {}),
  };
  if (Object.keys(terms).length === 0) return undefined;
  const { via, paths, methods, ...base } = destination;
  const kept: TypedTerms = {
    ...(via === undefined ? {} : { via }),
    ...(paths === undefined ? {} : { paths }),
    ...(methods === undefined ? {} : { methods }),
  };
  const found = withTerms(base, { ...kept, ...terms }, { clusterDomains: [] });
  return isRefusal(found) ? undefined : found;
}

/** Where there is one cluster only, its name alone changes nothing. */
function isElsewhere(place: Place, draft: Draft, { clusters = [] }: Names): boolean {
  const { namespace = draft.namespace } = place;
  const cluster = draft.cluster ?? (clusters.length === 1 ? clusters[0] : undefined);
  return place.cluster !== cluster || namespace !== draft.namespace;
}

function isSameTime(one: AskedDuration, other: AskedDuration | undefined): boolean {
  if (one.kind === "for") return other?.kind === "for" && one.ms === other.ms;
  return other?.kind === "until" && one.at === other.at;
}
