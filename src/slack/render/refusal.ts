import type { Refusal } from "#src/domain/outcome.ts";
import type { ChatBlock, ChatMessage } from "#src/ports/chat.ts";
import { cut, escapeText } from "./text.ts";

/** The mentions `entitlement.ts` writes; everything else in a refusal is literal. */
const MENTION = /(<@[UW][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>)/;

/** A "no": what, why, what to do. As rich text, so that no character a person typed is taken for markup. */
export function renderRefusal(refusal: Refusal): ChatMessage {
  const parts = [
    ["", refusal.what],
    ["Why: ", refusal.why],
    ["What to do: ", refusal.fix],
  ] as const;
  return {
    text: parts.map(([label, words]) => `${label}${literal(sentence(words))}`).join(" "),
    blocks: [
      { type: "rich_text", elements: parts.map(([label, words]) => line(label, sentence(words))) },
    ],
  };
}

function line(label: string, words: string): ChatBlock {
  const text = words
    .split(MENTION)
    .filter((part) => part !== "")
    .map(
      (part) =>
        mentionElement(part) ?? {
          type: "text",
          text: cut(part, 1500),
          ...(label === "" ? { style: { bold: true } } : {}),
        },
    );
  const labels = label === "" ? [] : [{ type: "text", text: label, style: { bold: true } }];
  return {
    type: "rich_text_section",
    elements: [...labels, ...text, { type: "text", text: "\n" }],
  };
}

function mentionElement(part: string): Readonly<Record<string, string>> | undefined {
  const user = /^<@([UW][A-Z0-9]+)>$/.exec(part)?.[1];
  if (user !== undefined) return { type: "user", user_id: user };
  const group = /^<!subteam\^(S[A-Z0-9]+)>$/.exec(part)?.[1];
  return group === undefined ? undefined : { type: "usergroup", usergroup_id: group };
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function literal(text: string): string {
  return text
    .split(MENTION)
    .map((part, index) => (index % 2 === 1 ? part : escapeText(part.replaceAll(/\s+/g, " "))))
    .join("");
}
