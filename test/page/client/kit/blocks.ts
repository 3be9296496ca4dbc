import { html } from "htm/preact";
import type { VNode } from "preact";
import type { Json } from "../../wire.ts";
import { objectOf, objectsOf, textOf } from "../json.ts";
import { Button } from "./button.ts";
import { Input } from "./input.ts";
import { RichText } from "./rich-text.ts";
import { TextObject } from "./text.ts";
import { Unknown } from "./unknown.ts";

interface BlocksProps {
  readonly blocks: readonly Json[];
  readonly onPress: (blockId: string, actionId: string) => Promise<void>;
  /** Of a window: block_id → sentence. */
  readonly errors?: Json;
}

/** Block Kit: https://docs.slack.dev/reference/block-kit/blocks */
export function Blocks({ blocks, onPress, errors = {} }: BlocksProps): VNode {
  return html`<div class="blocks">
    ${blocks.map((block, index) => {
      const key = textOf(block["block_id"]) || String(index);
      return html`<${Block} key=${key} block=${block} onPress=${onPress} errors=${errors} />`;
    })}
  </div>`;
}

interface BlockProps extends Pick<BlocksProps, "onPress"> {
  readonly block: Json;
  readonly errors: Json;
}

function Block({ block, onPress, errors }: BlockProps): VNode {
  const id = textOf(block["block_id"]);
  function press(actionId: string): Promise<void> {
    return onPress(id, actionId);
  }
  switch (block["type"]) {
    case "header":
      return html`<h3><${TextObject} text=${block["text"]} /></h3>`;
    case "section":
      return html`<${Section} block=${block} press=${press} />`;
    case "divider":
      return html`<hr />`;
    case "context":
      return html`<div class="context">
        ${objectsOf(block["elements"]).map((element) => contextElement(element))}
      </div>`;
    case "actions":
      return html`<div class="actions">
        ${objectsOf(block["elements"]).map((element) => actionElement(element, press))}
      </div>`;
    case "rich_text":
      return html`<${RichText} elements=${objectsOf(block["elements"])} />`;
    case "input":
      return html`<${Input} block=${block} error=${textOf(errors[id])} />`;
    case "image":
      return html`<${Picture} image=${block} />`;
    default:
      return html`<${Unknown} what=${`a block of type ${String(block["type"])}`} json=${block} />`;
  }
}

interface SectionProps {
  readonly block: Json;
  readonly press: (actionId: string) => Promise<void>;
}

function Section({ block, press }: SectionProps): VNode {
  const fields = objectsOf(block["fields"]);
  return html`<div class="section">
    <div>
      ${block["text"] !== undefined && html`<${TextObject} text=${block["text"]} />`}
      ${
        fields.length > 0 &&
        html`<div class="fields">
          ${fields.map((field) => html`<div><${TextObject} text=${field} /></div>`)}
        </div>`
      }
    </div>
    ${block["accessory"] !== undefined && actionElement(objectOf(block["accessory"]), press)}
  </div>`;
}

function contextElement(element: Json): VNode {
  return element["type"] === "image"
    ? html`<${Picture} image=${element} />`
    : html`<div><${TextObject} text=${element} /></div>`;
}

function actionElement(element: Json, press: SectionProps["press"]): VNode {
  switch (element["type"]) {
    case "button":
      return html`<${Button} element=${element} onPress=${press} />`;
    case "image":
      return html`<${Picture} image=${element} />`;
    default:
      return html`<${Unknown}
        what=${`an element of type ${String(element["type"])}`}
        json=${element}
      />`;
  }
}

/** Pictures are on other machines, which this page asks for nothing. */
function Picture({ image }: { readonly image: Json }): VNode {
  return html`<span class="picture" title=${textOf(image["image_url"])}>
    Picture: ${textOf(image["alt_text"])}
  </span>`;
}
