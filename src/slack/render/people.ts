import type { Approvers } from "#src/domain/approval/policy.ts";
import type { RequestDecision, RequestRecord } from "#src/domain/request/request.ts";
import { code, placesText } from "./text.ts";

/** A person or a user group, as Slack's mark-up mentions them. https://docs.slack.dev/messaging/formatting-message-text#mentioning-users */
export type Mention =
  | { readonly kind: "user"; readonly id: string }
  | { readonly kind: "group"; readonly id: string };

export function mention(userId: string): string {
  return `<@${userId}>`;
}

export function mentionText({ kind, id }: Mention): string {
  return kind === "user" ? mention(id) : `<!subteam^${id}>`;
}

/** Of many approvers: a message is read on a phone, and has room for so many. */
const SHOWN = 20;

/** The first of them, and how many more there are. */
export function shownApprovers({ groups, users }: Approvers): {
  readonly shown: readonly Mention[];
  readonly more: number;
} {
  const all: readonly Mention[] = [
    ...groups.map((id) => ({ kind: "group", id }) as const),
    ...users.map((id) => ({ kind: "user", id }) as const),
  ];
  return { shown: all.slice(0, SHOWN), more: Math.max(0, all.length - SHOWN) };
}

export function approversText(approvers: Approvers): string {
  const { shown, more } = shownApprovers(approvers);
  const names = shown.map(mentionText).join(", ");
  return more === 0 ? names : `${names} and ${more} more`;
}

/** Whom it concerns, and what it is about. */
export function opening({ id, asked }: Pick<RequestRecord, "id" | "asked">): string {
  return `${mention(asked.by.userId)} ${code(id)} ${placesText(asked)} for team ${asked.team}`;
}

/** A decision as the audit log names it, after a space; "" for none. */
export function named(decision: Pick<RequestDecision, "id"> | undefined): string {
  return decision === undefined ? "" : ` Decision ${code(decision.id)}.`;
}
