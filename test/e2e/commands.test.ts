import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { requestIdIn, threadText } from "#test/support/reading.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import {
  answerTo,
  ask,
  type Asked,
  clickCard,
  inState,
  LIMIT_MS,
  reads,
  refused,
  SECURITY,
} from "./asking.ts";

let installation: Installation;
/** Asked by alice, by yuri for alice's team, and by yuri for team-y; all active. */
let cnn: Asked;
let shared: Asked;
let prices: Asked;

beforeAll(async () => {
  installation = await install({
    configure: ({ teams }) => {
      // As team-x, with another account of the namespace.
      const placements = teams[0]?.placements ?? [];
      const accounts = { serviceAccounts: ["feeds", "orders"] };
      teams.push({
        name: "both",
        placements: placements.map((each) => ({ ...each, ...accounts })),
      });
    },
  });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  const { slack } = installation;
  slack.world.addChannel({ name: "elsewhere", withoutBot: true });
  [cnn, shared, prices] = await Promise.all([
    ask(slack, { text: "allow edition.cnn.com:443 for team-x because weather feed" }),
    ask(slack, { user: "yuri", text: "allow api.example.com:443 for team-x because shared feed" }),
    ask(slack, {
      user: "yuri",
      channel: "team-y",
      text: "allow http://api.example.com for team-y because price list",
    }),
  ]);
  for (const asked of [cnn, shared, prices])
    await clickCard(slack, "sam", { asked, button: "Approve" });
  await Promise.all([cnn, shared, prices].map((asked) => inState(slack, asked, "active")));
}, 90_000);

afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

async function says(text: string, user = "alice", channel = "team-x"): Promise<string> {
  const { text: words, blocks } = await answerTo(installation.slack, { user, channel, text });
  return `${words}\n${JSON.stringify(blocks ?? [])}`;
}

/** On a busy machine a lane may not have run for two sweeps, and that is said instead: asked again until one has. */
async function saysConfirmed(text: string, pattern: RegExp): Promise<string> {
  let words = "";
  await eventually(async () => {
    words = await says(text);
    expect(words).toMatch(pattern);
  }, LIMIT_MS);
  return words;
}

/** The lanes' own word of a grant: what people are shown of it. */
async function onBoard({ id }: Asked, state: string): Promise<void> {
  await eventually(
    async () => expect(await says("list")).toMatch(new RegExp(`${id}[^\n]*${state}`)),
    LIMIT_MS,
  );
}

describe("asking without changing anything", () => {
  it.each(["help", "", "HELP."])("`%s` shows every command", async (word) => {
    const text = await says(word);

    for (const command of ["allow", "check", "status", "list", "cancel", "revoke", "approve"])
      expect(text).toContain(`\`${command}`);
  });

  it("check names the grant and its end, who alone has it, that it needs approval, or the rule that denies", async () => {
    await onBoard(cnn, "active");
    await saysConfirmed(
      "check edition.cnn.com:443",
      new RegExp(`^Yes: .*team \`team-x\` is granted by \`${cnn.id}\` until <!date`),
    );
    const part = `already granted in part: feeds has it until 20[^;]* by ${cnn.id}; only orders is`;
    expect(await says("check edition.cnn.com:443 for both")).toMatch(
      new RegExp(`^No: .*to all of it; ${part} new.*need approval, in <#C0SECURITY>`),
    );
    expect(await says("check feeds.example.org:443 for team-y")).toMatch(
      /^No: .*not granted.*would need approval, in <#C0SECURITY>\./,
    );
    expect(await says("check https://pastebin.com")).toMatch(
      /^No: .*denied.*no paste sites.*a way out for data/,
    );
    expect((await refused(installation.slack, { text: "check 10.0.0.1:443" })).why).toContain(
      "IP address",
    );
  });

  it("status shows who asked, what became of it and the evidence", async () => {
    const text = await saysConfirmed(
      `status ${cnn.id.toLowerCase()}`,
      /\*Active\* \(enforced\), approved by <@U0SAM00000>/,
    );

    expect(text).toContain("<@U0ALICE000>");
    expect(text).toMatch(/203\.0\.113\.\d+\/31/);
    expect(text).toContain("passed *reaches*");
  });

  it("status of an id nobody has is refused", async () => {
    const answer = await refused(installation.slack, { text: "status EG-00000" });

    expect(answer.why).toContain("no request of that id");
    expect(answer.fix).toContain("@sallyport list");
  });

  it("list shows what is open, of one team or of all, and knows the teams", async () => {
    const all = await says("list");
    for (const { id } of [cnn, shared, prices]) expect(all).toContain(id);

    const ofOne = await says("list team-y");
    expect(ofOne).toContain(prices.id);
    expect(ofOne).not.toContain(cnn.id);
    expect(await says("list team-z")).toMatch(/no team "team-z".*`@sallyport list team-[xy]`/s);
  });

  it.each<readonly [typed: string, answer: RegExp]>([
    ["alow edition.cnn.com:443", /Did you mean `allow`\?.*`@sallyport allow /],
    ["edition.cnn.com:443", /Write `@sallyport allow edition\.cnn\.com:443 because …`/],
    ["hello there", /not a command I know.*`allow`.*`help`/],
    ["allow", /`allow` needs a destination.*`@sallyport allow /],
    ["status", /`status` needs the id.*`@sallyport status EG-/],
    ["deny 3f9a", /`deny` needs a reason.*because/],
    ["approve", /`approve` needs the code the card shows/],
  ])("`%s` is answered with an example that would work", async (typed, answer) => {
    expect(await says(typed)).toMatch(answer);
  });
});

describe("cancel", () => {
  it("is for who asked, while nobody has decided", async () => {
    const { slack } = installation;
    const asked = await ask(slack, { text: "allow feeds.example.org:443 because evaluation" });

    const stranger = await refused(slack, { user: "mallory", text: `cancel ${asked.id}` });
    expect(stranger.why).toContain("<@U0ALICE000>");
    expect(await says(`cancel ${asked.id}`)).toContain(
      `\`${asked.id}\` cancelled by <@U0ALICE000>, being carried out`,
    );
    await inState(slack, asked, "cancelled");
    const again = await refused(slack, { text: `cancel ${asked.id}` });
    expect(again.why).toMatch(/cancelled by <@U0ALICE000>/i);
  });

  it("comes too late for what is in force, and says how to end that", async () => {
    const answer = await refused(installation.slack, { text: `cancel ${cnn.id}` });

    expect(answer.why).toMatch(/approved and admitted.*approved by <@U0SAM00000> \S+ \S+ UTC\.$/);
    expect(answer.fix).toContain(`\`@sallyport revoke ${cnn.id}\``);
  });
});

