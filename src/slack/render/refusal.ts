import type { Refusal } from "#src/domain/outcome.ts";
import type { ChatBlock, ChatMessage } from "#src/ports/chat.ts";
import { cut, escapeText } from "./text.ts";

/** The mentions `entitlement.ts` writes; everything else in a refusal is literal. */
const MENTION = /(<@[UW][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>)/;
/** A command to copy. */
const CODE = /(`[^`]+`)/;

/** Characters of each part in the message's own text, which is for notifications; the blocks hold more. */
const TEXT_PART = 1000;

export interface RefusalOptions {
  /** Whether the refusal's mentions are Sallyport's own. Where it repeats what somebody typed, they are not. Default: ours. */
  readonly mentions?: "ours" | "typed";
}

/** A "no": what, why, what to do. As rich text, so that no character a person typed is taken for markup. */
export function renderRefusal(refusal: Refusal, options: RefusalOptions = {}): ChatMessage {
  const mentions = options.mentions ?? "ours";
  const parts = [
    ["", refusal.what],
    ["Why: ", refusal.why],
    ["What to do: ", refusal.fix],
  ] as const;
  return {
    text: parts
      .map(([label, words]) => `${label}${literal(cut(sentence(words), TEXT_PART), mentions)}`)
      .join(" "),
    blocks: [
      {
        type: "rich_text",
        elements: parts.map(([label, words]) => line(label, sentence(words), mentions)),
      },
    ],
  };
}

type Mentions = NonNullable<RefusalOptions["mentions"]>;

function line(label: string, words: string, mentions: Mentions): ChatBlock {
  const style = label === "" ? { style: { bold: true } } : {};
  const labels = label === "" ? [] : [{ type: "text", text: label, style: { bold: true } }];
  const elements = split(words, mentions).flatMap(
    (part) => mentionElement(part, mentions) ?? textElements(part, style),
  );
  return {
    type: "rich_text_section",
    elements: [...labels, ...elements, { type: "text", text: "\n" }],
  };
}

function split(words: string, mentions: Mentions): readonly string[] {
  return mentions === "ours" ? words.split(MENTION).filter((part) => part !== "") : [words];
}

function textElements(text: string, style: object): readonly object[] {
  return cut(text, 1500)
    .split(CODE)
    .filter((part) => part !== "")
    .map((part) =>
      CODE.test(part)
        ? { type: "text", text: part.slice(1, -1), style: { code: true } }
        : { type: "text", text: part, ...style },
    );
}

function mentionElement(
  part: string,
  mentions: Mentions,
): Readonly<Record<string, string>> | undefined {
  if (mentions === "typed") return undefined;
  const user = /^<@([UW][A-Z0-9]+)>$/.exec(part)?.[1];
  if (user !== undefined) return { type: "user", user_id: user };
  const group = /^<!subteam\^(S[A-Z0-9]+)>$/.exec(part)?.[1];
  return group === undefined ? undefined : { type: "usergroup", usergroup_id: group };
}

function sentence(text: string): string {
  // A host or an id stays as it is.
  const isWord = /^[a-z]+(?:[,;]?\s|$)/.test(text);
  const first = isWord ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function literal(text: string, mentions: Mentions): string {
  return split(text, mentions)
    .map((part) =>
      mentionElement(part, mentions) === undefined
        ? escapeText(part.replaceAll(/\s+/g, " "))
        : part,
    )
    .join("");
}
