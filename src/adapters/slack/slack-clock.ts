import type { FetchFunction } from "@slack/web-api";
import { clockOffset } from "#src/domain/time/clock-offset.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ClockCheck } from "#src/ports/clock-check.ts";

/** Measures by the `Date` header of each answer of Slack's: `fetch` is for the clients whose answers are looked at. */
export function createSlackClock(clock: Clock): ClockCheck & { readonly fetch: FetchFunction } {
  let offset: number | undefined;
  return {
    offsetMs: () => offset,
    async fetch(url, init) {
      const sentAt = clock.now();
      const response = await globalThis.fetch(url, init);
      const date = response.headers.get("date");
      if (date !== null) offset = clockOffset({ sentAt, receivedAt: clock.now(), date }) ?? offset;
      return response;
    },
  };
}