describe("one message is one request", () => {
  it("also when its author edits it: that is answered once and changes nothing", async () => {
    const { slack } = installation;
    const asked = await ask(slack, { text: "allow feeds.example.org:443 because first words" });

    slack.editMention(asked.ts, "@sallyport allow api.example.com:443 because second words");
    await reads(slack, asked, /Your edit changes nothing/);
    await slack.editMention(asked.ts, "@sallyport allow pastebin.com:443 because third").delivered;
    await says("help");

    const text = threadText(slack, "team-x", asked.ts);
    expect(text.match(/Your edit changes nothing/g)).toHaveLength(1);
    expect(text).toContain(`@sallyport cancel ${asked.id}`);
    expect(await says(`status ${asked.id}`)).toMatch(/feeds\.example\.org.*first words/s);
    await says(`cancel ${asked.id}`);
  });

  it("an edited message that made no request yet is read anew", async () => {
    const { slack } = installation;
    const { ts } = slack.mention("alice", "team-x", "@sallyport alow feeds.example.org:443");
    await slack.until(() => threadText(slack, "team-x", ts).includes("Did you mean"), LIMIT_MS);

    slack.editMention(ts, "@sallyport allow feeds.example.org:443 because corrected");

    const id = await slack.until(() => requestIdIn(threadText(slack, "team-x", ts)), LIMIT_MS);
    await says(`cancel ${id}`);
  });

  it("also when Slack delivers it again", async () => {
    const { slack } = installation;
    slack.socket.loseAcks(1);
    const { ts, delivered } = slack.mention(
      "alice",
      "team-x",
      "@sallyport allow feeds.example.org:443 because twice delivered",
    );
    expect((await delivered)?.attempts.length).toBeGreaterThan(1);
    const id = await slack.until(() => requestIdIn(threadText(slack, "team-x", ts)), LIMIT_MS);
    await inState(slack, { id }, "pending");
    await says("help");

    const open = (await says("list team-x")).match(/EG-\w{5}[^\n]*?feeds\.example\.org/g);
    expect(open).toHaveLength(1);
    expect(new Set(threadText(slack, "team-x", ts).match(/EG-\w{5}/g))).toEqual(new Set([id]));
    await says(`cancel ${id}`);
  });
});

