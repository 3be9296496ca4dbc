import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";
import type { Said } from "#test/simulators/slack/person.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { clickCard, LIMIT_MS, SECURITY } from "./asking.ts";

/* What is said to the bot in a direct message is as a mention: answered in its thread, decided where approvers are. */

let installation: Installation;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function says({ channel, ts }: Pick<Said, "channel" | "ts">, pattern: RegExp): Promise<string> {
  const { slack } = installation;
  return slack.until(() => {
    const text = threadText(slack, channel, ts);
    return pattern.test(text) && text;
  }, LIMIT_MS);
}

describe("a direct message", () => {
  it("asks for egress without a mention; its card is where approvers see it, and decided there", async () => {
    const { slack } = installation;
    const told = slack.tell("alice", "allow edition.cnn.com:443 for team-x because news");
    const text = await says(told, /Waiting for approval\* in <#C0SECURITY>/);
    const id = requestIdIn(text) ?? "";
    await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);

    expect(text).not.toContain("request_approve");
    expect(JSON.stringify(slack.thread(told.channel, told.ts))).not.toContain("request_approve");
    expect(await clickCard(slack, "sam", { asked: { id }, button: "Approve" })).toContain(
      "Recorded",
    );
    await says(told, /active and enforced/);

    await slack.editTold(told.ts, "allow pastebin.com:443 for team-x because news");
    await says(told, new RegExp(`Your edit changes nothing: .${id}`));
  }, 90_000);

  it("is answered in its own thread, also where it is no command, and by nobody else", async () => {
    const { slack } = installation;
    const none = slack.tell("yuri", "good morning");
    await says(none, /not a command I know/);
    const list = slack.tell("yuri", "@sallyport list", { thread: none.ts });
    await says(none, /open or under way|Nothing is open/);

    // Its own answers are told of, too.
    const own = slack.thread(none.channel, none.ts).find(({ user }) => user === BOT_USER_ID);
    const event = { ...own, channel: none.channel, channel_type: "im", event_ts: own?.ts };
    const { outcome } = await slack.rawEvent(event);
    await slack.tell("yuri", "help", { thread: none.ts }).delivered;
    await says(none, /asks for egress|Sallyport: allow/);

    expect(outcome).toBe("acked");
    const answers = slack.thread(none.channel, none.ts).filter(({ user }) => user === BOT_USER_ID);
    expect(answers).toHaveLength(3);
    expect(list.channel).toBe(none.channel);
  }, 60_000);
});
