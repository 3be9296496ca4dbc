import { describe, expect, it } from "@jest/globals";
import { install, type Installation } from "#test/support/installation.ts";
import { active } from "#test/support/people.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { LIMIT_MS, SECURITY } from "../e2e/asking.ts";

/* A form that was sent is carried out once, wherever the bot dies before it has answered. */

const FILLED = { team: "team-x", destinations: "api.example.com:443", reason: "once" };

async function opened({ slack }: Installation): Promise<void> {
  await slack.slash("alice", "team-y", "/egress");
  await slack.until(() => slack.modal("alice"), LIMIT_MS);
}

/** One request: one card, and no second one after another look at what waits. */
async function isAskedOnce({ slack }: Installation): Promise<void> {
  function cards(): ReadonlySet<string> {
    return new Set(
      slack.messages(SECURITY).flatMap(({ text }) => /EG-\w{5}/.exec(text)?.[0] ?? []),
    );
  }
  await slack.until(() => cards().size > 0, LIMIT_MS);
  slack.mention("alice", "team-y", "@sallyport list");
  await slack.until(
    () => slack.messages("team-y").some(({ text }) => text.includes("open or under way")),
    LIMIT_MS,
  );
  expect(cards().size).toBe(1);
  expect(slack.messages("team-y").at(-1)?.text).toBe("1 open or under way");
}

describe("a form whose bot dies", () => {
  it.each(["before", "after"] as const)(
    "%s what was asked stands in the channel is carried out by the next one",
    async (when) => {
      await using installation = await install({ lockMs: 800 });
      const { slack } = installation;
      const bot = installation.start("bot");
      await Promise.all([bot.started, installation.start("worker").started]);
      await opened(installation);
      const root = slack.faults.next({ method: "chat.postMessage" }, { hold: when });

      const sent = await slack.submit("alice", FILLED);
      await root.hit;
      await bot.kill();
      root.release();
      await installation.start("bot").started;

      expect(sent.responseAction).toBe("update");
      await isAskedOnce(installation);
      const roots = slack
        .messages("team-y")
        .filter(({ user, text }) => user === BOT_USER_ID && text.includes("asked: allow"));
      // A second copy is what a crash costs at most.
      expect(roots.length).toBeLessThanOrEqual(2);
    },
    120_000,
  );

  it("once it is stored and before the window is answered stays open, and sent again asks for nothing more", async () => {
    await using installation = await install({ lockMs: 800 });
    const { slack } = installation;
    const bot = installation.start("bot");
    await Promise.all([bot.started, installation.start("worker").started]);
    await opened(installation);
    const lost = slack.socket.loseAcks(1);
    const first = slack.submit("alice", FILLED);
    await lost.hit;
    await bot.kill();

    expect((await first).responseAction).toBeUndefined();
    expect(slack.modal("alice")).toBeDefined();
    await installation.start("bot").started;
    const again = await slack.submit("alice", { ...FILLED, reason: "written otherwise" });

    expect(again.responseAction).toBe("update");
    expect(slack.modalLines("alice").join("\n")).toContain('because "once"');
    await isAskedOnce(installation);
  }, 120_000);
});

describe("a click on the Home tab whose bot dies", () => {
  it("before the tab is made anew is carried out once", async () => {
    await using installation = await install({ lockMs: 800 });
    const { slack } = installation;
    const bot = installation.start("bot");
    await Promise.all([bot.started, installation.start("worker").started]);
    const grant = await active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow api.example.com:443 for 2h because once",
    });
    await slack.openHome("alice");
    await slack.until(() => slack.homeLines("alice").join().includes("Renew"), LIMIT_MS);
    const old = slack.home("alice");
    const publishing = slack.faults.next({ method: "views.publish" }, { hold: "before" });
    await slack.clickInHome("alice", `Renew ${grant.id}`);
    await publishing.hit;
    await bot.kill();
    publishing.release();
    await installation.start("bot").started;
    await slack.clickInHome("alice", `Renew ${grant.id}`, old);

    await slack.until(() => renewals(installation, grant.id).length > 0, LIMIT_MS);
    slack.mention("alice", "team-x", "@sallyport list");
    await slack.until(
      () => slack.messages("team-x").at(-1)?.text === "2 open or under way",
      LIMIT_MS,
    );
    expect(renewals(installation, grant.id)).toHaveLength(1);
  }, 120_000);
});

function renewals({ slack }: Installation, id: string): readonly unknown[] {
  return slack
    .messages(SECURITY)
    .filter(({ blocks }) => JSON.stringify(blocks ?? []).includes(`Renews \`${id}\``));
}