describe("the slash command", () => {
  it("starts a thread of its own with what was asked, and goes on there", async () => {
    const { slack } = installation;
    const delivery = await slack.slash(
      "alice",
      "team-x",
      "/egress allow feeds.example.org:443 because of <b> & *stars*",
    );
    expect(JSON.stringify(delivery.ackPayload)).toContain("Got it");

    const root = await slack.until(
      () =>
        slack
          .messages("team-x")
          .find((each) => each.user === BOT_USER_ID && each.text.includes("asked: allow feeds")),
      LIMIT_MS,
    );
    expect(JSON.stringify(root.blocks)).toContain("because of <b> & *stars*");
    const id = await slack.until(() => requestIdIn(threadText(slack, "team-x", root.ts)), LIMIT_MS);
    await inState(slack, { id }, "pending");
    await says(`cancel ${id}`);
  });

  it("says how to invite the bot where it is not", async () => {
    const { slack } = installation;
    await slack.slash("alice", "elsewhere", "allow feeds.example.org:443 for team-x because x");

    const { message } = await slack.until(
      () => slack.ephemerals("alice").find((each) => each.message.text.includes("/invite")),
      LIMIT_MS,
    );
    expect(message.text).toContain("Nothing was asked for");
    expect(slack.messages("elsewhere")).toEqual([]);
    // A request that is being closed is listed until its proof is in.
    await eventually(
      async () => expect(await says("list team-x")).not.toContain("feeds.example.org"),
      LIMIT_MS,
    );
  });
});

describe("freeze", () => {
  it("is for approvers, of clusters there are", async () => {
    const { slack } = installation;

    for (const user of ["alice", "mallory", "gus"]) {
      const answer = await refused(slack, { user, text: "freeze prod" });
      expect(answer.what).toBe("Nothing was frozen.");
      expect(answer.why).toMatch(/only the approvers.*Who can: the approvers|guests/i);
    }
    const unknown = await refused(slack, { user: "sam", text: "freeze prd" });
    expect(unknown.fix).toContain("prod");
  });

  it("lets nothing new be built, while revoke goes on; unfreeze lets it go on", async () => {
    const { slack, kubernetes } = installation;
    expect(await says("freeze prod", "sam")).toContain(
      "Recorded: freeze of `prod` by <@U0SAM00000>, being carried out",
    );
    await slack.until(
      () =>
        slack.messages(SECURITY).some(({ text }) => /prod.* is frozen.*<@U0SAM00000>/.test(text)),
      LIMIT_MS,
    );
    const asked = await ask(slack, { text: "allow feeds.example.org:443 because of a fair" });
    await clickCard(slack, "sam", { asked, button: "Approve" });

    // Who asked may revoke, the team need not.
    const stranger = await refused(slack, { user: "mallory", text: `revoke ${prices.id}` });
    expect(stranger.what).toBe(`${prices.id} was not revoked.`);
    expect(stranger.why).toContain("<@U0YURI0000>");
    expect(await says(`revoke ${prices.id} because done`, "yuri", "team-y")).toMatch(
      /revoked by <@U0YURI0000>, being carried out.*an open response or WebSocket may live on/,
    );
    await reads(slack, prices, /passed \*refused/);

    function built(): boolean {
      const objects = kubernetes.store
        .all()
        .filter(({ apiVersion }) => apiVersion.includes("istio.io"));
      return JSON.stringify(objects).includes("feeds.example.org");
    }
    expect(built()).toBe(false);
    await reads(slack, asked, /cluster prod is frozen.*@sallyport unfreeze prod/s);
    expect(await says("unfreeze", "sam")).toContain("Recorded: unfreeze");
    await inState(slack, asked, "active");
    expect(built()).toBe(true);
  }, 60_000);
});

describe("revoke", () => {
  it("by a member of the team's group closes what somebody else asked for the team", async () => {
    const { slack } = installation;

    expect(await says(`revoke ${shared.id} because moved`)).toMatch(
      /revoked by <@U0ALICE000>, being carried out.*open connections end within 45 s.*kubectl -n sallyport-system delete egrant/s,
    );
    await reads(slack, shared, /has ended.*passed \*refused/s);
    await inState(slack, shared, "ended");
    const again = await refused(slack, { text: `revoke ${shared.id}` });
    expect(again.why).toMatch(/ended.*revoked by <@U0ALICE000>/i);
  });

  it("by an approver closes anything, by button with a reason", async () => {
    const { slack } = installation;
    const result = slack
      .thread("team-x", cnn.ts)
      .findLast((message) => JSON.stringify(message.blocks ?? []).includes('"Revoke"'));
    if (result === undefined) throw new Error("no message with a revoke button");
    await slack.click("sam", { channel: "team-x", ts: result.ts }, "Revoke");
    await slack.until(() => slack.modal("sam"), LIMIT_MS);
    await slack.submit("sam", { text: "incident" });

    await reads(slack, cnn, /has ended.*passed \*refused/s);
    await eventually(
      async () => expect(await says(`status ${cnn.id}`)).toMatch(/Ended.*<@U0SAM00000>.*incident/s),
      LIMIT_MS,
    );
  });

  it("of what is still pending points to cancel", async () => {
    const { slack } = installation;
    const asked = await ask(slack, { text: "allow api.example.com:443 because later" });

    const answer = await refused(slack, { text: `revoke ${asked.id}` });

    expect(answer.fix).toContain(`\`@sallyport cancel ${asked.id}\``);
    expect(slack.messages(SECURITY).length).toBeGreaterThan(0);
  });
});
