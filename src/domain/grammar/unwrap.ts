import { type Refusal, refuse } from "../outcome.ts";

/** What Slack delivered: the text it encoded, and the tree of what was typed. */
export interface Delivered {
  readonly text: string;
  readonly blocks: readonly unknown[];
  /** Sallyport's own user id: a mention of it at the start is not part of the command. */
  readonly botUserId: string;
}

/**
 * The text a person typed, without Slack's rewriting: from the rich_text tree where there is one, else from the encoded
 * text. A link that shows one host and leads to another is refused.
 * https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
 */
export function unwrap({ text, blocks, botUserId }: Delivered): string | Refusal {
  const tree = fromBlocks(blocks);
  const encoded = tree ?? text;
  const mismatch = linkMismatch(encoded);
  if (mismatch !== undefined) return mismatch;
  const plain = plainText(encoded);
  return plain.replace(new RegExp(String.raw`^(\s*@${botUserId}[,:]?)+`), "").trim();
}

/**
 * The tree as the same kind of text: links as `<url|label>`, mentions as `<@U…>`, everything else literal with its angle
 * brackets escaped, so that one reader serves both.
 */
function fromBlocks(blocks: readonly unknown[]): string | undefined {
  const rich = blocks.filter((block) => isNode(block) && block["type"] === "rich_text");
  return rich.length === 0 ? undefined : escapeOnce(rich.map(nodeText).join("\n"));
}

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

/** Stand-ins while the literal text is escaped: private-use characters, which nobody types. */
const OPEN = "\uE000";
const CLOSE = "\uE001";

function nodeText(node: unknown): string {
  if (!isNode(node)) return "";
  const { type, text, url, user_id: user, elements } = node;
  if (Array.isArray(elements)) return elements.map(nodeText).join("");
  if (type === "link" && typeof url === "string") {
    return typeof text === "string" ? `${OPEN}${url}|${text}${CLOSE}` : `${OPEN}${url}${CLOSE}`;
  }
  if (type === "user" && typeof user === "string") return `${OPEN}@${user}${CLOSE}`;
  return typeof text === "string" ? text.replaceAll(/[\uE000\uE001]/g, "") : "";
}

function escapeOnce(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(OPEN, "<")
    .replaceAll(CLOSE, ">");
}

const TOKEN = /<([^<>|]*)(?:\|([^<>]*))?>/g;

/** A label that names another host than the link leads to was not typed by hand, or not in good faith. */
function linkMismatch(encoded: string): Refusal | undefined {
  for (const [, target = "", label] of encoded.matchAll(TOKEN)) {
    if (/^[@#!]/.test(target) || label === undefined) continue;
    const [shown, leads] = [hostIn(unescapeOnce(label)), hostIn(unescapeOnce(target))];
    if (shown === leads) continue;
    return refuse("LinkMismatch", {
      what: "nothing was requested",
      why: `a link in the message shows ${unescapeOnce(label).slice(0, 80)} and leads to ${unescapeOnce(target).slice(0, 80)}`,
      fix: "type the host by hand, without a link",
    });
  }
  return undefined;
}

function hostIn(text: string): string {
  const rest = text
    .trim()
    .replace(/^mailto:/i, "")
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  return (rest.split(/[/?#]/, 1)[0] ?? "").replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

/** Slack adds `http://` to what looks like a host: a scheme that is not in the label was not typed. */
function plainText(encoded: string): string {
  const unlinked = encoded.replaceAll(
    TOKEN,
    (_whole, target: string, label: string | undefined) => {
      if (target.startsWith("@")) return target;
      if (/^[#!]/.test(target)) return label ?? target;
      return label ?? target;
    },
  );
  return tidy(unescapeOnce(unlinked));
}

function unescapeOnce(text: string): string {
  return text.replaceAll(
    /&(amp|lt|gt);/g,
    (_whole, name: string) => ({ amp: "&", lt: "<", gt: ">" })[name] ?? "",
  );
}

/** Typographic niceties of phones and editors, undone. */
function tidy(text: string): string {
  return text
    .normalize("NFKC")
    .replaceAll(/[\u200B-\u200F\u2060\uFEFF\u00AD]/g, "")
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\u2018\u2019\u201A\u201B]/g, "'")
    .replaceAll(/[\u201C-\u201F]/g, '"')
    .replaceAll("`", "")
    .replaceAll(/[^\S\n]+/g, " ")
    .trim();
}
