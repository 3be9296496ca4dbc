import type { AskedDuration } from "../../time/duration.ts";
import type { TypedTerms } from "../../network/terms.ts";
import type { Names } from "../names.ts";
import { readHost, readPorts, type SaidHost } from "./host.ts";
import { type Place, readPlace, readTeam } from "./place.ts";
import { readTerms } from "./terms.ts";
import { readTime } from "./time.ts";
import { bareWord, isFiller } from "./words.ts";

/** What a text says, in whatever order and with whatever words around it. */
export interface Parts {
  readonly hosts: readonly SaidHost[];
  /** Hosts that `via` stands before. */
  readonly vias: readonly SaidHost[];
  /** Ports that no host stands before. */
  readonly ports: readonly number[];
  readonly scheme: "https" | "http" | "tcp" | undefined;
  readonly teams: readonly string[];
  readonly places: readonly Place[];
  readonly durations: readonly AskedDuration[];
  /** Read in a reason alone. */
  readonly terms: TypedTerms;
  /** Clauses that begin like a time and cannot be read as one. */
  readonly unread: readonly string[];
  /** Every other word. */
  readonly rest: readonly string[];
}

type Mutable<Shape> = {
  -readonly [Key in keyof Shape]: Shape[Key] extends readonly (infer Item)[] ? Item[] : Shape[Key];
};

interface Looking {
  readonly names: Names;
  /** In a reason: takes only what cannot be something else. */
  readonly certain: boolean;
}

/** Takes what it knows from the front of the words, and says how many; 0 where it knows none. */
type Matcher = (words: readonly string[], parts: Mutable<Parts>, looking: Looking) => number;

const CLAUSES: readonly Matcher[] = [takeTime, takeTeam, takePlace];
const IN_REASON: readonly Matcher[] = [...CLAUSES, takeTerms];
const ALL: readonly Matcher[] = [takeVia, takeHost, takePorts, ...CLAUSES, takeScheme];

export function readParts(text: string, names: Names): Parts {
  return read(text, ALL, { names, certain: false }).parts;
}

/** The clauses that stand in a reason, and the reason without them. */
export function readClausesIn(
  reason: string,
  names: Names,
): { readonly parts: Parts; readonly without: string } {
  const { parts, left } = read(reason, IN_REASON, { names, certain: true });
  const without = left
    .join(" ")
    .replace(/^[\s,;:.-]+/, "")
    .replace(/[\s,;:-]+$/, "");
  return { parts, without };
}

function read(
  text: string,
  matchers: readonly Matcher[],
  looking: Looking,
): { readonly parts: Parts; readonly left: readonly string[] } {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const parts: Mutable<Parts> = {
    hosts: [],
    vias: [],
    ports: [],
    scheme: undefined,
    teams: [],
    places: [],
    durations: [],
    terms: {},
    unread: [],
    rest: [],
  };
  const left: string[] = [];
  for (let at = 0; at < words.length;) {
    const ahead = words.slice(at, at + 16);
    let taken = 0;
    for (const matcher of matchers) {
      taken = matcher(ahead, parts, looking);
      if (taken > 0) break;
    }
    if (taken === 0) {
      const word = words[at] ?? "";
      left.push(word);
      if (!isFiller(word)) parts.rest.push(word);
    }
    at += Math.max(1, taken);
  }
  return { parts, left };
}

function takeHost(words: readonly string[], parts: Mutable<Parts>): number {
  const found = readHost(words);
  if (found === undefined) return 0;
  parts.hosts.push(found.host);
  return found.words;
}

function takeVia([word = "", ...words]: readonly string[], parts: Mutable<Parts>): number {
  const found = bareWord(word).toLowerCase() === "via" ? readHost(words) : undefined;
  if (found === undefined) return 0;
  parts.vias.push(found.host);
  return 1 + found.words;
}

function takePorts(words: readonly string[], parts: Mutable<Parts>): number {
  const found = readPorts(words, false);
  if (found === undefined) return 0;
  parts.ports.push(...found.ports);
  return found.words;
}

function takeTime(words: readonly string[], parts: Mutable<Parts>, looking: Looking): number {
  const found = readTime(textOf(words), looking.names.now);
  if (found === undefined) return 0;
  if (found.duration !== undefined) {
    parts.durations.push(found.duration);
    return found.words;
  }
  const said = words.slice(0, found.words);
  const isHost = said.some((_word, at) => readHost(said.slice(at)) !== undefined);
  if (looking.certain || isHost) return 0;
  parts.unread.push(said.map(bareWord).join(" "));
  return found.words;
}

function takeTeam(
  words: readonly string[],
  parts: Mutable<Parts>,
  { names, certain }: Looking,
): number {
  const found = readTeam(textOf(words), names, certain);
  if (found === undefined) return 0;
  parts.teams.push(found.value);
  return found.words;
}

function takePlace(
  words: readonly string[],
  parts: Mutable<Parts>,
  { names, certain }: Looking,
): number {
  const found = readPlace(textOf(words), names, certain);
  if (found === undefined) return 0;
  parts.places.push(found.value);
  return found.words;
}

function takeTerms(words: readonly string[], parts: Mutable<Parts>): number {
  const found = readTerms(words);
  if (found === undefined) return 0;
  parts.terms = { ...found.terms, ...parts.terms };
  return found.words;
}

/** The next words in one line, without what opens a quotation or a bracket. */
function textOf(words: readonly string[]): string {
  return words
    .slice(0, 10)
    .map((word) => word.replace(/^[("'[{]+/, "") || word)
    .join(" ");
}

const SCHEMES: Readonly<Record<string, Parts["scheme"]>> = {
  http: "http",
  https: "https",
  tls: "https",
  ssl: "https",
  ssh: "tcp",
};

function takeScheme([word = ""]: readonly string[], parts: Mutable<Parts>): number {
  const scheme = SCHEMES[bareWord(word).toLowerCase()];
  if (scheme === undefined) return 0;
  parts.scheme = scheme;
  return 1;
}
