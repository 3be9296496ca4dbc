import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type Installation, install } from "#test/support/installation.ts";
import { eventually } from "#test/support/eventually.ts";
import {
  answerTo,
  ask,
  type Asked,
  card,
  clickCard,
  codeOf,
  inState,
  LIMIT_MS,
  partsOf,
  reads,
  refused,
  SECURITY,
} from "./asking.ts";

let installation: Installation;
let asked: Asked;
let number = 0;

beforeAll(async () => {
  installation = await install({
    configure: (file) => {
      const { approvals } = file as unknown as { approvals: { rules: object[] } };
      approvals.rules.unshift({
        name: "rare",
        when: { hosts: ["rare.example.com"] },
        ask: { groups: ["S0RARE0000"], users: [] },
      });
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  const { world } = installation.slack;
  world.addUser({ name: "uma", realName: "Uma, who may approve too" });
  world.addUser({ name: "eve", kind: "external", realName: "Eve of another organisation" });
  world.addUser({ name: "dora", kind: "deactivated", realName: "Dora, who left" });
  world.addUser({ name: "robo", kind: "bot", realName: "A bot" });
  world.addChannel({ name: "security", id: SECURITY });
  world.changeChannel(SECURITY, {
    members: new Set(world.users().map(({ id }) => id)),
  });
  world.setUserGroup({ handle: "rare-approvers", id: "S0RARE0000", members: ["sam", "uma"] });
  // Everybody here is in the group: who is refused, is refused for another reason.
  world.setUserGroup({
    handle: "security-egress",
    id: "S0SECURITY",
    members: ["sam", "uma", "alice", "gus", "eve", "dora", "robo"],
  });
}, 60_000);

afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

beforeEach(async () => {
  number += 1;
  installation.dns.set(`host-${number}.example.com`, { a: ["192.0.2.50"] });
  asked = await ask(installation.slack, {
    text: `allow host-${number}.example.com:443 because decision ${number}`,
  });
});

function typed(user: string, text: string, thread?: string) {
  return { user, channel: SECURITY, text, thread: thread ?? card(installation.slack, asked).ts };
}

function shownCode(): string {
  return codeOf(card(installation.slack, asked));
}

async function staysPending(): Promise<void> {
  const answer = await answerTo(installation.slack, { text: `status ${asked.id}` });
  expect(answer.text).toMatch(/: pending$/);
  expect(JSON.stringify(card(installation.slack, asked).blocks)).toContain('"Approve"');
}

describe("a decision that is typed", () => {
  it("in the card's thread with the card's code approves", async () => {
    const { slack } = installation;

    const answer = await answerTo(slack, typed("sam", `approve ${shownCode().toUpperCase()}.`));

    expect(answer.text).toBe(
      `Recorded: \`${asked.id}\` approved by <@U0SAM00000>, being carried out.`,
    );
    await slack.until(() => !card(slack, asked).text.endsWith(": pending"), LIMIT_MS);
    expect(JSON.stringify(card(slack, asked).blocks)).not.toContain('"Approve"');
  });

  it("denies with its reason, which the asking thread shows", async () => {
    const { slack } = installation;

    const answer = await answerTo(slack, typed("sam", `deny ${shownCode()} because no contract`));

    expect(answer.text).toBe(
      `Recorded: \`${asked.id}\` denied by <@U0SAM00000>, being carried out.`,
    );
    await reads(slack, asked, /\*Denied\* by <@U0SAM00000> .*: no contract/);
    await inState(slack, asked, "denied");
  });

  it("elsewhere than in the card's thread, or with another code, is refused", async () => {
    const { slack } = installation;
    const code = shownCode();
    const other = code === "0000" ? "0001" : "0000";

    const answers = [
      await refused(slack, typed("sam", `approve ${other}`)),
      await refused(slack, { user: "sam", text: `approve ${code}`, thread: asked.ts }),
      await refused(slack, { user: "sam", text: `approve ${code}`, channel: SECURITY }),
    ];

    for (const { what, why } of answers) {
      expect(what).toBe("Your decision was not recorded.");
      expect(why).toMatch(/no card in this thread waits for a decision with the code/i);
    }
    const { ts } = card(slack, asked);
    const link = `/archives/${SECURITY}/p${ts.replace(".", "")}|The card of ${asked.id}>`;
    expect(answers.map(({ fix }) => fix)).toEqual([
      expect.stringContaining(`which is ${code}`),
      expect.stringContaining(link),
      expect.stringMatching(/^Write it in the thread of the card, with the code/),
    ]);
    await staysPending();
  });

  it("without a code is answered with this card's own, or where it was asked with a link to the card", async () => {
    const { slack } = installation;

    const here = await answerTo(slack, typed("sam", "approve it"));
    const there = await answerTo(slack, { user: "sam", text: "approve", thread: asked.ts });

    expect(here.text).toContain(`\`@sallyport approve ${shownCode()}\``);
    expect(there.text).toContain(`|The card of ${asked.id}>`);
    await staysPending();
  });
});

describe("somebody who may not decide is told why", () => {
  it.each<readonly [user: string, why: RegExp]>([
    ["alice", /you asked for this yourself/i],
    ["mallory", /not among the approvers.*Who can: (?:<!subteam\^S0SECURITY>|the approvers)\./],
    ["gus", /guests cannot decide/i],
    ["eve", /another organisation/],
    ["dora", /deactivated/],
    ["robo", /apps cannot decide/i],
  ])("%s, by button and by word", async (user, why) => {
    const { slack } = installation;

    const clicked = partsOf(await clickCard(slack, user, { asked, button: "Approve" }));
    const wrote = await refused(slack, typed(user, `approve ${shownCode()}`));

    for (const answer of [clicked, wrote]) {
      expect(answer.what).toBe("Your decision was not recorded.");
      expect(answer.why).toMatch(why);
      expect(answer.fix).not.toBe("");
    }
    // Everybody in the thread gets this one: it calls no group.
    expect(wrote.why).not.toContain("subteam");
    await staysPending();
  });

  it("also at the deny window", async () => {
    const { slack } = installation;
    const before = slack.ephemerals("mallory").length;
    await slack.click("mallory", { channel: SECURITY, ts: card(slack, asked).ts }, "Deny");
    await slack.until(() => slack.modal("mallory"), LIMIT_MS);
    await slack.submit("mallory", { text: "because" });

    const told = await slack.until(() => slack.ephemerals("mallory")[before], LIMIT_MS);
    expect(partsOf(told.message.text).why).toMatch(/not among the approvers/);
    await staysPending();
  });
});

describe("a click", () => {
  it("is one of two at the same moment: the first wins and the second is told", async () => {
    const { slack } = installation;

    const answers = await Promise.all(
      ["sam", "uma"].map((user) => clickCard(slack, user, { asked, button: "Approve" })),
    );

    expect(answers.filter((text) => text.startsWith("Recorded"))).toHaveLength(1);
    const second = answers.find((text) => !text.startsWith("Recorded")) ?? "";
    expect(partsOf(second).what).toContain("changes nothing");
    expect(partsOf(second).why).toMatch(/approved by <@U/);
  });

  it("on a card that somebody edited is refused, and the card is repainted", async () => {
    const { slack } = installation;
    const before = card(slack, asked);
    const forged = before.text.replace(/host-\d+/, "harmless");
    slack.world.putMessage({ ...before, text: forged });

    const whispers = slack.ephemerals("sam").length;
    await slack.click("sam", { channel: SECURITY, ts: before.ts }, "Approve");
    const told = await slack.until(() => slack.ephemerals("sam")[whispers], LIMIT_MS);

    expect(partsOf(told.message.text).why).toContain("does not say what the request says");
    await slack.until(
      () => slack.world.findMessage(SECURITY, before.ts)?.text === before.text,
      LIMIT_MS,
    );
    await staysPending();
    expect(await clickCard(slack, "sam", { asked, button: "Approve" })).toMatch(/^Recorded/);
  });

  it.each(["Approve", "Deny"])(
    "on %s of a second copy is refused, points to the live card, and takes the copy's buttons",
    async (button) => {
      const { slack } = installation;
      const live = card(slack, asked);
      const ts = slack.world.nextTs();
      slack.world.putMessage({ ...live, ts });
      const whispers = slack.ephemerals("sam").length;

      await slack.click("sam", { channel: SECURITY, ts }, button);

      const told = await slack.until(() => slack.ephemerals("sam")[whispers], LIMIT_MS);
      expect(told.message.text).toContain(`The live one is in <#${SECURITY}>`);
      await slack.until(
        () => (slack.world.findMessage(SECURITY, ts)?.blocks ?? []).length === 0,
        LIMIT_MS,
      );
      expect(slack.modal("sam")).toBeUndefined();
      slack.world.removeMessage(SECURITY, ts);
      await staysPending();
    },
    60_000,
  );

  it("whose look-up fails is not recorded, and may be tried again", async () => {
    const { slack } = installation;
    // A fresh approver: nothing about her group is remembered.
    slack.world.addUser({ name: `vera-${number}` });
    slack.world.changeChannel(SECURITY, {
      members: new Set(slack.world.users().map(({ id }) => id)),
    });
    slack.faults.next({ method: "users.info" }, { error: "internal_error" }, 50);

    const answer = partsOf(await clickCard(slack, `vera-${number}`, { asked, button: "Approve" }));
    slack.faults.clear();

    expect(answer.what).toContain("was not recorded");
    expect(answer.fix).toMatch(/try again/i);
    await staysPending();
  });
});

describe("what changed between the approval and the admission", () => {
  it("in the plan: it is asked again, with what was approved and what is now", async () => {
    const { slack, kubernetes } = installation;
    const { store } = kubernetes;
    asked = await ask(slack, {
      text: `allow host-${number}.example.com:443 for team-y because drift`,
    });
    const first = shownCode();
    // Deleted and made again by somebody: the same name, another thing.
    store.delete("Namespace", undefined, "team-y");
    await eventually(() => expect(store.get("Namespace", undefined, "team-y")).toBeUndefined());
    store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team-y" } });

    expect(await clickCard(slack, "sam", { asked, button: "Approve" })).toMatch(/^Recorded/);

    await slack.until(
      () => JSON.stringify(card(slack, asked).blocks).includes("*Asked again*"),
      LIMIT_MS,
    );
    const again = JSON.stringify(card(slack, asked).blocks);
    expect(again).toContain(first);
    expect(again).toMatch(/`namespaceUid`: `[^`]+` → `[^`]+`/);
    expect(shownCode()).not.toBe(first);
    expect(again).toContain("approve " + shownCode());
    await staysPending();
    expect(await clickCard(slack, "uma", { asked, button: "Approve" })).toMatch(/^Recorded/);
    await eventually(() => expect(card(slack, asked).text).not.toMatch(/: pending$/), LIMIT_MS);
  }, 60_000);

  it("in who may approve: the approval of somebody who left the group does not stand", async () => {
    const { slack, dns } = installation;
    dns.set("rare.example.com", { a: ["192.0.2.60"] });
    asked = await ask(slack, { text: "allow rare.example.com:443 because rarely needed" });
    // The bot's own look, and then the worker's: it asks for itself, and finds the group as it is by then.
    slack.faults.next({ method: "usergroups.users.list" }, { delayMs: 0 });
    const held = slack.faults.next({ method: "usergroups.users.list" }, { hold: "before" });
    expect(await clickCard(slack, "sam", { asked, button: "Approve" })).toMatch(/^Recorded/);
    await held.hit;
    slack.world.setUserGroup({ handle: "rare-approvers", id: "S0RARE0000", members: ["uma"] });
    held.release();

    await slack.until(
      () => JSON.stringify(card(slack, asked).blocks).includes("*Asked again*"),
      LIMIT_MS,
    );
    expect(JSON.stringify(card(slack, asked).blocks)).toContain(
      "who gave it is no longer an approver of this request",
    );
    await staysPending();
  }, 60_000);
});
