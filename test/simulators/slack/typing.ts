import { parse } from "tldts";
import type { JsonObject } from "./json.ts";
import { BOT_USER_ID } from "./world.ts";
import type { World } from "./world.ts";

/**
 * How what a person types reaches an app: `&`, `<` and `>` escaped, people, groups, channels and links in
 * angle brackets (https://docs.slack.dev/messaging/formatting-message-text), and the same once more as a
 * `rich_text` tree (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block).
 */
export interface Typed {
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly mentionsBot: boolean;
}

export interface TypingOptions {
  /**
   * How a bare `host:443` is linked. `true` (default): `<http://host|host>:443`; `with-port`:
   * `<http://host:443|host:443>`; `false`: bare hosts stay text. Typed URLs are always linked.
   */
  readonly autolink?: boolean | "with-port";
}

interface Piece {
  readonly text: string;
  readonly element: JsonObject;
}

const CODE_SPAN = /(`[^`\n]+`)/u;
const SPECIAL =
  /(?<url>https?:\/\/[^\s<>]+)|(?<email>[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,})|(?<![\w@])@(?<at>[\w.-]+)|(?<![\w&#])#(?<hash>[\w-]+)|(?<![\w@./*:-])(?<host>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(?![\w-]|\.\w)(?<port>:\d+)?(?<path>\/[^\s<>]*)?/giu;

export function encodeTyped(world: World, input: string, options: TypingOptions = {}): Typed {
  const parts = partsOf(input).map(({ quoted, text }) => ({
    quoted,
    pieces: text
      .split(CODE_SPAN)
      .flatMap((part, index) =>
        index % 2 === 1 ? [codePiece(part)] : plainPieces(world, part, options),
      ),
  }));
  const elements = parts.flatMap(({ pieces }) => pieces.map((piece) => piece.element));
  return {
    text: parts
      .map(({ quoted, pieces }) => {
        const text = pieces.map((piece) => piece.text).join("");
        return quoted ? `&gt; ${text.replaceAll("\n", "\n&gt; ")}` : text;
      })
      .join("\n"),
    blocks: [
      {
        type: "rich_text",
        block_id: "typed",
        elements: parts.map(({ quoted, pieces }) => ({
          type: quoted ? "rich_text_quote" : "rich_text_section",
          elements: joined(pieces.map((piece) => piece.element)),
        })),
      },
    ],
    mentionsBot: elements.some(
      (each) => each["type"] === "user" && each["user_id"] === BOT_USER_ID,
    ),
  };
}

interface Part {
  readonly quoted: boolean;
  readonly text: string;
}

/** Lines that begin with `> ` are one quotation: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block#rich_text_quote */
function partsOf(input: string): readonly Part[] {
  const parts: Part[] = [];
  for (const line of input.split("\n")) {
    const quoted = line.startsWith("> ");
    const text = quoted ? line.slice(2) : line;
    const last = parts.at(-1);
    if (last?.quoted === quoted) parts.splice(-1, 1, { quoted, text: `${last.text}\n${text}` });
    else parts.push({ quoted, text });
  }
  return parts;
}

/** What Slack escapes in text, and nothing else. */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function plainPieces(world: World, part: string, options: TypingOptions): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of part.matchAll(SPECIAL)) {
    const special = specialPieces(world, match, options);
    if (special === undefined) continue;
    if (match.index > from) pieces.push(textPiece(part.slice(from, match.index)));
    pieces.push(...special);
    from = match.index + match[0].length;
  }
  if (from < part.length) pieces.push(textPiece(part.slice(from)));
  return pieces;
}

function specialPieces(
  world: World,
  match: RegExpExecArray,
  options: TypingOptions,
): readonly Piece[] | undefined {
  const { url, email, at, hash, host } = match.groups ?? {};
  if (url !== undefined) return withTail(url, (bare) => linkPiece(bare));
  if (email !== undefined) return [linkPiece(`mailto:${email}`, email)];
  if (at !== undefined) return withTail(at, (name) => personPiece(world, name));
  if (hash !== undefined) return channelPieces(world, hash);
  if (host !== undefined) return hostPieces(match.groups ?? {}, options);
  return undefined;
}

/** Punctuation after a link or name belongs to the sentence. */
function withTail(word: string, toPiece: (bare: string) => Piece | undefined): Piece[] | undefined {
  const bare = word.replace(/[.,;:!?)'"”’]+$/u, "");
  const piece = toPiece(bare);
  if (piece === undefined) return undefined;
  return bare === word ? [piece] : [piece, textPiece(word.slice(bare.length))];
}

function personPiece(world: World, name: string): Piece | undefined {
  const user = world.users().find((each) => each.name === name);
  if (user !== undefined) {
    return { text: `<@${user.id}>`, element: { type: "user", user_id: user.id } };
  }
  const group = world.userGroups().find((each) => each.handle === name);
  if (group === undefined) return undefined;
  return {
    text: `<!subteam^${group.id}>`,
    element: { type: "usergroup", usergroup_id: group.id },
  };
}

function channelPieces(world: World, name: string): readonly Piece[] | undefined {
  const channel = world.channels().find((each) => each.name === name);
  if (channel === undefined) return undefined;
  const element = { type: "channel", channel_id: channel.id };
  return [{ text: `<#${channel.id}|${channel.name}>`, element }];
}

function hostPieces(
  groups: Readonly<Record<string, string | undefined>>,
  options: TypingOptions,
): readonly Piece[] | undefined {
  const { host = "", port = "", path = "" } = groups;
  if (options.autolink === false || parse(host).isIcann !== true) return undefined;
  if (path !== "" || options.autolink === "with-port") {
    return withTail(`${host}${port}${path}`, (bare) => linkPiece(`http://${bare}`, bare));
  }
  const link = linkPiece(`http://${host}`, host);
  return port === "" ? [link] : [link, textPiece(port)];
}

function linkPiece(url: string, label?: string): Piece {
  const shown = label === undefined ? "" : `|${escapeText(label)}`;
  return {
    text: `<${escapeText(url)}${shown}>`,
    element: { type: "link", url, ...(label === undefined ? {} : { text: label }) },
  };
}

function textPiece(text: string): Piece {
  return { text: escapeText(text), element: { type: "text", text } };
}

function codePiece(span: string): Piece {
  return {
    text: escapeText(span),
    element: { type: "text", text: span.slice(1, -1), style: { code: true } },
  };
}

/** Neighbouring unstyled texts are one element, as Slack sends them. */
function joined(elements: readonly JsonObject[]): readonly JsonObject[] {
  const result: JsonObject[] = [];
  for (const element of elements) {
    const last = result.at(-1);
    if (last !== undefined && isPlain(last) && isPlain(element)) {
      result[result.length - 1] = {
        type: "text",
        text: `${String(last["text"])}${String(element["text"])}`,
      };
    } else {
      result.push(element);
    }
  }
  return result;
}

function isPlain(element: JsonObject): boolean {
  return element["type"] === "text" && element["style"] === undefined;
}
