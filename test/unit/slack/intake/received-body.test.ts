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

describe("what Slack delivers", () => {
  it("is a mention, known by its event id", () => {
    expect(received(MENTION)).toEqual({ kind: "event", id: "Ev1" });
  });

  it("is a command, known by an id that is the same each time and opens no window", () => {
    const first = received(COMMAND);

    expect(first).toMatchObject({ kind: "command", responseUrl: "https://hooks.slack.example/1" });
    expect(received(COMMAND)).toEqual(first);
    expect(JSON.stringify(first)).not.toContain("111.222");
    expect(received({ ...COMMAND, trigger_id: "111.223" })).not.toEqual(first);
  });

  it.each([
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
