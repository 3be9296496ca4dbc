import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Installation, install } from "#test/support/installation.ts";
import type { Process } from "#test/support/processes.ts";
import { threadText } from "#test/support/reading.ts";
import {
  answerTo,
  ask,
  type Asked,
  card,
  clickCard,
  codeOf,
  inState,
  reads,
  refused,
  SECURITY,
} from "./asking.ts";

let installation: Installation;
let bot: Process;

beforeAll(async () => {
  installation = await install();
  bot = installation.start("bot");
  await Promise.all([bot.started, installation.start("worker").started]);
}, 60_000);

afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function gusAsks(host: string): Promise<Asked> {
  return ask(installation.slack, { user: "gus", text: `allow ${host}:443 because a visit` });
}

describe("a decision whose message is edited afterwards", () => {
  it.each<readonly [made: string, first: (code: string) => string, edited: string]>([
    ["approved", (code) => `approve ${code}`, "deny CODE because oops"],
    ["denied", (code) => `deny ${code} because no contract`, "approve CODE"],
  ])("stays %s, and that is said once", async (made, first, edited) => {
    const { slack } = installation;
    const host = made === "approved" ? "api.example.com" : "feeds.example.org";
    const asked = await ask(slack, { text: `allow ${host}:443 because evaluation` });
    const { ts } = card(slack, asked);
    const code = codeOf(card(slack, asked));
    const thread = { channel: SECURITY, ts };
    const said = slack.mention("sam", SECURITY, `@sallyport ${first(code)}`, { thread: ts });
    await reads(slack, thread, new RegExp(`Recorded: .* ${made} by <@U0SAM00000>`));

    slack.editMention(said.ts, `@sallyport ${edited.replace("CODE", code)}`);
    await reads(slack, thread, /Your edit changes nothing/);
    slack.editMention(said.ts, `@sallyport ${edited.replace("CODE", code)}!`);
    await slack.editMention(said.ts, `@sallyport freeze prod`).delivered;
    await answerTo(slack, { user: "sam", channel: SECURITY, thread: ts, text: "help" });
    await answerTo(slack, { text: "help" });

    const text = threadText(slack, SECURITY, ts);
    expect(text).toContain(`\`${asked.id}\` was ${made} by <@U0SAM00000>`);
    expect(text.match(/Recorded: /g)).toHaveLength(1);
    expect(text.match(/Your edit changes nothing/g)).toHaveLength(1);
    expect(text).not.toContain("Frozen");
  });
});

describe("a guest who asked", () => {
  it("may cancel it while nobody has decided", async () => {
    const { slack } = installation;
    const asked = await gusAsks("feeds.example.org");

    const answer = await answerTo(slack, { user: "gus", text: `cancel ${asked.id}` });

    expect(answer.text).toMatch(/^Recorded: .* cancelled by/);
    await inState(slack, asked, "cancelled");
  });

  it("may revoke it, which others who are guests may not", async () => {
    const { slack } = installation;
    slack.world.addUser({ name: "gina", kind: "guest" });
    slack.world.changeChannel("C0TEAMX000", {
      members: new Set(slack.world.users().map(({ id }) => id)),
    });
    const asked = await gusAsks("edition.cnn.com");
    await clickCard(slack, "sam", { asked, button: "Approve" });
    await inState(slack, asked, "active");

    const other = await refused(slack, { user: "gina", text: `revoke ${asked.id}` });
    expect(other.why).toMatch(/guests cannot decide/i);
    const answer = await answerTo(slack, { user: "gus", text: `revoke ${asked.id} because left` });

    expect(answer.text).toMatch(/^Recorded: .* revoked by/);
    await reads(slack, asked, /has ended.*passed \*refused/s);
    await inState(slack, asked, "ended");
  }, 60_000);

  it("may not once the account is deactivated", async () => {
    const { slack } = installation;
    slack.world.addUser({ name: "gil", kind: "guest" });
    slack.world.changeChannel("C0TEAMX000", {
      members: new Set(slack.world.users().map(({ id }) => id)),
    });
    const asked = await ask(slack, {
      user: "gil",
      text: "allow feeds.example.org:443 because a visit",
    });
    await clickCard(slack, "sam", { asked, button: "Approve" });
    await inState(slack, asked, "active");
    slack.world.setUserKind("gil", "deactivated");
    // Who somebody is may be remembered for a minute, by one process.
    await bot.kill();
    bot = installation.start("bot");
    await bot.started;

    const answer = await refused(slack, { user: "gil", text: `revoke ${asked.id}` });

    expect(answer.why).toMatch(/deactivated/);
  }, 60_000);
});
