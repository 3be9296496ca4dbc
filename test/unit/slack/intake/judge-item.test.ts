import { describe, expect, it } from "@jest/globals";
import type { IntakeItem } from "#src/ports/chat/intake.ts";
import { judgeItem } from "#src/slack/intake/judge-item.ts";

const NINE = Date.UTC(2026, 10, 1, 9);
const DAY = 86_400_000;

const item: IntakeItem = {
  id: "Ev1",
  kind: "event",
  receivedAt: NINE,
  body: { event: { user: "U0SAM00000", text: "<@U0BOT> unfreeze" } },
};

describe("what Slack delivered", () => {
  it("is carried out as the bot stored it, within a day", () => {
    expect(judgeItem(item, NINE)).toEqual({ kind: "ours", item });
    expect(judgeItem(item, NINE + DAY)).toEqual({ kind: "ours", item });
    expect(judgeItem(item, NINE + DAY + 1)).toEqual({ kind: "too-old", item });
  });

  it("that is gone is tampered with", () => {
    expect(judgeItem(undefined, NINE)).toEqual({ kind: "tampered", why: "it is missing" });
  });
});
