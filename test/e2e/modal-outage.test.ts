import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { ask, type Asked, card, clickCard, inState, LIMIT_MS, SECURITY } from "./asking.ts";

let installation: Installation;
let active: Asked;
let pending: Asked;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  const { slack } = installation;
  active = await ask(slack, { text: "allow edition.cnn.com:443 because weather feed" });
  await clickCard(slack, "sam", { asked: active, button: "Approve" });
  await inState(slack, active, "active");
  pending = await ask(slack, { text: "allow feeds.example.org:443 because evaluation" });
}, 120_000);

afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** Where the button is that opens the window. */
const WINDOWS = [
  {
    button: "Revoke",
    recorded: /^Recorded: .* revoked by/,
    open: () => ({ channel: "team-x", ts: resultOf(active) }),
    ends: () => inState(installation.slack, active, "ended"),
  },
  {
    button: "Deny",
    recorded: /^Recorded: .* denied by/,
    open: () => ({ channel: SECURITY, ts: card(installation.slack, pending).ts }),
    ends: () => inState(installation.slack, pending, "denied"),
  },
] as const;

describe("a window that is sent while the store is away", () => {
  it.each(WINDOWS)(
    "stays open with the words in it, says so, and can be sent again: $button",
    async ({ button, recorded, open, ends }) => {
      const { slack, redis } = installation;
      await slack.click("sam", open(), button);
      const window = await slack.until(() => slack.modal("sam"), LIMIT_MS);
      const whispers = slack.ephemerals("sam").length;

      await redis.kill();
      const { delivery, responseAction, errors } = await slack.submit("sam", { text: "incident" });

      expect(delivery.outcome).toBe("acked");
      expect(responseAction).toBe("errors");
      expect(JSON.stringify(errors)).toMatch(/Not recorded.*try again/);
      expect(slack.modal("sam")?.id).toBe(window.id);

      await redis.restart();
      await eventually(async () => {
        const again = await slack.submit("sam", { text: "incident" });
        expect(again.responseAction).toBeUndefined();
      }, LIMIT_MS);
      expect(slack.modal("sam")).toBeUndefined();
      const told = await slack.until(() => slack.ephemerals("sam")[whispers], LIMIT_MS);
      expect(told.message.text).toMatch(recorded);
      await ends();
    },
    60_000,
  );
});

describe("a window that is sent while Slack takes long to say who somebody is", () => {
  it("closes in time, and the answer follows where the button is", async () => {
    const { slack } = installation;
    const asked = await ask(slack, { text: "allow feeds.example.org:443 because once more" });
    const held = slack.faults.next({ method: "users.info" }, { hold: "before" });
    const whispers = slack.ephemerals("mallory").length;
    await slack.click("mallory", { channel: SECURITY, ts: card(slack, asked).ts }, "Deny");
    await slack.until(() => slack.modal("mallory"), LIMIT_MS);

    const { delivery } = await slack.submit("mallory", { text: "because" });

    expect(delivery.outcome).toBe("acked");
    expect(slack.modal("mallory")).toBeUndefined();
    expect(slack.ephemerals("mallory")).toHaveLength(whispers);
    held.release();
    const told = await slack.until(() => slack.ephemerals("mallory")[whispers], LIMIT_MS);
    expect(told.message.channel).toBe(SECURITY);
    expect(told.message.text).toMatch(/not among the approvers/);
  }, 40_000);
});

/** The message that has the revoke button. */
function resultOf({ channel, ts }: Asked): string {
  const message = installation.slack
    .thread(channel, ts)
    .findLast(({ blocks }) => JSON.stringify(blocks ?? []).includes('"Revoke"'));
  if (message === undefined) throw new Error("no message with a revoke button");
  return message.ts;
}
