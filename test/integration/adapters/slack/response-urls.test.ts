import { describe, expect, it } from "@jest/globals";
import { ResponseUrls } from "#src/adapters/slack/response-urls.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { startBolt, startWorkspace } from "#test/integration/simulators/slack-support.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";

/** A slash command's response_url, as Slack delivers it. */
async function responseUrl(slack: SlackSimulator): Promise<string> {
  let url = "";
  await startBolt(slack, (app) => {
    app.command("/egress", async ({ ack, body }) => {
      url = body.response_url;
      await ack();
    });
  });
  await slack.slash("alice", "elsewhere", "/egress list");
  return url;
}

describe("where the bot may not post", () => {
  it("a slash command is answered by Slack's own address, to who wrote it alone", async () => {
    await using slack = await startWorkspace();
    const answers = new ResponseUrls({ now: () => Date.now() });
    answers.keep("command-1", await responseUrl(slack));

    expect(await answers.answer("command-1", "invite me")).toBe(true);

    expect(slack.ephemerals("alice").at(-1)?.message.text).toBe("invite me");
    expect(slack.messages("elsewhere")).toEqual([]);
  });

  it("another delivery, or one of half an hour ago, has no address", async () => {
    let now = 1_000_000;
    const answers = new ResponseUrls({ now: () => now });
    answers.keep("command-1", "http://127.0.0.1:9/nowhere");

    expect(await answers.answer("command-2", "x")).toBe(false);
    now += 30 * 60_000;
    expect(await answers.answer("command-1", "x")).toBe(false);
  });

  it("an address that does not answer may be tried again", async () => {
    const answers = new ResponseUrls({ now: () => Date.now() });
    answers.keep("command-1", "http://127.0.0.1:9/nowhere");

    await expect(answers.answer("command-1", "x")).rejects.toBeInstanceOf(RetryableError);
  });
});
