import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { cut, cutMarkup } from "./text.ts";

/**
 * Block Kit as far as it is used, within the limits of https://docs.slack.dev/reference/block-kit/blocks. Where a message
 * has many blocks, each is given less: all of its text together may have 12 000 characters.
 */

export function header(text: string): ChatBlock {
  return { type: "header", text: { type: "plain_text", text: cut(text, 150), emoji: false } };
}

/** Our own words, with Slack's markup. */
export function section(mrkdwn: string, limit = 3000): ChatBlock {
  return {
    type: "section",
    text: { type: "mrkdwn", text: cutMarkup(mrkdwn, limit), verbatim: true },
  };
}

/** A person's words: shown as they are. */
export function quote(label: string, words: string, limit: number): ChatBlock {
  return {
    type: "section",
    text: {
      type: "plain_text",
      text: cut(`${label}: ${words.replaceAll(/\s+/g, " ")}`, limit),
      emoji: false,
    },
  };
}

export function fields(entries: readonly (readonly [label: string, mrkdwn: string])[]): ChatBlock {
  return {
    type: "section",
    fields: entries.slice(0, 10).map(([label, value]) => ({
      type: "mrkdwn",
      text: cutMarkup(`*${label}*\n${value}`, 600),
      verbatim: true,
    })),
  };
}

export function context(...lines: readonly string[]): ChatBlock {
  return {
    type: "context",
    elements: lines
      .slice(0, 10)
      .map((line) => ({ type: "mrkdwn", text: cutMarkup(line, 3000), verbatim: true })),
  };
}

export interface Button {
  readonly actionId: string;
  readonly text: string;
  readonly value: string;
  readonly style?: "primary" | "danger";
  /** Read out instead of the text; at most 75 characters. */
  readonly label?: string;
}

export function buttons(...all: readonly Button[]): ChatBlock {
  return {
    type: "actions",
    elements: all.map(({ actionId, text, value, style, label }) => ({
      type: "button",
      action_id: actionId,
      text: { type: "plain_text", text: cut(text, 75), emoji: false },
      value,
      ...(style === undefined ? {} : { style }),
      ...(label === undefined ? {} : { accessibility_label: cut(label, 75) }),
    })),
  };
}

/** Literal lines, in a fixed-width font: YAML, log lines. At most 3000 characters a block. */
export function preformatted(text: string): readonly ChatBlock[] {
  const blocks: ChatBlock[] = [];
  for (const part of parts(text, 2800)) {
    blocks.push({
      type: "rich_text",
      elements: [{ type: "rich_text_preformatted", elements: [{ type: "text", text: part }] }],
    });
  }
  return blocks;
}

/** Cuts at line ends, so that no line is torn. */
function parts(text: string, limit: number): readonly string[] {
  const found: string[] = [];
  let part = "";
  for (const line of text.split("\n")) {
    if (part !== "" && part.length + line.length + 1 > limit) {
      found.push(part);
      part = "";
    }
    part += part === "" ? cut(line, limit) : `\n${cut(line, limit)}`;
  }
  if (part !== "") found.push(part);
  return found;
}
