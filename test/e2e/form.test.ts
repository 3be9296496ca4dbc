import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SHORTCUTS } from "#src/slack/form/register-form.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { cardOf, requestIdIn } from "#test/support/reading.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { LIMIT_MS, SECURITY } from "./asking.ts";

/* What is filled in, from each place the form opens at, becomes a request with a card, as a typed line does. */

let installation: Installation;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** The id of what was asked, once its card is there. */
async function cardFor(channel: string, line: string): Promise<string> {
  const { slack } = installation;
  const root = await slack.until(
    () =>
      slack
        .messages(channel)
        .find(({ user, text }) => user === BOT_USER_ID && text.includes(`asked: ${line}`)),
    LIMIT_MS,
  );
  const thread = root.thread_ts ?? root.ts;
  const id = await slack.until(
    () =>
      requestIdIn(
        slack
          .thread(channel, thread)
          .map(({ text }) => text)
          .join(" "),
      ),
    LIMIT_MS,
  );
  await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
  return id;
}

const WAYS = [
  {
    way: "the command without words",
    channel: "team-y",
    open: () => installation.slack.slash("alice", "team-y", "/egress"),
  },
  {
    way: "the global shortcut",
    channel: "team-x",
    open: () => installation.slack.shortcut("alice", SHORTCUTS.anywhere),
  },
  {
    way: "a message",
    channel: "team-y",
    open: () => {
      const { slack } = installation;
      const { ts } = slack.mention("yuri", "team-y", "lunch?");
      return slack.messageShortcut("alice", { channel: "team-y", ts }, SHORTCUTS.ofMessage);
    },
  },
] as const;

describe("the form", () => {
  it.each(WAYS)(
    "opened by $way asks for egress",
    async ({ way, channel, open }) => {
      const { slack } = installation;
      await open();
      await slack.until(() => slack.modal("alice"), LIMIT_MS);
      const values = { team: "team-x", reason: `by ${way}` };
      const wrong = await slack.submit("alice", { ...values, destinations: "localhost:443" });
      const right = await slack.submit("alice", { ...values, destinations: "api.example.com:443" });

      expect(Object.keys(wrong.errors)).toEqual(["destinations"]);
      expect(right.responseAction).toBe("update");
      await slack.closeView("alice");
      const id = await cardFor(
        channel,
        `allow api.example.com:443 for team-x for 30d because by ${way}`,
      );
      expect(cardOf(slack, SECURITY, id)?.text).toContain("api.example.com:443");
    },
    60_000,
  );

  it("sent while the store is away says so, and asks once when it is sent again", async () => {
    const { slack, redis } = installation;
    await slack.slash("alice", "team-y", "/egress");
    await slack.until(() => slack.modal("alice"), LIMIT_MS);
    const values = { team: "team-x", reason: "once", destinations: "feeds.example.org:443" };
    await redis.kill();
    const lost = await slack.submit("alice", values);
    expect(String(lost.errors["destinations"])).toMatch(/^Not (?:yet known|recorded)/);
    await redis.restart();

    await eventually(async () => {
      const again = await slack.submit("alice", values);
      expect(again.responseAction).toBe("update");
    }, LIMIT_MS);
    await cardFor("team-y", "allow feeds.example.org:443");
    const roots = slack
      .messages("team-y")
      .filter(({ text }) => text.includes("asked: allow feeds.example.org:443"));
    expect(roots).toHaveLength(1);
  }, 60_000);
});
