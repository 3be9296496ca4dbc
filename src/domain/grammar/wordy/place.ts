import { closest } from "../closest.ts";
import { isKnownCluster, isKnownTeam, NAME, type Names, teamWord } from "../names.ts";
import { isFiller } from "./words.ts";

/** What stood there, and how many of the words it takes. */
export interface Read<Value> {
  readonly words: number;
  readonly value: Value;
}

/** Words that follow "for" or "in" and name no team and no cluster. */
const NO_NAME = new Set(
  (
    "each every both once good all any some testing test tests debugging purposes example order addition case general " +
    "particular advance time use using day days week weeks hour hours minute minutes month months year years"
  ).split(" "),
);

/** How sure a pattern is: `said` names it with its word; `guess` is any word there; `known` has to be there by name. */
type Surety = "said" | "guess" | "known";

/** In a reason, where most words are just words: as sure as elsewhere, or only what is there by name, or never. */
type InReason = "as-sure" | "known" | "never";

interface Row {
  readonly pattern: RegExp;
  readonly surety: Surety;
}

const WORD = String.raw`([@#]?[\p{L}\p{N}][\p{L}\p{N}_-]*)(?:['’]s)?`;
const THE = "(?:the |our |my |your )?";

const TEAMS: readonly (Row & { readonly inReason: InReason })[] = [
  { pattern: begins(`for ${THE}team:? ${WORD}`), surety: "said", inReason: "as-sure" },
  { pattern: begins(`for ${THE}${WORD} team`), surety: "said", inReason: "as-sure" },
  { pattern: begins(`team[:=] ?${WORD}`), surety: "said", inReason: "known" },
  { pattern: begins(`team ${WORD}`), surety: "guess", inReason: "known" },
  { pattern: begins(`${WORD} team`), surety: "guess", inReason: "never" },
  { pattern: begins(`for ${THE}${WORD}`), surety: "guess", inReason: "as-sure" },
  { pattern: begins(`(?:from|by|let) ${THE}${WORD}`), surety: "known", inReason: "never" },
  { pattern: begins("((?:team-[a-z0-9-]+|[a-z0-9-]+-team))"), surety: "known", inReason: "never" },
];

function begins(source: string): RegExp {
  return new RegExp(String.raw`^${source}(?![\p{L}\p{N}_/-]|[.:][\p{L}\p{N}/])`, "iu");
}

/**
 * `for team X`, `for the X team`, `team: X`, `X team`, `for @X`, and `for X`. In a reason (`certain`) `for X` counts only
 * where X is known to be a team, or looks like one.
 */
export function readTeam(text: string, names: Names, certain: boolean): Read<string> | undefined {
  for (const { pattern, surety, inReason } of TEAMS) {
    const [whole = "", word = ""] = pattern.exec(text) ?? [];
    const sure = certain && inReason !== "as-sure" ? inReason : surety;
    if (whole === "" || sure === "never") continue;
    const value = teamNamed(word, names);
    if (isName(word, value) && isTeamMeant(word, value, { sure, names, certain }))
      return { words: wordsIn(whole), value: nearest(value, names) };
  }
  return undefined;
}

function isTeamMeant(
  word: string,
  value: string,
  { sure, ...looking }: { readonly sure: Surety; readonly names: Names; readonly certain: boolean },
): boolean {
  if (sure === "known") return isKnownTeam(value, looking.names);
  return sure === "said" || looksLikeTeam(word, value, looking);
}

function isName(word: string, value: string): boolean {
  if (/^[@#]/.test(word)) return true;
  return NAME.test(value) && !NO_NAME.has(value) && !isFiller(value) && !/^\d+[a-z]*$/.test(value);
}

function looksLikeTeam(
  word: string,
  value: string,
  { names, certain }: { readonly names: Names; readonly certain: boolean },
): boolean {
  if (/^[@#]/.test(word) || isKnownTeam(value, names)) return true;
  if (nearest(value, names) !== value) return !certain;
  return names.teams === undefined && (!certain || /^team-|-team$/.test(value));
}

/** `payments` is `team-payments` where only that is known. */
function teamNamed(word: string, names: Names): string {
  const name = teamWord(word, names);
  if (isKnownTeam(name, names)) return name;
  return [`team-${name}`, `${name}-team`].find((each) => isKnownTeam(each, names)) ?? name;
}

/** Misspelt, where the teams are known. */
function nearest(name: string, names: Names): string {
  const { teams = [] } = names;
  if (isKnownTeam(name, names)) return name;
  return (
    closest(
      name.slice(0, 63),
      teams.map((team) => team.name),
    ) ?? name
  );
}

export interface Place {
  readonly cluster: string;
  readonly namespace?: string;
}

const PLACE = String.raw`([a-z0-9][-a-z0-9]*(?:\/[a-z0-9][-a-z0-9]*)?)`;

const PLACES: readonly Row[] = [
  { pattern: begins(`(?:in|on|into|inside) ${THE}cluster:? ${PLACE}`), surety: "said" },
  {
    pattern: begins(`(?:in|on|into|inside) ${THE}${PLACE} (?:cluster|environment|env)`),
    surety: "said",
  },
  { pattern: begins(`cluster[:=] ?${PLACE}`), surety: "said" },
  { pattern: begins(`cluster ${PLACE}`), surety: "guess" },
  { pattern: begins(`(?:in|on|into|inside) ${THE}${PLACE}`), surety: "guess" },
];

/** `in X`, `in X/Y`, `in the X cluster`, `on X`, `cluster: X`. In a reason (`certain`) X has to be known. */
export function readPlace(text: string, names: Names, certain: boolean): Read<Place> | undefined {
  for (const { pattern, surety } of PLACES) {
    const [whole = "", word = ""] = pattern.exec(text) ?? [];
    if (whole === "") continue;
    const [cluster = "", namespace] = word.toLowerCase().split("/");
    const isSaid = surety === "said" || /^in /i.test(whole);
    if (isCluster(cluster, names, isSaid && !certain))
      return { words: wordsIn(whole), value: placeOf(cluster, namespace) };
  }
  return undefined;
}

function placeOf(cluster: string, namespace: string | undefined): Place {
  return namespace === undefined ? { cluster } : { cluster, namespace };
}

/** Where the clusters are not known, whatever is said to be one. */
function isCluster(cluster: string, names: Names, isSaid: boolean): boolean {
  if (isKnownCluster(cluster, names)) return true;
  return names.clusters === undefined && isSaid && isName(cluster, cluster);
}

function wordsIn(text: string): number {
  return text.split(" ").length;
}
