import { sameJson } from "../../canonical.ts";
import type { Destination } from "../../grant.ts";
import { parseDestination, type TypedDestination } from "../../network/destination.ts";
import { type TypedTerms, withTerms } from "../../network/terms.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import { allObstacles } from "../../plan/several/all-obstacles.ts";
import { MOST_DESTINATIONS } from "../../request/shapes.ts";
import { typedForShow } from "../reason/redact.ts";
import type { Names } from "../names.ts";
import { readingsOfReason } from "../reason/unclear-reason.ts";
import type { TypedPart } from "./clauses.ts";
import type { Draft } from "./line.ts";

/** Several destinations as they were typed, each with its own limits; `hosts` in the same order. */
export interface SeveralRead {
  readonly destinations: readonly Destination[];
  readonly hosts: readonly string[];
}

export type Several =
  | ({ readonly kind: "read" } & SeveralRead)
  /** What may be meant, one of these: which port, or whose a limit is, is left open. */
  | { readonly kind: "unclear"; readonly readings: readonly SeveralRead[]; readonly why: string }
  | Refusal;

/**
 * Several typed destinations. A limit belongs to the one it stands right behind; one that may be meant for others, too, or
 * stands behind none, is asked about. All that cannot be asked for are named at once.
 */
export function readSeveral(parts: readonly TypedPart[], loose: TypedTerms): Several {
  if (parts.length > MOST_DESTINATIONS) return tooMany(parts.length);
  const looks = parts.map(({ typed }) => likeliest(typed));
  const read = looks.flatMap((look) => (isRefusal(look) ? [] : [look.found]));
  if (read.length < parts.length) return named(parts, looks);
  const whys = looks.flatMap((look) =>
    isRefusal(look) || look.why === undefined ? [] : [look.why],
  );
  const owns = ownersOf(parts, { read, loose });
  const readings = owns.map((terms) => withEach(parts, { read, terms }));
  const good = readings.flatMap((reading) => (isRefusal(reading) ? [] : [reading]));
  const [first] = readings;
  if (first === undefined || good.length === 0)
    return isRefusal(first) ? first : tooMany(parts.length);
  if (owns.length > 1 || Object.keys(loose).length > 0) whys.push(WHOSE);
  const [only] = good;
  return whys.length === 0 && only !== undefined
    ? { kind: "read", ...only }
    : { kind: "unclear", readings: good, why: whys.join("; ") };
}

/** What is asked for by each reading, with each reading of its reason. */
export function draftsOf(
  read: Exclude<Several, Refusal>,
  others: Omit<Draft, "kind" | "destination" | "also">,
  names: Names,
): readonly Draft[] {
  const readings = read.kind === "read" ? [read] : read.readings;
  return readings.flatMap(({ destinations: [destination, ...also] }) =>
    destination === undefined
      ? []
      : readingsOfReason(
          { ...others, kind: "allow", destination, ...(also.length === 0 ? {} : { also }) },
          names,
        ),
  );
}

const WHOSE =
  "a limit at the end may be meant for one destination or for several; write it right behind its destination";

function tooMany(count: number): Refusal {
  return refuse("TooManyDestinations", {
    what: "nothing was requested",
    why: `it names ${count} destinations, and a request takes at most ${MOST_DESTINATIONS}`,
    fix: "ask for the others in a second message",
  });
}

/** What was typed, or the likeliest of what it may mean and why it is left open. */
function likeliest(
  typed: string,
): Refusal | { readonly found: TypedDestination; readonly why: string | undefined } {
  const found = parseDestination(typed);
  if (isRefusal(found)) return found;
  if (found.outcome === "destination") return { found, why: undefined };
  const [option = ""] = found.options;
  const meant = parseDestination(option);
  if (found.likely && !isRefusal(meant) && meant.outcome === "destination")
    return { found: meant, why: `\`${found.subject}\`: ${found.why}` };
  return refuse(found.reason, {
    what: `egress to ${found.subject} was not requested`,
    why: found.why,
    fix: `${found.condition}, write ${found.options.join(" or ")}`,
  });
}

/** Every one that cannot be asked for, in one answer. */
function named(parts: readonly TypedPart[], looks: readonly (Refusal | object)[]): Refusal {
  const bad = looks.flatMap((look, at) => {
    const name = typedForShow(parts[at]?.typed ?? "").slice(0, 100);
    return isRefusal(look) ? [{ name, refusal: { ...look, why: `${name}: ${look.why}` } }] : [];
  });
  const all = allObstacles(bad.map(({ refusal }) => refusal));
  const names = [...new Set(bad.map(({ name }) => name))].join("; ");
  return refuse(all?.reason ?? "NotUnderstood", {
    what: `none of the ${parts.length} destinations was requested, because of ${names}`,
    why: all?.why ?? "the message is not understood",
    fix: all?.fix ?? "write each as host and port",
  });
}

/** What each destination may be meant to have, in the likeliest order. */
function ownersOf(
  parts: readonly TypedPart[],
  { read, loose }: { readonly read: readonly TypedDestination[]; readonly loose: TypedTerms },
): readonly (readonly TypedTerms[])[] {
  const own = parts.map(({ terms }) => terms);
  const last = own.at(-1) ?? {};
  const open = Object.keys(loose).length > 0 ? loose : last;
  if (Object.keys(open).length === 0) return [own];
  const others = own.map((terms, at) => Object.keys(terms).length === 0 && takes(read[at], open));
  if (open === last && !others.includes(true)) return [own];
  const shared = own.map((terms, at) => (others[at] === true ? open : terms));
  if (open === last) return [own, shared];
  const nearest = others.lastIndexOf(true);
  const alone = own.map((terms, at) => (at === nearest ? open : terms));
  return nearest === -1 ? [own.map((terms) => ({ ...open, ...terms }))] : [alone, shared];
}

function takes(found: TypedDestination | undefined, terms: TypedTerms): boolean {
  return (
    found !== undefined && !isRefusal(withTerms(found.destination, terms, { clusterDomains: [] }))
  );
}

function withEach(
  parts: readonly TypedPart[],
  {
    read,
    terms,
  }: { readonly read: readonly TypedDestination[]; readonly terms: readonly TypedTerms[] },
): SeveralRead | Refusal {
  const limited = read.map(({ destination }, at) =>
    withTerms(destination, terms[at] ?? {}, { clusterDomains: [] }),
  );
  const destinations = limited.flatMap((each) => (isRefusal(each) ? [] : [each]));
  if (destinations.length < limited.length) return named(parts, limited);
  const twice = parts.filter((_, at) =>
    destinations.some((other, before) => before < at && isSame(other, destinations[at])),
  );
  if (twice.length > 0) return saidTwice(twice);
  return { destinations, hosts: read.map(({ typedHost }) => typedHost) };
}

/** The same door, for the same or for everything behind it. */
function isSame(one: Destination, other: Destination | undefined): boolean {
  if (other === undefined) return false;
  const [{ paths, methods, ...first }, { paths: p, methods: m, ...second }] = [one, other];
  const limits = [
    { paths, methods },
    { paths: p, methods: m },
  ];
  const isAll = limits.some((each) => each.paths === undefined && each.methods === undefined);
  return sameJson(first, second) && (isAll || sameJson(limits[0], limits[1]));
}

function saidTwice(twice: readonly TypedPart[]): Refusal {
  const names = [...new Set(twice.map(({ typed }) => typedForShow(typed).slice(0, 100)))];
  return refuse("SaidTwice", {
    what: "nothing was requested",
    why: `it names ${names.join(" and ")} more than once`,
    fix: "name each destination once",
  });
}
