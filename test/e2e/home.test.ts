import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { active, type AskedRequest, says } from "#test/support/people.ts";
import { cardOf } from "#test/support/reading.ts";
import type { View } from "#test/simulators/slack/model.ts";
import { ask, LIMIT_MS, SECURITY } from "./asking.ts";

/* The Home tab: what there is to see of each person's, and what works from there. */

let installation: Installation;
let grant: AskedRequest;
let old: View | undefined;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  grant = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 for 2h because news",
  });
}, 90_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function opened(user: string, words: string): Promise<string> {
  const { slack } = installation;
  await eventually(async () => {
    await slack.openHome(user);
    await slack.until(() => slack.home(user), LIMIT_MS);
    expect(slack.homeLines(user).join("\n")).toContain(words);
  }, LIMIT_MS);
  return slack.homeLines(user).join("\n");
}

function shows(user: string, words: string): Promise<string> {
  const { slack } = installation;
  return slack.until(() => {
    const text = slack.homeLines(user).join("\n");
    return text.includes(words) && text;
  }, LIMIT_MS);
}

describe("the Home tab", () => {
  it("shows what is open with its end and verdict, and renews it", async () => {
    const { slack } = installation;
    const home = await opened("alice", "active (enforced)");
    expect(home).toMatch(new RegExp(`${grant.id}.*active \\(enforced\\), until .*as of`));
    old = slack.home("alice");
    await slack.clickInHome("alice", `Renew ${grant.id}`);

    await shows("alice", "Recorded: ");
    await slack.until(
      () =>
        slack
          .messages(SECURITY)
          .some(({ blocks }) => JSON.stringify(blocks ?? []).includes(`Renews \`${grant.id}\``)),
      LIMIT_MS,
    );
  }, 60_000);

  it("shows approvers what waits, and leads to its card", async () => {
    const { slack } = installation;
    const { id } = await ask(slack, { text: "allow api.example.com:443 because more" });
    const home = await opened("sam", `Decide on ${id}`);
    expect(home).toMatch(new RegExp(`Decide on ${id}.*archives/${SECURITY}`));
    expect(cardOf(slack, SECURITY, id)).toBeDefined();
  }, 60_000);

  it("revokes, and a tab that is older says what is true of it", async () => {
    const { slack } = installation;
    await opened("alice", `${grant.id}\``);
    await slack.clickInHome("alice", `Revoke ${grant.id}`);
    await slack.until(() => slack.modal("alice"), LIMIT_MS);
    await slack.submit("alice", { reason: "no longer needed" });
    await says(installation, grant, /has ended: .*no longer needed/);
    await slack.clickInHome("alice", `Revoke ${grant.id}`, old);
    await slack.until(() => slack.modal("alice"), LIMIT_MS);
    await slack.submit("alice", {});

    const dm = slack.world.directMessage("alice").id;
    const said = await slack.until(
      () => slack.messages(dm).find(({ text }) => text.includes("changes nothing"))?.text,
      LIMIT_MS,
    );
    expect(said).toContain(`Your decision on ${grant.id} changes nothing. Why: It has ended.`);
  }, 90_000);
});
