import type { Destination, Mode } from "../../grant.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import { MOST_DESTINATIONS } from "../../request/shapes.ts";
import { type AskedDuration, parseDuration, parseUntil } from "../../time/duration.ts";
import type { AllowCommand } from "../command.ts";
import { interpret } from "../interpret.ts";
import type { Names } from "../names.ts";
import { typedForShow } from "../reason/redact.ts";
import { writeLine } from "../strict/line.ts";
import { readStrictly } from "../strict/strict.ts";
import { unwrap } from "../unwrap.ts";
import { fieldOf, type FormField, type FormValues, type WrongField } from "./form-fields.ts";

/** A filled in form, as the line of the strict grammar that asks for the same; or all that is wrong with it. */
export type ReadForm =
  | { readonly kind: "line"; readonly line: string; readonly command: AllowCommand }
  | { readonly kind: "wrong"; readonly wrong: readonly WrongField[] };

/**
 * The one way in is a line that a person could have written: what the form gives is read by the grammar as it is, and
 * nothing that does not read back as what was filled in comes out. Never throws.
 */
export function readForm(values: FormValues, names: Names): ReadForm {
  const read = destinationsIn(values, names);
  const duration = durationIn(values.duration);
  const wrong = [...read.wrong, ...(isRefusal(duration) ? [atField("duration", duration)] : [])];
  const [destination, ...also] = read.destinations;
  if (destination === undefined || wrong.length > 0 || isRefusal(duration))
    return { kind: "wrong", wrong: wrong.length > 0 ? wrong : [atField("destinations", NO_HOST)] };
  const line = writeLine({
    kind: "allow",
    destination,
    ...(also.length === 0 ? {} : { also }),
    ...(values.team === undefined ? {} : { team: values.team }),
    ...values.place,
    ...(duration === undefined ? {} : { duration }),
    ...reasonOf(values),
  });
  return readBack(line, values, names);
}

/** As whoever is told of it would write it. */
function readBack(line: string, { team }: FormValues, names: Names): ReadForm {
  const found = interpret(line, names);
  if (found.kind === "refusal")
    return { kind: "wrong", wrong: [{ field: fieldOf(found.refusal), refusal: found.refusal }] };
  if (found.kind === "command" && found.command.kind === "allow" && found.command.team === team)
    return { kind: "line", line, command: found.command };
  const refusal = refuse("NotUnderstood", {
    what: "nothing was requested",
    why: "this can be read in more than one way",
    fix: "write each destination as host and port, each in a line of its own",
  });
  return { kind: "wrong", wrong: [atField("destinations", refusal)] };
}

function atField(field: FormField, refusal: Refusal): WrongField {
  return { field, refusal };
}

const NO_HOST = refuse("HostMissing", {
  what: "nothing was requested",
  why: "there is no host in it",
  fix: "write it like `edition.cnn.com:443`",
});

interface ReadDestinations {
  readonly destinations: readonly Destination[];
  readonly wrong: readonly WrongField[];
}

/** All that cannot be asked for are named at once, each field with the first of its own. */
function destinationsIn(values: FormValues, names: Names): ReadDestinations {
  const typed = typedIn(values.destinations);
  if (isRefusal(typed)) return { destinations: [], wrong: [atField("destinations", typed)] };
  const entries = entriesOf(typed);
  if (entries.length > MOST_DESTINATIONS) {
    const refusal = refuse("TooManyDestinations", {
      what: "nothing was requested",
      why: `it names ${entries.length} destinations, and a request takes at most ${MOST_DESTINATIONS}`,
      fix: "ask for the others in a second form",
    });
    return { destinations: [], wrong: [atField("destinations", refusal)] };
  }
  const terms = termsOf(values);
  const read = entries.map((entry) => readEntry(entry, { mode: values.mode, terms, names }));
  const bad = read.flatMap((each, at) =>
    isRefusal(each) ? [{ entry: entries[at] ?? "", refusal: each }] : [],
  );
  return {
    destinations: read.flatMap((each) => (isRefusal(each) ? [] : each)),
    wrong: bad.map(({ entry, refusal }) => ({
      field: fieldIn(refusal, { entry, terms }),
      refusal:
        bad.length === 1 && entries.length === 1
          ? refusal
          : { ...refusal, why: `${shown(entry)}: ${refusal.why}` },
    })),
  };
}

function shown(entry: string): string {
  return typedForShow(entry).slice(0, 80).toWellFormed();
}

/** A limit that was not typed behind its destination stands in a field of its own. */
function fieldIn(
  refusal: Refusal,
  { entry, terms }: { readonly entry: string; readonly terms: string },
): FormField {
  if (terms === "" || / (?:paths?|methods?) /i.test(entry)) return "destinations";
  if (refusal.reason === "LimitsNeedHttp") return terms.includes("paths") ? "paths" : "methods";
  return fieldOf(refusal);
}

