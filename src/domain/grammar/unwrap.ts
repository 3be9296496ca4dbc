import { domainToASCII } from "node:url";
import { type Refusal, refuse } from "../outcome.ts";
import { type Piece, piecesOfBlocks, piecesOfText } from "./slack-text.ts";

/** What Slack delivered: the text it encoded, and the tree of what was typed (none with a slash command). */
export interface Delivered {
  readonly text: string;
  readonly blocks: readonly unknown[];
  /** Sallyport's own user id: a mention of it at the start is not part of the command. */
  readonly botUserId: string;
}

/**
 * The text a person typed, without Slack's rewriting: from the rich_text tree where there is one, else from the encoded
 * text. A scheme that is not in a link's label was not typed; a link that shows one host and leads to another is refused.
 * Never throws.
 */
export function unwrap({ text, blocks, botUserId }: Delivered): string | Refusal {
  const pieces = afterMention(piecesOfBlocks(blocks) ?? piecesOfText(text), botUserId);
  for (const piece of pieces) {
    const mismatch = linkMismatch(piece);
    if (mismatch !== undefined) return mismatch;
  }
  return tidy(pieces.map(plain).join("")).replace(/^[,:]\s*/, "");
}

function afterMention(pieces: readonly Piece[], botUserId: string): readonly Piece[] {
  const first = pieces.findIndex((piece) => piece.kind !== "text" || tidy(piece.text) !== "");
  const piece = pieces[first];
  if (piece?.kind !== "user" || piece.userId.split("|", 1)[0] !== botUserId) return pieces;
  return afterMention(pieces.slice(first + 1), botUserId);
}

function plain(piece: Piece): string {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "user":
      return `@${piece.userId}`;
    case "link":
      return piece.label ?? piece.url;
    default:
      return piece satisfies never;
  }
}

/** A label that names another place than the link leads to was not typed by hand, or not in good faith. */
function linkMismatch(piece: Piece): Refusal | undefined {
  if (piece.kind !== "link" || piece.label === undefined) return undefined;
  const leads = placeOf(piece.url);
  const shown = placeOf(piece.label, leads.scheme);
  const same =
    shown.host === leads.host && shown.port === leads.port && shown.scheme === leads.scheme;
  if (same) return undefined;
  return refuse("LinkMismatch", {
    what: "nothing was requested",
    why: `a link in the message shows ${tidy(piece.label).slice(0, 80)} and leads to ${tidy(piece.url).slice(0, 80)}`,
    fix: "type the host by hand, without a link",
  });
}

interface Place {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** Where a link leads: what comes after the port only narrows it. Without a scheme, the other side's. */
function placeOf(text: string, otherScheme = ""): Place {
  const [, typed, rest = ""] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/|mailto:|tel:)?(.*)$/is.exec(text.trim()) ?? [];
  const scheme = typed?.toLowerCase() ?? otherScheme;
  const authority = rest.split(/[/?#\\]/, 1)[0] ?? "";
  const [, host = "", port = DEFAULT_PORTS[scheme] ?? ""] =
    /^(.*?)(?::(\d*))?$/s.exec(authority) ?? [];
  return { scheme, host: asciiName(host.replace(/\.$/, "").toLowerCase()), port };
}

/** One spelling for an internationalised name; what is no name is left as it is, so that two of them never become equal. */
function asciiName(name: string): string {
  const converted = /^[^\s@:%]+$/.test(name) ? domainToASCII(name) : "";
  return converted === "" ? name : converted;
}

/** Typographic niceties of phones and editors, undone; what nobody sees, removed. One space between words; lines are kept. */
function tidy(text: string): string {
  return text
    .toWellFormed()
    .normalize("NFKC")
    .replaceAll(/[\t\r]/g, " ")
    .replaceAll(/(?!\n)[\p{Cf}\p{Cc}]/gu, "")
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\u2018\u2019\u201A\u201B]/g, "'")
    .replaceAll(/[\u201C-\u201F]/g, '"')
    .replaceAll("`", "")
    .replaceAll(/[^\S\n]+/g, " ")
    .trim();
}
