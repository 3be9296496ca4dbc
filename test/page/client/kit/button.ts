import { html } from "htm/preact";
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import type { Json } from "../../wire.ts";
import { objectOf, textOf } from "../json.ts";
import { lettersOf } from "./text.ts";

interface ButtonProps {
  readonly element: Json;
  readonly onPress: (actionId: string) => Promise<void>;
}

/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export function Button({ element, onPress }: ButtonProps): VNode {
  const [isBusy, setBusy] = useState(false);
  async function press(): Promise<void> {
    if (!isConfirmed(element["confirm"])) return;
    setBusy(true);
    await onPress(textOf(element["action_id"]));
    setBusy(false);
  }
  const label = element["accessibility_label"];
  return html`<button
    type="button"
    class=${`button ${textOf(element["style"])}`}
    aria-label=${typeof label === "string" ? label : undefined}
    disabled=${isBusy}
    onClick=${press}
  >
    ${lettersOf(element["text"])}
  </button>`;
}

/** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
function isConfirmed(dialog: unknown): boolean {
  if (dialog === undefined) return true;
  const { title, text } = objectOf(dialog);
  // oxlint-disable-next-line no-alert -- the browser's own dialog is one
  return confirm(`${lettersOf(title)}\n\n${textOf(objectOf(text)["text"])}`);
}
