import { domainToUnicode } from "node:url";
import { type AskedDuration, writeAsked } from "../../time/duration.ts";
import type { Destination } from "../../grant.ts";
import { writeDestination } from "../../network/destination.ts";
import type { Clauses } from "./clauses.ts";
import type { Reading } from "../command.ts";

/** A request to be written: the clauses as they are read, and the destination. */
export interface Draft extends Omit<Clauses, "destination" | "terms" | "several"> {
  readonly kind: "allow" | "check";
  readonly destination: Destination;
  /** The others, where there are several. */
  readonly also?: readonly Destination[];
}

/** Characters. With the rest of the line it stays below what is read of one message. */
const REASON_LIMIT = 1500;

/** The line of the strict grammar that means exactly the draft. */
export function writeLine(draft: Draft): string {
  const { kind, team, duration } = draft;
  const place = placeOf(draft);
  const words = [
    `${kind} ${unmistakable(draft).map(writeDestination).join(", ")}`,
    team === undefined ? "" : `for ${team}`,
    place === undefined ? "" : `in ${place}`,
    kind === "check" || duration === undefined ? "" : writeAsked(duration),
    kind === "check" ? "" : reasonText(draft),
  ];
  return words.filter((word) => word !== "").join(" ");
}

/** What stands last has no limit that others could be meant to have, too. */
function unmistakable({ destination, also = [] }: Draft): readonly Destination[] {
  const all = [destination, ...also];
  const [limited, plain] = [true, false].map((is) => all.filter((each) => isLimited(each) === is));
  return isLimited(all.at(-1)) && (plain ?? []).length > 0
    ? [...(limited ?? []), ...(plain ?? [])]
    : all;
}

function isLimited(destination: Destination | undefined): boolean {
  const { via, paths, methods, mode } = destination ?? {};
  return via !== undefined || paths !== undefined || methods !== undefined || mode === "originate";
}

export function readingOf(draft: Draft): Reading {
  return { line: writeLine(draft), parts: partsOf(draft) };
}

function placeOf({ cluster, namespace }: Draft): string | undefined {
  return namespace === undefined ? cluster : `${cluster ?? ""}/${namespace}`;
}

function reasonText({ reason, isLiteral }: Draft): string {
  if (reason === undefined) return "";
  const flat = flatReason(reason);
  return `because ${isLiteral === true ? `"${flat.replaceAll('"', "'")}"` : flat}`;
}

/** One line, and nothing that ends a line to copy. */
function flatReason(reason: string): string {
  return reason
    .replaceAll(/\s+/g, " ")
    .replaceAll("`", "'")
    .slice(0, REASON_LIMIT)
    .toWellFormed()
    .trim();
}

function partsOf(draft: Draft): Reading["parts"] {
  const { team, duration, reason, kind } = draft;
  const all: readonly (readonly [string, string | undefined])[] = [
    ...destinationParts(draft),
    ["team", team],
    ["place", placeOf(draft)],
    ["time", kind === "check" ? undefined : timeText(duration)],
    ["reason", kind === "check" || reason === undefined ? undefined : flatReason(reason)],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function destinationParts(draft: Draft): readonly (readonly [string, string | undefined])[] {
  const { destination, also = [] } = draft;
  if (also.length > 0)
    return unmistakable(draft).map((each, at) => [`destination ${at + 1}`, inWords(each)]);
  return [
    ["host", bothForms(destination.host)],
    ["port", String(destination.port)],
    ["mode", destination.mode],
    ["via", destination.via],
    ["paths", destination.paths?.join(", ")],
    ["methods", destination.methods?.join(", ")],
  ];
}

function inWords(destination: Destination): string {
  const { host, port, mode, via, paths, methods } = destination;
  const limits = [
    ...(via === undefined ? [] : [`via ${via}`]),
    ...(paths === undefined ? [] : [`paths ${paths.join(", ")}`]),
    ...(methods === undefined ? [] : [`methods ${methods.join(", ")}`]),
  ];
  return [`${bothForms(host)} port ${port} mode ${mode}`, ...limits].join(" ");
}

/** An internationalised name as it is asked for, and as it is read. */
function bothForms(host: string): string {
  const unicode = domainToUnicode(host);
  return unicode === host ? host : `${host} (${unicode})`;
}

function timeText(duration: AskedDuration | undefined): string | undefined {
  return duration === undefined ? undefined : writeAsked(duration);
}
