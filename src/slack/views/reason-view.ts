import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { section } from "../render/blocks.ts";
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

/** Asks for a reason; what is decided, and where it was asked from, travels in the modal's metadata. */
export function reasonView(
  metadata: string,
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
    private_metadata: metadata,
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

/** https://docs.slack.dev/reference/methods/views.open#errors: 250 kB in all; https://docs.slack.dev/surfaces/modals: 100 blocks. */
const VIEW_BYTES = 240_000;
const VIEW_BLOCKS = 100;

/** Many blocks of literal text, as many as fit; what does not is said. */
export function textView(title: string, blocks: readonly ChatBlock[]): ModalView {
  return {
    type: "modal",
    title: plain(cut(title, 24)),
    close: plain("Close"),
    blocks: fitting(blocks),
  };
}

function fitting(blocks: readonly ChatBlock[]): readonly ChatBlock[] {
  let bytes = 0;
  const overflow = blocks.findIndex((block, index) => {
    bytes += Buffer.byteLength(JSON.stringify(block));
    return bytes > VIEW_BYTES || index >= VIEW_BLOCKS;
  });
  if (overflow === -1) return blocks;
  const kept = blocks.slice(0, Math.min(overflow, VIEW_BLOCKS - 1));
  return [...kept, section("_There is more than a window can show._")];
}

/** Answers a window that was sent: it stays open, and shows this below the reason. */
export interface ReasonError {
  readonly response_action: "errors";
  readonly errors: { [blockId: string]: string };
}

export function reasonError(text: string): ReasonError {
  return { response_action: "errors", errors: { [BLOCK_ID]: text } };
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
