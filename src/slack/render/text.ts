import { type Destination, endpoint } from "#src/domain/grant.ts";
import { askedText, asksSeveral } from "#src/domain/request/destinations-asked.ts";
import type { PlanDifference, RequestRecord } from "#src/domain/request/request.ts";

/**
 * Slack parses `& < >` in mrkdwn and in a message's top-level text, and nothing escapes `* _ ~` or a line break there:
 * text a person typed goes into `plain_text` blocks, or through `inline` where it must stand in a sentence.
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** User text inside one of our sentences: one line, no markup, at most `limit` characters. */
export function inline(text: string, limit = 150): string {
  const flat = text
    .replaceAll(/\s+/g, " ")
    .replaceAll("`", "'")
    // Inside a word none of them marks anything up; elsewhere their like is shown, so that nothing typed is lost.
    .replaceAll(/(?<![a-z0-9])[*_~]|[*_~](?![a-z0-9])/gi, (mark) => LIKE[mark] ?? "")
    // Not an emoji's name any more; what is hexadecimal between colons is part of an address, and stays as it is.
    .replaceAll(/:(?=[\w+'-]*[g-z][\w+'-]*:)/gi, ":\u200B")
    .trim();
  return escapeText(cut(flat, limit));
}

const LIKE: Readonly<Record<string, string>> = { "*": "∗", _: "＿", "~": "∼" };

/** Cut with a visible marker to at most `limit` UTF-16 units; what is left has no half of a surrogate pair. */
export function cut(text: string, limit: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= limit) return whole;
  return `${whole.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** As `cut`, for text with mark-up: it ends with no half of a mention, a date or an escaped character. */
export function cutMarkup(text: string, limit: number): string {
  return text.length <= limit
    ? text.toWellFormed()
    : cut(text, limit).replace(/(?:<[^<>]*|&[a-z]*)…$/, "…");
}

/** https://docs.slack.dev/reference/methods/chat.update#errors: `msg_too_long` above 4000 characters. */
export function messageText(text: string): string {
  return cutMarkup(text, 4000);
}

/** A moment in the reader's own time zone. https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function moment(at: number): string {
  const seconds = Math.floor(at / 1000);
  return `<!date^${seconds}^{date_short_pretty} {time}|${utc(at)}>`;
}

/** A moment where no mark-up is read. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** A destination in a sentence: a wildcard's star would mark text up. */
export function placeText(destination: Destination): string {
  return destination.via === undefined
    ? endpoint(destination)
    : `${code(endpoint(destination))}${viaText(destination)}`;
}

/** What a request asks for, in a sentence. */
export function placesText(asked: RequestRecord["asked"]): string {
  return asksSeveral(asked) ? askedText(asked) : placeText(asked.destination);
}

export function viaText({ via }: Pick<Destination, "via">): string {
  return via === undefined ? "" : ` via ${code(via)}`;
}

/** Any text as code: nothing but a backtick ends it. */
export function literal(text: string, limit = 150): string {
  const flat = text.replaceAll(/\s+/g, " ").replaceAll("`", "'");
  return code(escapeText(cut(flat, limit)));
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** One thing that changed between two plans, before and after. */
export function differenceLine({ path, before, after }: PlanDifference): string {
  const [was, is] = [before, after].map((text) => (text === "" ? "not there" : literal(text, 80)));
  return `• ${literal(path, 120)}: ${was} → ${is}`;
}
