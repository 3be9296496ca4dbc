import type { ChatBlock } from "#src/ports/chat.ts";
import { type ActionValue, encodeAction } from "../actions/action-value.ts";
import { cut } from "../render/text.ts";

/** A modal as `views.open` takes it. Title and buttons have at most 24 characters. */
export interface ModalView {
  readonly type: "modal";
  readonly callback_id?: string;
  readonly private_metadata?: string;
  readonly title: { readonly type: "plain_text"; readonly text: string };
  readonly submit?: { readonly type: "plain_text"; readonly text: string };
  readonly close: { readonly type: "plain_text"; readonly text: string };
  readonly blocks: readonly ChatBlock[];
}

const BLOCK_ID = "reason";
const ACTION_ID = "text";

/** Asks for a reason; what is decided travels in the modal's metadata. */
export function reasonView(
  value: ActionValue,
  {
    callbackId,
    title,
    submit,
    optional,
  }: {
    readonly callbackId: string;
    readonly title: string;
    readonly submit: string;
    readonly optional: boolean;
  },
): ModalView {
  return {
    type: "modal",
    callback_id: callbackId,
    private_metadata: encodeAction(value),
    title: plain(cut(title, 24)),
    submit: plain(submit),
    close: plain("Back"),
    blocks: [
      {
        type: "input",
        block_id: BLOCK_ID,
        optional,
        label: plain("Why?"),
        hint: plain("Everybody who can see the request can read it."),
        element: {
          type: "plain_text_input",
          action_id: ACTION_ID,
          multiline: true,
          max_length: 300,
        },
      },
    ],
  };
}

/** Many blocks of literal text, in as many as fit: a modal holds 100. */
export function textView(title: string, blocks: readonly ChatBlock[]): ModalView {
  return {
    type: "modal",
    title: plain(cut(title, 24)),
    close: plain("Close"),
    blocks: blocks.slice(0, 100),
  };
}

/** What was typed into `reasonView`; "" where it was left empty. */
export function reasonIn(values: unknown): string {
  const value = field(field(field(values, BLOCK_ID), ACTION_ID), "value");
  return typeof value === "string" ? value.trim() : "";
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value
    ? Reflect.get(value, key)
    : undefined;
}

function plain(text: string): { readonly type: "plain_text"; readonly text: string } {
  return { type: "plain_text", text };
}
