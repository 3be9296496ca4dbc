import { useRef } from "preact/hooks";
import type { SlackState } from "../wire.ts";

/** Places where something was said that this person has not had before them, since the page was opened. */
export function useUnread(slack: SlackState, place: string): ReadonlySet<string> {
  /** By person and place: the newest `ts` they have had before them. */
  const seen = useRef(new Map<string, string>());
  const unread = new Set<string>();
  for (const { id } of slack.places) {
    const key = `${slack.me} ${id}`;
    const newest = slack.messages.findLast(({ channel }) => channel === id)?.ts ?? "";
    if (id === place) seen.current.set(key, newest);
    else if (newest > (seen.current.get(key) ?? "")) unread.add(id);
  }
  return unread;
}
