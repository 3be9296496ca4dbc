import { describe, expect, it } from "@jest/globals";
import { appMention, askedText } from "#src/slack/commands/asked-text.ts";

const MENTION = {
  team_id: "T0HOME",
  event: {
    type: "app_mention",
    user: "U0ALICE",
    channel: "C0TEAMX",
    ts: "1772442000.000100",
    text: "<@U0SALLYPORT> list",
  },
};

function mention(event: object = {}) {
  const body = { ...MENTION, event: { ...MENTION.event, ...event } };
  return askedText({ id: "Ev1", kind: "event", receivedAt: 5, body });
}

describe("what a person wrote", () => {
  it("in a mention is of the moment and the message it was first written in", () => {
    expect(mention({ edited: { user: "U0ALICE", ts: "1772449999.000100" } })).toMatchObject({
      by: { userId: "U0ALICE", teamId: "T0HOME" },
      byApp: false,
      sourceId: "C0TEAMX:1772442000.000100",
      threadTs: "1772442000.000100",
      at: 1_772_442_000_000,
      edited: true,
      delivery: { id: "Ev1", receivedAt: 5 },
    });
  });

  it.each([
    ["bot_id", { bot_id: "B0OTHER" }],
    ["app_id", { app_id: "A0OTHER" }],
  ])("is an app's where Slack gives its %s, although it names a person", (_what, event) => {
    expect(mention(event)).toMatchObject({ by: { userId: "U0ALICE" }, byApp: true });
  });

  it("from another workspace is of that workspace", () => {
    expect(mention({ user_team: "T0OTHER" })?.by.teamId).toBe("T0OTHER");
  });

  it("in a slash command is known by its delivery, which has no trigger id", () => {
    const body = { team_id: "T0HOME", user_id: "U0ALICE", channel_id: "C0TEAMX", text: "list" };

    expect(askedText({ id: "command-1", kind: "command", receivedAt: 5, body })).toMatchObject({
      sourceId: "command-1",
      at: 5,
      threadTs: undefined,
      surface: "command",
    });
  });

  it("in any other shape is nothing", () => {
    expect(askedText({ id: "Ev1", kind: "event", receivedAt: 5, body: {} })).toBeUndefined();
    expect(askedText({ id: "c", kind: "command", receivedAt: 5, body: {} })).toBeUndefined();
  });
});

describe("a mention that no person wrote", () => {
  const { user: _, ...workflow } = { ...MENTION.event, bot_id: "B0WORKFLOW", thread_ts: "1.1" };
  const item = { id: "Ev1", kind: "event", receivedAt: 5, body: { event: workflow } } as const;

  it("is a workflow's or an app's, and of its thread", () => {
    expect(askedText(item)).toBeUndefined();
    expect(appMention(item)).toEqual({ channel: "C0TEAMX", threadTs: "1.1" });
  });

  it.each([
    ["a person's", { ...item, body: { event: { ...workflow, user: "U0ALICE" } } }],
    ["no mention", { ...item, body: {} }],
    ["nobody's at all", { ...item, body: { event: { ...workflow, bot_id: undefined } } }],
    ["a slash command's", { ...item, kind: "command" as const }],
  ])("is not %s", (_what, other) => {
    expect(appMention(other)).toBeUndefined();
  });
});
