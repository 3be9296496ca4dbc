import { html } from "htm/preact";
import type { VNode } from "preact";
import { objectOf, textOf } from "../json.ts";
import { placeOfLink } from "../place.ts";
import { channelName, groupName, personName, useReader } from "../reader.ts";
import { formatDate } from "../words/dates.ts";
import { emoji, withEmoji } from "../words/emoji.ts";
import { parseMrkdwn, type Part, type Piece } from "../words/mrkdwn.ts";
import { Unknown } from "./unknown.ts";

/** A text object: https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
export function TextObject({ text }: { readonly text: unknown }): VNode {
  const { type, text: written, emoji: hasEmoji } = objectOf(text);
  if (type === "mrkdwn") return html`<${Mrkdwn} text=${textOf(written)} />`;
  if (type !== "plain_text")
    return html`<${Unknown} what=${`text of type ${String(type)}`} json=${text} />`;
  return html`<span class="plain">${plainText(textOf(written), hasEmoji !== false)}</span>`;
}

/** The letters of a plain text object. */
export function lettersOf(text: unknown): string {
  const { text: written, emoji: hasEmoji } = objectOf(text);
  return plainText(textOf(written), hasEmoji !== false);
}

function plainText(text: string, hasEmoji: boolean): string {
  return hasEmoji ? withEmoji(text) : text;
}

export function Mrkdwn({ text }: { readonly text: string }): VNode {
  return html`<div class="mrkdwn">
    ${parseMrkdwn(text).map((part) => html`<${PartView} part=${part} />`)}
  </div>`;
}

function PartView({ part }: { readonly part: Part }): VNode {
  if (part.kind === "preformatted") return html`<pre>${part.text}</pre>`;
  const pieces = part.pieces.map((piece) => pieceView(piece));
  return part.kind === "quote" ? html`<blockquote>${pieces}</blockquote>` : html`<p>${pieces}</p>`;
}

const STYLE_TAGS = { bold: "strong", italic: "em", strike: "s" } as const;

function pieceView(piece: Piece): VNode | string {
  if ("pieces" in piece)
    return html`<${STYLE_TAGS[piece.kind]}>${piece.pieces.map((each) => pieceView(each))}<//>`;
  if ("text" in piece) return piece.kind === "code" ? html`<code>${piece.text}</code>` : piece.text;
  if (piece.kind === "date") return html`<${Moment} ...${piece} />`;
  if (piece.kind === "link") return html`<${Link} ...${piece} />`;
  return piece.kind === "emoji"
    ? html`<span title=${`:${piece.id}:`}>${emoji(piece.id)}</span>`
    : html`<${Mention} ...${piece} />`;
}

interface MentionProps {
  readonly kind: "user" | "group" | "channel" | "everybody";
  readonly id: string;
}

/** Somebody, a group or a channel; the reader's own name stands out. */
export function Mention({ kind, id }: MentionProps): VNode {
  const { slack, open } = useReader();
  if (kind === "channel")
    return html`<button type="button" class="link" onClick=${(): void => open(id)}>
      #${channelName(slack, id)}
    </button>`;
  const names = { user: personName(slack, id), group: groupName(slack, id), everybody: id };
  const isMe = kind === "everybody" || id === slack.me;
  return html`<span class=${isMe ? "mention me" : "mention"}>@${names[kind]}</span>`;
}

/** A link into this workspace opens here; others lead away, in a window of their own, and only where they name a page. */
export function Link({ url, label }: { readonly url: string; readonly label: string }): VNode {
  const { open } = useReader();
  const inside = placeOfLink(url);
  if (inside !== undefined)
    return html`<button
      type="button"
      class="link"
      onClick=${(): void => open(inside.place, inside.thread)}
    >
      ${label}
    </button>`;
  if (!/^(?:https?:\/\/|mailto:)/iu.test(url)) return html`<span title=${url}>${label}</span>`;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${label}</a>`;
}

interface MomentProps {
  readonly seconds: number;
  readonly format: string;
  readonly fallback: string;
}

export function Moment({ seconds, format, fallback }: MomentProps): VNode {
  const at = new Date(seconds * 1000);
  const text = formatDate(at, format, { now: new Date() });
  return text === undefined
    ? html`<span>${fallback}</span>`
    : html`<time datetime=${at.toISOString()} title=${fallback}>${text}</time>`;
}