/** What Slack gives of a field is what was typed: nothing in it is markup, and phones write typographic signs. */
function typedIn(text: string): string | Refusal {
  const encoded = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return unwrap({ text: encoded, blocks: [], botUserId: "" });
}

const TERM = /\s(?:paths?|methods?|originate|via)(?:\s|$)/i;

/** One in a line, or with commas between; commas of a line with terms belong to those. */
function entriesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .flatMap((line) => (TERM.test(line) ? [line] : line.split(/[,;]/)))
    .map((entry) => entry.replaceAll(/^\s*[-*•]\s+|[\s,;]+$/g, "").trim())
    .filter((entry) => entry !== "");
}

/** Of the fields beside it, as one writes it behind a destination. */
function termsOf({ paths, methods }: FormValues): string {
  return [
    ["paths", paths],
    ["methods", methods],
  ]
    .flatMap(([word = "", typed = ""]) => {
      const list = typed.split(/[\s,;]+/).filter((each) => each !== "");
      return list.length === 0 ? [] : [` ${word} ${list.join(",")}`];
    })
    .join("");
}

function readEntry(
  entry: string,
  {
    mode,
    terms,
    names,
  }: { readonly mode: Mode | undefined; readonly terms: string; readonly names: Names },
): readonly Destination[] | Refusal {
  const strict = readStrictly(`allow ${spoken(entry, mode)}${terms}`, names);
  if (strict.kind === "refusal") return strict.refusal;
  if (strict.kind === "question") {
    const { reason, subject, why, condition, options } = strict.question;
    return refuse(reason, {
      what: `egress to ${subject} was not requested`,
      why,
      fix: `${condition === "" ? "" : `${condition}, `}write ${options.join(" or ")}`,
    });
  }
  if (strict.kind !== "command" || strict.command.kind !== "allow") return NO_HOST;
  const { destination, also = [], team, cluster, duration, reason } = strict.command;
  const isMore = [team, cluster, duration, reason].some((each) => each !== undefined);
  return isMore ? NO_CLAUSES : [destination, ...also.map((each) => each.destination)];
}

const NO_CLAUSES = refuse("UnknownWord", {
  what: "nothing was requested",
  why: "team, place, time and reason have fields of their own here",
  fix: "write only destinations in this field",
});

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** Host, port, and what is said of it. */
const BARE = /^([^\s:]+)(?::(\d+))?(?=\s|$)/;

/** The destination with how it is spoken, where it does not say so itself. */
function spoken(entry: string, mode: Mode | undefined): string {
  if (mode === undefined) return entry;
  if (SCHEME.test(entry)) return mode === "originate" ? spokenForTheApp(entry) : entry;
  return entry.replace(BARE, (bare, host: string, port?: string) =>
    WRITTEN[mode](bare, host, port),
  );
}

/** As one writes it who knows the mode. */
const WRITTEN: Readonly<Record<Mode, (bare: string, host: string, port?: string) => string>> = {
  // Without a port it is the web's.
  tls: (bare, _host, port) => `${port === undefined ? "https" : "tls"}://${bare}`,
  http: (bare) => `http://${bare}`,
  tcp: (bare) => `tcp://${bare}`,
  originate: (_bare, host, port) =>
    `http://${host} originate${port === undefined ? "" : ` ${port}`}`,
};

/** What is written for plain HTTP already. */
function spokenForTheApp(entry: string): string {
  return /^http:/i.test(entry) && !/\soriginate(?:\s|$)/i.test(entry)
    ? entry.replace(/^\S+/, "$& originate")
    : entry;
}

function durationIn(typed: string): AskedDuration | Refusal | undefined {
  const [, word, value = ""] = /^(for|until)\s+(\S+)$/.exec(typed.trim()) ?? [];
  if (typed.trim() === "") return undefined;
  const ms = word === "for" ? parseDuration(value) : undefined;
  if (ms !== undefined) return { kind: "for", ms };
  const at = word === "until" ? parseUntil(value) : undefined;
  if (at !== undefined) return { kind: "until", at };
  return refuse("DurationInvalid", {
    what: "nothing was requested",
    why: "this is not a duration",
    fix: "choose one of the list",
  });
}

/** The ticket is a part of the reason; nothing in either is a clause. */
function reasonOf({ reason, ticket }: FormValues): {
  readonly reason?: string;
  readonly isLiteral?: true;
} {
  const [words, number] = [reason, ticket].map((each) => {
    const typed = typedIn(each);
    return isRefusal(typed) ? "" : typed.replaceAll(/\s+/g, " ").trim();
  });
  const all = [words, number === "" ? "" : `ticket ${number}`].filter((each) => each !== "");
  return all.length === 0 ? {} : { reason: all.join(", "), isLiteral: true };
}
