import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Message } from "#test/simulators/slack/model.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { requestIdIn, threadText } from "#test/support/reading.ts";
import { answerTo, card, LIMIT_MS } from "./asking.ts";

/* What was probably meant, with a button: nothing is carried out until its writer presses it. */

let installation: Installation;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

const POLITE =
  "could you please open egress to api.example.com on port 443 for team-x because prices";

function threadOf({ thread_ts: thread, ts }: Message): string {
  return thread ?? ts;
}

function idsIn(message: Message): ReadonlySet<string> {
  const text = threadText(installation.slack, "C0TEAMX000", threadOf(message));
  return new Set([...text.matchAll(/EG-[0-9A-HJKMNP-TV-Z]{5}/g)].map(([id]) => id));
}

/** Presses it, and what is whispered then. */
async function pressed(user: string, message: Message): Promise<string> {
  const { slack } = installation;
  const before = slack.ephemerals(user).length;
  await slack.click(user, { channel: "C0TEAMX000", ts: message.ts }, "Ask this");
  return slack.until(() => slack.ephemerals(user)[before]?.message.text, LIMIT_MS);
}

describe("a polite request", () => {
  it("is read back, and asked once its writer presses the button, once", async () => {
    const { slack } = installation;
    const message = await answerTo(slack, { text: POLITE });
    expect(message.text).toMatch(/Did you mean: .*allow api\.example\.com:443 for team-x because/);
    expect(message.text).toMatch(/I read: .*port `443`.*team `team-x`/);
    expect(await pressed("sam", message)).toMatch(/only <@U0ALICE000>, who wrote it/);
    expect(idsIn(message)).toEqual(new Set());

    const place = { channel: "C0TEAMX000", ts: message.ts };
    await Promise.all([
      slack.click("alice", place, "Ask this"),
      slack.click("alice", place, "Ask this"),
    ]);
    const id = await slack.until(
      () => requestIdIn(threadText(slack, "C0TEAMX000", threadOf(message))),
      LIMIT_MS,
    );
    await slack.until(() => card(slack, { id }).text.endsWith(": pending"), LIMIT_MS);
    expect(JSON.stringify(card(slack, { id }).blocks)).toContain("<@U0ALICE000>");
    expect(idsIn(message)).toEqual(new Set([id]));
    await slack.until(
      () => /asked: allow api\.example\.com:443/.test(textAt(message.ts)),
      LIMIT_MS,
    );
  }, 60_000);

  it("with the longest reason is asked as well, and its button goes", async () => {
    const reason = "<&>".repeat(300);
    const message = await answerTo(installation.slack, {
      text: `please open feeds.example.org:443 because a${reason}`,
    });
    const place = { channel: "C0TEAMX000", ts: message.ts };
    await installation.slack.click("alice", place, "Ask this");

    await installation.slack.until(
      () => /asked: allow feeds\.example\.org:443/.test(textAt(message.ts)),
      LIMIT_MS,
    );
  }, 60_000);

  it("of which two things may be meant has a button for each", async () => {
    const message = await answerTo(installation.slack, {
      text: "allow api.example.com:443 because payments for team-y",
    });

    const lines = [...JSON.stringify(message.blocks).matchAll(/"text":"Ask this: ([^"]+)"/g)];
    expect(new Set(lines.map(([, line]) => line)).size).toBe(2);
  }, 60_000);
});

describe("a request that somebody quotes", () => {
  it("is not made by who quotes it, and what they write beside it is theirs", async () => {
    const { slack } = installation;
    const said = "> allow feeds.example.org:443 for team-x because feeds\n";

    const quoted = await answerTo(slack, { user: "sam", text: `\n${said}` });
    expect(quoted.text).toMatch(/the message only quotes/i);
    expect(idsIn(quoted)).toEqual(new Set());

    const beside = await answerTo(slack, {
      user: "sam",
      text: `\n${said}check api.example.com:443`,
    });
    expect(beside.text).toMatch(/api\.example\.com:443.* is not granted/);
    expect(idsIn(beside)).toEqual(new Set());
  });
});

describe("what this installation knows is used:", () => {
  it.each([
    [
      "the day it was written",
      "allow api.example.com:443 until tomorrow because x",
      /until 20\d\d-\d\d-\d\d because/,
    ],
    ["its teams", "please open api.example.com:443 for the y team because x", /for team-y/],
    ["its clusters", "open api.example.com:443 on prod because x", /in prod because x/],
    ["its longest time", "allow api.example.com:443 for 3y because x", /for 365d/],
  ])("%s", async (_what, text, part) => {
    const message = await answerTo(installation.slack, { text });

    expect(message.text).toMatch(part);
    expect(JSON.stringify(message.blocks)).toContain("Ask this");
  });
});

function textAt(ts: string): string {
  return installation.slack.messages("C0TEAMX000").find((each) => each.ts === ts)?.text ?? "";
}

describe("a button whose value somebody made", () => {
  it.each([
    ["an order", { line: "freeze prod", by: "U0ALICE000" }],
    ["a decision", { line: "approve 3f9a0c1d", by: "U0ALICE000" }],
    ["a revoke", { line: "revoke EG-7QK4M because x", by: "U0ALICE000" }],
    ["words", { line: "whatever", by: "U0ALICE000" }],
  ])("to be %s carries nothing out", async (_what, value) => {
    const { slack } = installation;
    const message = await answerTo(slack, { text: POLITE });
    const blocks = JSON.parse(
      JSON.stringify(message.blocks).replaceAll(/"value":"(?:[^"\\]|\\.)*"/g, () =>
        JSON.stringify({ value: JSON.stringify(value) }).slice(1, -1),
      ),
    ) as typeof message.blocks;
    Object.assign(message, { blocks });

    expect(await pressed("alice", message)).toMatch(/carries no request/);
  });
});
