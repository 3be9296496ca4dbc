import { VERDICT_WORDS } from "#src/domain/approval/decision-event.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import type { ChatBlock, ChatMessage } from "#src/ports/chat/chat.ts";
import { type Mention, mentionText, shownApprovers } from "./people.ts";
import { stepLines, textElements } from "./rich-text.ts";
import { cut, escapeText, messageText, utc } from "./text.ts";

/** Characters of each part in the message's own text, which is for notifications; the blocks hold more. */
const TEXT_PART = 1000;

interface Link {
  readonly kind: "link";
  readonly url: string;
  readonly text: string;
}

/** Of all steps together. */
const STEPS_LIMIT = 6000;

/** Words are shown as they are; people are mentioned. */
type Part = string | Mention | Link;

interface Line {
  readonly label: string;
  readonly parts: readonly Part[];
}

/**
 * A "no": what, why, who, what to do. As rich text, so that no character a person typed is taken for mark-up. `to`: the
 * user it is for, where it is no answer to something they just did. `isPosted`: everybody of the channel gets it, and a
 * user group that is named would be called, whoever it was that wrote.
 */
export function renderRefusal(
  refusal: Refusal,
  { to, isPosted = false }: { readonly to?: string; readonly isPosted?: boolean } = {},
): ChatMessage {
  const whom: readonly Part[] = to === undefined ? [] : [{ kind: "user", id: to }, " "];
  const lines: readonly Line[] = [
    { label: "", parts: [...whom, sentence(refusal.what)] },
    { label: "Why", parts: [sentence(refusal.why)] },
    ...decidedLine(refusal),
    ...askLine(refusal, isPosted),
    { label: "What to do", parts: [sentence(refusal.fix), ...linkParts(refusal)] },
  ];
  return {
    text: messageText(lines.map(lineText).join(" ")),
    blocks: [
      {
        type: "rich_text",
        elements: [
          ...lines.map(lineElement),
          ...stepLines(refusal.steps ?? [], { limit: STEPS_LIMIT, rest: "ask the platform team" }),
        ],
      },
    ],
  };
}

function decidedLine({ decided }: Refusal): readonly Line[] {
  if (decided === undefined) return [];
  const { verdict, by, at } = decided;
  const person = { kind: "user", id: by.userId } as const;
  return [{ label: "Decided", parts: [`${VERDICT_WORDS[verdict]} by `, person, ` ${utc(at)}.`] }];
}

function linkParts({ link }: Refusal): readonly Part[] {
  return link === undefined ? [] : [" ", { kind: "link", ...link }, "."];
}

function askLine({ ask }: Refusal, isPosted: boolean): readonly Line[] {
  if (ask === undefined) return [];
  const { shown, more } = shownApprovers(isPosted ? { ...ask, groups: [] } : ask);
  const groups = isPosted && ask.groups.length > 0 ? ["the approvers"] : [];
  const all: readonly Part[] = [...shown, ...groups, ...(more === 0 ? [] : [`${more} more`])];
  const parts = all.flatMap((each, index) => (index === 0 ? [each] : [", ", each]));
  return [{ label: "Who can", parts: [...parts, "."] }];
}

function lineText({ label, parts }: Line): string {
  const words = parts.map((part) =>
    typeof part === "string"
      ? escapeText(cut(part, TEXT_PART).replaceAll(/\s+/g, " "))
      : part.kind === "link"
        ? `<${part.url}|${escapeText(part.text)}>`
        : mentionText(part),
  );
  return `${label === "" ? "" : `${label}: `}${words.join("")}`;
}

function lineElement({ label, parts }: Line): ChatBlock {
  const style = label === "" ? { style: { bold: true } } : {};
  const labels = label === "" ? [] : [{ type: "text", text: `${label}: `, style: { bold: true } }];
  const elements = parts.flatMap((part) =>
    typeof part === "string" ? textElements(cut(part, 1500), style) : [otherElement(part)],
  );
  return {
    type: "rich_text_section",
    elements: [...labels, ...elements, { type: "text", text: "\n" }],
  };
}

function otherElement(part: Mention | Link): object {
  if (part.kind === "link") return { type: "link", url: part.url, text: part.text };
  const { kind, id } = part;
  return kind === "user" ? { type: "user", user_id: id } : { type: "usergroup", usergroup_id: id };
}

function sentence(text: string): string {
  // A host or an id stays as it is.
  const isWord = /^[a-z]+(?:[,;]?\s|$)/.test(text);
  const first = isWord ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
