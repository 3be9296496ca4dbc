import { isEmoji } from "./emoji.ts";

/*
 * Slack's markup as a tree, which the page shows as text: https://docs.slack.dev/messaging/formatting-message-text
 *
 *   text ─▶ parts: preformatted │ quote │ lines ─▶ pieces: bold, code, mention, link, date, emoji …
 */

export type Part =
  | { readonly kind: "preformatted"; readonly text: string }
  | { readonly kind: "quote" | "lines"; readonly pieces: readonly Piece[] };

export type Piece =
  | { readonly kind: "text" | "code"; readonly text: string }
  | { readonly kind: "bold" | "italic" | "strike"; readonly pieces: readonly Piece[] }
  | { readonly kind: "user" | "group" | "channel" | "emoji" | "everybody"; readonly id: string }
  | { readonly kind: "link"; readonly url: string; readonly label: string }
  | {
      readonly kind: "date";
      readonly seconds: number;
      readonly format: string;
      readonly fallback: string;
    };

const FENCE = /\n?```\n?([\s\S]+?)\n?```\n?/u;

export function parseMrkdwn(text: string): readonly Part[] {
  return text
    .split(FENCE)
    .flatMap((part, index): readonly Part[] =>
      index % 2 === 1 ? [{ kind: "preformatted", text: unescaped(part) }] : paragraphs(part),
    );
}

/** Lines that begin with `>` are one quotation, however it is written. */
function paragraphs(text: string): readonly Part[] {
  const groups: { isQuote: boolean; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/u.exec(line)?.[1];
    const last = groups.at(-1);
    if (last?.isQuote === (quoted !== undefined)) last.lines.push(quoted ?? line);
    else groups.push({ isQuote: quoted !== undefined, lines: [quoted ?? line] });
  }
  return groups
    .filter(({ lines }) => lines.some((line) => line !== ""))
    .map(({ isQuote, lines }) => ({
      kind: isQuote ? "quote" : "lines",
      pieces: pieces(lines.join("\n")),
    }));
}

/** What is taken out whole before bold and the like are looked for, and stands in the text as one character. */
const ATOM = /`[^`\n]+`|<[^<>\n]+>|:[a-z0-9_+'-]+:/gu;
const FIRST_STANDIN = 0xe000;
const STANDIN = /[\uE000-\uF8FF]/u;
const STYLED =
  /(?<![\p{L}\p{N}*_~])(?<mark>[*_~])(?!\s|\k<mark>)(?<inner>(?:(?!\k<mark>|\n).)+)(?<!\s)\k<mark>(?![\p{L}\p{N}*_~])/u;
const STYLES = { "*": "bold", _: "italic", "~": "strike" } as const;

function pieces(text: string): readonly Piece[] {
  const atoms: Piece[] = [];
  const flat = text.replaceAll(/[\uE000-\uF8FF]/gu, "\uFFFD").replaceAll(ATOM, (whole) =>
    // What no emoji is called, such as a part of an address, is text.
    whole.startsWith(":") && !isEmoji(whole.slice(1, -1))
      ? whole
      : String.fromCharCode(FIRST_STANDIN + atoms.push(atom(whole)) - 1),
  );
  return styled(flat, atoms);
}

function styled(text: string, atoms: readonly Piece[]): readonly Piece[] {
  const found = STYLED.exec(text);
  if (found === null) return plain(text, atoms);
  const { mark = "", inner = "" } = found.groups ?? {};
  const after = found.index + found[0].length;
  return [
    ...plain(text.slice(0, found.index), atoms),
    { kind: STYLES[mark as keyof typeof STYLES], pieces: styled(inner, atoms) },
    ...styled(text.slice(after), atoms),
  ];
}

function plain(text: string, atoms: readonly Piece[]): readonly Piece[] {
  return text
    .split(/([\uE000-\uF8FF])/u)
    .filter((part) => part !== "")
    .map((part) => {
      const at = STANDIN.test(part) ? part.charCodeAt(0) - FIRST_STANDIN : -1;
      return atoms[at] ?? { kind: "text", text: unescaped(part) };
    });
}

function atom(whole: string): Piece {
  if (whole.startsWith("`")) return { kind: "code", text: unescaped(whole.slice(1, -1)) };
  if (whole.startsWith(":")) return { kind: "emoji", id: whole.slice(1, -1) };
  const [target, label] = split(whole.slice(1, -1));
  if (target.startsWith("@")) return { kind: "user", id: target.slice(1) };
  if (target.startsWith("#")) return { kind: "channel", id: target.slice(1) };
  if (target.startsWith("!subteam^")) return { kind: "group", id: target.split("^")[1] ?? "" };
  if (target.startsWith("!date^")) return date(target, label ?? "");
  if (target.startsWith("!")) return { kind: "everybody", id: target.slice(1) };
  const url = unescaped(target);
  return { kind: "link", url, label: label === undefined ? url : unescaped(label) };
}

function split(inside: string): readonly [string, string?] {
  const bar = inside.indexOf("|");
  return bar === -1 ? [inside] : [inside.slice(0, bar), inside.slice(bar + 1)];
}

function date(target: string, fallback: string): Piece {
  const [, seconds = "", format = ""] = target.split("^");
  return { kind: "date", seconds: Number(seconds), format, fallback: unescaped(fallback) };
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
