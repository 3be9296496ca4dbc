import { type AskedDuration, exactly, formatDuration } from "../../time/duration.ts";
import type { Understood } from "../answer/answer.ts";
import type { Clauses } from "../strict/clauses.ts";
import type { Names } from "../names.ts";
import { splitWordyReason } from "../reason/reason.ts";
import { withoutSecrets } from "../reason/redact.ts";
import { hasPort, type SaidHost } from "./host.ts";
import { type Parts, readParts } from "./read-parts.ts";

/** What a text in anybody's words asks for, as far as it is understood. */
export type Wordy =
  | {
      readonly kind: "understood";
      readonly understood: Understood;
      readonly rest: readonly string[];
    }
  /** To close something, which is done by the id of a grant. */
  | { readonly kind: "close" }
  /** Says the same thing twice, differently. */
  | { readonly kind: "twice"; readonly what: "team" | "place" | "duration" | "port" }
  | { readonly kind: "udp"; readonly host: string }
  /** No host in it. */
  | { readonly kind: "nothing" };

const CLOSING =
  /\b(?:close|block|remove|delete|revoke|disable|shut|unallow|disallow|un-?whitelist|don'?t|do not|never|stop)\b/i;
const ASKING =
  /^(?:(?:please|hi|hey|hello),? )*(?:is|are|was|were|why|does|do|has|have|am|check|status|list|verify|whether)\b|\b(?:already|still|currently)\b|\bcan (?:i|we|team|they|our)\b.*\b(?:reach|connect|call|talk)\b.*\?|\bif\b.*\bis (?:open|allowed)\b/i;

export function understand(text: string, names: Names, kind?: "allow" | "check"): Wordy {
  const { parts: said, reason, isLiteral, head } = partsAndReason(text, names);
  const { via, ...parts } = withVia(said);
  if (parts.hosts.length === 0) return { kind: "nothing" };
  const [udp] = parts.hosts.filter((host) => host.isUdp);
  if (udp !== undefined) return { kind: "udp", host: udp.typed };
  if (CLOSING.test(head)) return { kind: "close" };
  const twice = saidTwice(parts);
  if (twice !== undefined) return { kind: "twice", what: twice };
  const [duration] = parts.durations;
  const [team] = parts.teams;
  const [place] = parts.places;
  const fitted = fit(duration, names);
  const clauses: Omit<Clauses, "destination"> = {
    ...(via === undefined ? {} : { terms: { via } }),
    ...(team === undefined ? {} : { team }),
    ...place,
    ...(fitted.duration === undefined ? {} : { duration: fitted.duration }),
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
    ...(isLiteral ? { isLiteral } : {}),
  };
  const unread = parts.unread.map(
    (words) =>
      `I could not read \`${shown(words)}\`: write a day like \`until 2027-01-31\`, or a time like \`for 30d\`.`,
  );
  return {
    kind: "understood",
    rest: [...parts.rest, ...parts.unread],
    understood: {
      kind: kind ?? (ASKING.test(head) ? "check" : "allow"),
      destinations: destinationsOf(parts),
      clauses,
      notes: [...fitted.notes, ...unread],
    },
  };
}

/** A wildcard goes via a host; of anything else, a host behind `via` is one of those asked for. */
function withVia(parts: Parts): Parts & { readonly via?: string } {
  const { hosts, vias } = parts;
  const [via] = vias;
  return vias.length === 1 && via !== undefined && hosts.some(({ typed }) => typed.includes("*."))
    ? { ...parts, via: via.typed }
    : { ...parts, hosts: [...hosts, ...vias] };
}

/** A reason mostly comes last; where no host stands before it, what comes after its sentence is read too, or all of it. */
function partsAndReason(text: string, names: Names) {
  const split = splitWordyReason(text);
  const parts = readParts(split.head, names);
  if (parts.hosts.length > 0 || split.reason === undefined) return { ...split, parts };
  const { index } = SENTENCE_END.exec(split.reason) ?? { index: split.reason.length };
  const head = `${split.head} ${split.reason.slice(index + 1)}`;
  const later = readParts(head, names);
  return later.hosts.length > 0
    ? { ...split, head, parts: later, reason: split.reason.slice(0, index) }
    : { ...split, head: text, parts: readParts(text, names), reason: undefined };
}

const SENTENCE_END = /[.;!]\s|\n|,?\s+(?:please|pls|plz|so|we need|can you|could you)\b/i;

function saidTwice({ hosts, ports, teams, places, durations }: Parts) {
  if (new Set(teams).size > 1) return "team";
  if (new Set(places.map((place) => JSON.stringify(place))).size > 1) return "place";
  if (new Set(durations.map((duration) => JSON.stringify(duration))).size > 1) return "duration";
  const own = hosts.map(({ typed }) => typed);
  const isUsed = own.some((typed) => !hasPort(typed));
  const isOther = ports.some((port) => !own.some((typed) => typed.includes(`:${port}`)));
  return ports.length > 0 && isOther && !isUsed ? "port" : undefined;
}

/** Each host with each port that was said of it. */
function destinationsOf({ hosts, ports, scheme }: Parts): readonly string[] {
  const all = hosts.flatMap(({ typed, ports: own }: SaidHost) => {
    const schemed = scheme === undefined || typed.includes("://") ? typed : `${scheme}://${typed}`;
    const said = own.length > 0 ? own : ports;
    if (hasPort(typed) || said.length === 0) return [schemed];
    return said.map((port) => withPort(schemed, port));
  });
  return [...new Set(all)].slice(0, 40);
}

function withPort(typed: string, port: number): string {
  const [, authority = "", tail = ""] =
    /^((?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*)(.*)$/is.exec(typed) ?? [];
  return `${authority}:${port}${tail}`;
}

/** The configuration's own default. */
const MAXIMUM_MS = 365 * 86_400_000;

/** At most what a grant may last here: a longer time would be refused. */
function fit(
  duration: AskedDuration | undefined,
  { now, maxMs = MAXIMUM_MS }: Names,
): { readonly duration: AskedDuration | undefined; readonly notes: readonly string[] } {
  if (duration === undefined) return { duration, notes: [] };
  if (duration.kind === "until" && now !== undefined && duration.at <= now)
    return { duration: undefined, notes: ["The day you named is in the past."] };
  const ms = duration.kind === "for" ? duration.ms : duration.at - (now ?? duration.at);
  if (ms <= maxMs) return { duration, notes: [] };
  return {
    duration: { kind: "for", ms: maxMs },
    notes: [
      `The longest a grant may last here is ${formatDuration(maxMs)}: \`for ${exactly(maxMs)}\`.`,
    ],
  };
}

function shown(words: string): string {
  return words.replaceAll("`", "'").slice(0, 60).toWellFormed();
}
