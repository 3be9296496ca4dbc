import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { active, approve, type AskedRequest, LIMIT_MS, says } from "#test/support/people.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";
import { startPod, type TeamPod, wayOf } from "./attacks/traffic.ts";
import { answerTo, refused } from "./asking.ts";

/* What a grant gives goes on by another one, which somebody approved, and traffic does not pause. */

let installation: Installation;
let pod: TeamPod;
let first: AskedRequest;
let second: AskedRequest;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  first = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 for 2h because news",
  });
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 90_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function way(): string {
  return wayOf(pod.ask({ kind: "tls", host: "edition.cnn.com", port: 443 }));
}

function renews(id: string, blocks: unknown): boolean {
  return JSON.stringify(blocks ?? []).includes(`Renews \`${id}\``);
}

function spec(id: string): Readonly<Record<string, unknown>> {
  const { store } = installation.kubernetes;
  return store.get("EgressGrant", "sallyport-system", id.toLowerCase())?.spec ?? {};
}

describe("renew", () => {
  it("says what it needs, and of what is not open that it has to be asked anew", async () => {
    const unknown = await refused(installation.slack, { text: "renew EG-ZZZZZ for 30d" });
    expect(unknown.what).toContain("EG-ZZZZZ was not renewed");
    const long = await refused(installation.slack, { text: `renew ${first.id} for 999d` });
    expect(long.why).toContain("longest");
  }, 60_000);

  it("is a request of its own, which changes nothing until somebody approved it", async () => {
    const { slack } = installation;
    const channel = "C0TEAMX000";
    const { ts } = slack.mention("alice", channel, `@sallyport renew ${first.id} for 30d`);
    await says(installation, { channel, ts }, /Waiting for approval/);
    const answers = slack.thread(channel, ts).filter((message) => message.ts !== ts);
    second = { channel, ts, id: requestIdIn(answers.map(({ text }) => text).join(" ")) ?? "" };
    await slack.until(() => cardOf(slack, "C0SECURITY", second.id), LIMIT_MS);
    const card = slack.messages("C0SECURITY").findLast(({ text }) => text.startsWith(second.id));
    expect(renews(first.id, card?.blocks)).toBe(true);
    expect(spec(first.id)["end"] ?? {}).toEqual({});
    expect(way()).toBe("gateway");
  }, 60_000);

  it("ends what it follows once it is active, and traffic never pauses", async () => {
    await approve(installation, second.id);
    const ways = new Set<string>();
    await eventually(() => {
      ways.add(way());
      expect(spec(first.id)["end"]).toBeDefined();
    }, LIMIT_MS);
    await says(installation, second, /active and enforced/);
    await says(installation, first, /has ended: /);

    ways.add(way());
    expect([...ways]).toEqual(["gateway"]);
    expect(JSON.stringify(spec(first.id)["end"])).toContain('"cause":"superseded"');
    expect(spec(second.id)["end"] ?? {}).toEqual({});
    expect(threadText(installation.slack, first.channel, first.ts)).toContain("took its place");
  }, 90_000);

  it("is asked for by the button of the result too, and by nobody else meanwhile", async () => {
    const { slack } = installation;
    const result = slack
      .thread(second.channel, second.ts)
      .find(({ blocks }) => JSON.stringify(blocks ?? []).includes("Renew EG-"));
    if (result === undefined) throw new Error("no result with a button");
    await slack.click("alice", { channel: second.channel, ts: result.ts }, "Renew");
    await slack.until(
      () => slack.messages("C0SECURITY").some(({ blocks }) => renews(second.id, blocks)),
      LIMIT_MS,
    );
    const again = await refused(slack, { text: `renew ${second.id} for 30d` });

    expect(again.why).toMatch(/EG-\w{5} asks for it already/);
  }, 60_000);

  it("stands in the history of what it follows, which says who did what", async () => {
    const { blocks } = await answerTo(installation.slack, { text: `history ${first.id}` });
    const said = JSON.stringify(blocks);

    expect(said).toMatch(
      /asked by <@U0ALICE000>.*approved by <@U0\w+>.*seen to work.*closed, and seen/s,
    );
    expect(said).not.toContain("missing");
    const unknown = await refused(installation.slack, { text: "history EG-ZZZZZ" });
    expect(unknown.why).toContain("no request of that id");
  }, 60_000);

  it("cannot renew what has ended", async () => {
    const over = await refused(installation.slack, { text: `renew ${first.id} for 30d` });

    expect(over.why).toContain("Only what is open can be renewed");
    expect(over.fix).toContain("allow edition.cnn.com:443 for team-x");
  }, 60_000);
});
