/** What a Slack message is made of, whichever of its two forms it is read from. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "user"; readonly userId: string }
  /** A user group (`@`) or a channel (`#`), by its id, and its name where Slack says it. */
  | {
      readonly kind: "group";
      readonly mark: "@" | "#";
      readonly id: string;
      readonly label: string | undefined;
    }
  | { readonly kind: "link"; readonly url: string; readonly label: string | undefined };

const TOKEN = /<([^<>|]*)(?:\|([^<>]*))?>/g;

/**
 * Slack's encoded text: `<url|label>`, `<@U…>`, `<#C…|name>`, `<!subteam^S…|@name>`, and `&amp; &lt; &gt;`.
 * https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
 */
export function piecesOfText(encoded: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const token of encoded.matchAll(TOKEN)) {
    pieces.push({ kind: "text", text: unescapeOnce(encoded.slice(at, token.index)) });
    pieces.push(tokenPiece(unescapeOnce(token[1] ?? ""), token[2]));
    at = token.index + token[0].length;
  }
  pieces.push({ kind: "text", text: unescapeOnce(encoded.slice(at)) });
  return pieces;
}

function tokenPiece(target: string, escapedLabel: string | undefined): Piece {
  const label = escapedLabel === undefined ? undefined : unescapeOnce(escapedLabel);
  const [, channel, group] = /^(?:#(\w+)|!subteam\^(\w+))$/.exec(target) ?? [];
  if (channel !== undefined) return { kind: "group", mark: "#", id: channel, label };
  if (group !== undefined) return { kind: "group", mark: "@", id: group, label };
  if (target.startsWith("@")) return { kind: "user", userId: target.slice(1) };
  if (/^[#!]/.test(target)) return { kind: "text", text: label ?? target };
  return { kind: "link", url: target, label };
}

function unescapeOnce(text: string): string {
  return text.replaceAll(
    /&(amp|lt|gt);/g,
    (_whole, name: string) => ({ amp: "&", lt: "<", gt: ">" })[name] ?? "",
  );
}

/**
 * The rich_text tree of what was typed; undefined where there is none. Unknown nodes are skipped.
 * https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
export function piecesOfBlocks(blocks: readonly unknown[]): readonly Piece[] | undefined {
  const pieces = blocks
    .filter((block) => isNode(block) && block["type"] === "rich_text")
    .flatMap((block) => nodePieces(block, DEPTH));
  return pieces.length === 0 ? undefined : pieces;
}

/** Slack nests four deep (block, list, section, text); what is deeper was not made by Slack. */
const DEPTH = 8;

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

/** Sections, list items and quotes are lines of their own. */
function nodePieces(node: unknown, depth: number): readonly Piece[] {
  if (!isNode(node) || depth === 0) return [];
  const { elements } = node;
  if (!Array.isArray(elements)) return leafPieces(node);
  const inside = elements.flatMap((element) => nodePieces(element, depth - 1));
  if (inside.length === 0) return [];
  const own: readonly Piece[] = isQuote(node) ? quoted(inside) : inside;
  return [...own, { kind: "text", text: "\n" }];
}

/** A list or code within a quotation is no quote of its own, but has its border. */
function isQuote(node: Node): boolean {
  const { type, border } = node;
  return type === "rich_text_quote" || (typeof border === "number" && border > 0);
}

/** As it is typed: every line begins with `>`. */
function quoted(pieces: readonly Piece[]): readonly Piece[] {
  const lines = pieces.map((piece) =>
    piece.kind === "text" ? { ...piece, text: piece.text.replaceAll("\n", "\n> ") } : piece,
  );
  return [{ kind: "text", text: "\n> " }, ...lines];
}

function leafPieces(node: Node): readonly Piece[] {
  switch (node["type"]) {
    case "link":
      return [{ kind: "link", url: stringOf(node["url"]), label: stringIn(node["text"]) }];
    case "user":
      return [{ kind: "user", userId: stringOf(node["user_id"]) }];
    case "channel":
      return [{ kind: "group", mark: "#", id: stringOf(node["channel_id"]), label: undefined }];
    case "usergroup":
      return [{ kind: "group", mark: "@", id: stringOf(node["usergroup_id"]), label: undefined }];
    case "broadcast":
      return [{ kind: "text", text: `!${stringOf(node["range"])}` }];
    case "emoji":
      return [{ kind: "text", text: `:${stringOf(node["name"])}:` }];
    default:
      return [{ kind: "text", text: stringOf(node["text"]) }];
  }
}

function stringIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function stringOf(value: unknown): string {
  return stringIn(value) ?? "";
}
