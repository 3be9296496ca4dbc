import { html } from "htm/preact";
import type { VNode } from "preact";
import type { Json } from "../../wire.ts";
import { objectOf, objectsOf, textOf } from "../json.ts";
import { emoji } from "../words/emoji.ts";
import { Link, Mention, Moment } from "./text.ts";
import { Unknown } from "./unknown.ts";

/** https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
export function RichText({ elements }: { readonly elements: readonly Json[] }): VNode {
  return html`<div class="rich">${elements.map((element) => outer(element))}</div>`;
}

function outer(element: Json): VNode {
  const parts = objectsOf(element["elements"]);
  switch (element["type"]) {
    case "rich_text_section":
      return html`<p>${parts.map((part) => inner(part))}</p>`;
    case "rich_text_preformatted":
      return html`<pre>${parts.map((part) => inner(part))}</pre>`;
    case "rich_text_quote":
      return html`<blockquote>${parts.map((part) => inner(part))}</blockquote>`;
    case "rich_text_list":
      return html`<${element["style"] === "ordered" ? "ol" : "ul"}
        style=${{ marginLeft: `${Number(element["indent"] ?? 0)}em` }}
      >
        ${parts.map((part) => html`<li>${outer(part)}</li>`)}
      <//>`;
    default:
      return html`<${Unknown}
        what=${`rich text of type ${String(element["type"])}`}
        json=${element}
      />`;
  }
}

function inner(part: Json): VNode | string {
  switch (part["type"]) {
    case "text":
      return styled(textOf(part["text"]), objectOf(part["style"]));
    case "link": {
      const url = textOf(part["url"]);
      return html`<${Link} url=${url} label=${textOf(part["text"]) || url} />`;
    }
    case "user":
      return html`<${Mention} kind="user" id=${textOf(part["user_id"])} />`;
    case "usergroup":
      return html`<${Mention} kind="group" id=${textOf(part["usergroup_id"])} />`;
    case "channel":
      return html`<${Mention} kind="channel" id=${textOf(part["channel_id"])} />`;
    case "broadcast":
      return html`<${Mention} kind="everybody" id=${textOf(part["range"])} />`;
    case "emoji":
      return emoji(textOf(part["name"]));
    case "date":
      return html`<${Moment}
        seconds=${Number(part["timestamp"])}
        format=${textOf(part["format"])}
        fallback=${textOf(part["fallback"])}
      />`;
    default:
      return html`<${Unknown} what=${`rich text of type ${String(part["type"])}`} json=${part} />`;
  }
}

const STYLES = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
  ["underline", "u"],
] as const;

function styled(text: string, style: Json): VNode | string {
  return STYLES.filter(([name]) => style[name] === true).reduce<VNode | string>(
    (shown, [, tag]) => html`<${tag}>${shown}<//>`,
    text,
  );
}
