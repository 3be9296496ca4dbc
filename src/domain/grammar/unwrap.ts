import { type Refusal, isRefusal, refuse } from "../outcome.ts";
import { leadsElsewhere, namesAPlace } from "./delivered/link.ts";
import { ownWords } from "./delivered/own-words.ts";
import { withoutSecrets, typedForShow } from "./reason/redact.ts";
import { type Piece, piecesOfBlocks, piecesOfText } from "./delivered/slack-text.ts";

/** What Slack delivered: the text it encoded, and the tree of what was typed (none with a slash command). */
export interface Delivered {
  readonly text: string;
  readonly blocks: readonly unknown[];
  /** Sallyport's own user id: a mention of it at the start is not part of the command. */
  readonly botUserId: string;
}

/** Characters. Slack cuts a message at 40 000: https://docs.slack.dev/messaging/formatting-message-text */
const LIMIT = 50_000;

/**
 * The text a person typed, without Slack's rewriting: from the rich_text tree where there is one, else from the encoded
 * text. A scheme that is not in a link's label was not typed; a link that shows one host and leads to another is refused,
 * but for a named link in the reason, of which label and target are kept. Lines that were quoted begin with `>`. A mentioned
 * group or channel is `@S…` or `#C…` where a team is named, else its name. Never throws.
 */
export function unwrap({ text, blocks, botUserId }: Delivered): string | Refusal {
  const pieces = afterMention(piecesOf(text, blocks), botUserId);
  const typed: string[] = [];
  let length = 0;
  let before = "";
  let isReason = false;
  for (const piece of pieces) {
    const words = plain(piece, { before, isReason });
    if (isRefusal(words)) return words;
    length += words.length;
    if (length > LIMIT) return tooLong();
    typed.push(words);
    before = `${before}${words}`.slice(-60);
    isReason ||= /(?:^|\s)(?:because\b|reason(?: is\b|\s*[:=-]))/i.test(before);
  }
  return withoutMention(tidy(typed.join("")), botUserId);
}

/** The names of groups and channels stand in the encoded text alone. */
function piecesOf(text: string, blocks: readonly unknown[]): readonly Piece[] {
  const encoded = piecesOfText(text);
  const typed = piecesOfBlocks(blocks);
  if (typed === undefined) return encoded;
  const labels = new Map(
    encoded.flatMap((piece) => (piece.kind === "group" ? [[piece.id, piece.label] as const] : [])),
  );
  return typed.map((piece) =>
    piece.kind === "group" ? { ...piece, label: piece.label ?? labels.get(piece.id) } : piece,
  );
}

/** A quotation may stand before the mention. */
function withoutMention(text: string, botUserId: string): string {
  const lines = text.replace(/^[,:]\s*/, "").split("\n");
  const at = lines.findIndex((line) => ownWords(line) !== "");
  const line = lines[at];
  if (line === undefined || botUserId === "" || !line.startsWith(`@${botUserId}`))
    return lines.join("\n");
  const rest = line.slice(botUserId.length + 1);
  // The id may be the beginning of somebody else's.
  const own = /^\w/.test(rest) ? line : rest.replace(/^(?:\|\S*)?[,:]?\s*/, "");
  return lines.with(at, own).join("\n");
}

function afterMention(pieces: readonly Piece[], botUserId: string): readonly Piece[] {
  const first = pieces.findIndex(
    (piece) =>
      !(piece.kind === "text" && tidy(piece.text) === "") &&
      !(piece.kind === "user" && piece.userId.split("|", 1)[0] === botUserId),
  );
  return first === -1 ? [] : pieces.slice(first);
}

interface Context {
  /** The end of what stands before it. */
  readonly before: string;
  readonly isReason: boolean;
}

function plain(piece: Piece, context: Context): string | Refusal {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "user":
      return `@${piece.userId}`;
    case "group":
      return groupText(piece, context);
    case "link":
      return linkText(piece, context);
    default:
      return piece satisfies never;
  }
}

/** Where a team is named the id counts, which the configuration knows; elsewhere the name is for people. */
function groupText(
  { mark, id, label }: Extract<Piece, { readonly kind: "group" }>,
  { before }: Context,
): string {
  const isTeam = /(?:^|\s)(?:for|team|list)[:\s]\s*$/i.test(before);
  return label === undefined || label === "" || isTeam ? `${mark}${id}` : oneLine(label);
}

function linkText(
  { url, label }: Extract<Piece, { readonly kind: "link" }>,
  { isReason }: Context,
): string | Refusal {
  const [target, shown] = [oneLine(url), label === undefined ? undefined : oneLine(label)];
  if (shown === undefined || !leadsElsewhere(target, shown)) return shown ?? target;
  // A name says nothing of where a link leads, so both are kept; another host does, and is not what it shows.
  if (isReason && !namesAPlace(shown)) return `${shown} (${withoutSecrets(target)})`;
  return refuse("LinkMismatch", {
    what: "nothing was requested",
    why: `a link in the message shows ${showable(shown)} and leads to ${showable(target)}`,
    fix: "type the host by hand, without a link",
  });
}

function showable(text: string): string {
  return tidy(typedForShow(text.slice(0, 300))).slice(0, 80);
}

/** A link or a name ends no line, and so no quotation. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

function tooLong(): Refusal {
  return refuse("TextTooLong", {
    what: "nothing was requested",
    why: "the message is too long to be read",
    fix: "write it shorter; a link to a ticket says more",
  });
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
