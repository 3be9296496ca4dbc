import { describe, expect, it } from "@jest/globals";
import { received, withoutSecrets } from "#src/slack/intake/received-body.ts";

const MENTION = {
  type: "event_callback",
  token: "verification",
  event_id: "Ev1",
  event: { type: "app_mention", user: "U0ALICE" },
};
const COMMAND = {
  command: "/egress",
  token: "verification",
  trigger_id: "111.222.abc",
  response_url: "https://hooks.slack.example/1",
  text: "list",
};

function told(event: object) {
  return received({ ...MENTION, event, authorizations: [{ user_id: "U0BOT" }] });
}

describe("what Slack delivers", () => {
  it("is a mention, known by its event id", () => {
    expect(received(MENTION)).toEqual({ kind: "event", id: "Ev1" });
  });

  it("is a direct message by its event id, and an edit of one; not what the bot says itself, nor what Slack adds", () => {
    const direct = { type: "message", channel_type: "im", user: "U0ALICE" };
    const edit = { type: "message", channel_type: "im", subtype: "message_changed" };

    expect(told(direct)).toEqual({ kind: "event", id: "Ev1" });
    expect(told({ ...edit, message: { user: "U0ALICE", edited: { ts: "1.2" } } })).toEqual({
      kind: "event",
      id: "Ev1",
    });
    for (const other of [
      { ...direct, user: "U0BOT" },
      { ...direct, channel_type: "channel" },
      { ...direct, subtype: "message_deleted" },
      { ...edit, message: { user: "U0ALICE" } },
      { ...edit, message: { user: "U0BOT", edited: { ts: "1.2" } } },
    ])
      expect(told(other)).toEqual({ kind: "other" });
  });

  it("is a command, known by an id that is the same each time and opens no window", () => {
    const first = received(COMMAND);

    expect(first).toMatchObject({ kind: "command", responseUrl: "https://hooks.slack.example/1" });
    expect(received(COMMAND)).toEqual(first);
    expect(JSON.stringify(first)).not.toContain("111.222");
    expect(received({ ...COMMAND, trigger_id: "111.223" })).not.toEqual(first);
  });

  it.each([
    { ...COMMAND, text: " " },
    { type: "block_actions", trigger_id: "1" },
    { ...MENTION, event: { type: "message" } },
    {},
    undefined,
    "text",
  ])("is none of these: %j", (body) => {
    expect(received(body)).toEqual({ kind: "other" });
  });

  it("is stored without what gives its reader a right, and otherwise as it came", () => {
    expect(withoutSecrets(COMMAND)).toEqual({ command: "/egress", text: "list" });
    const { token: _, ...rest } = MENTION;
    expect(withoutSecrets(MENTION)).toEqual(rest);
  });
});
