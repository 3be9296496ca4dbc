import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Message } from "#test/simulators/slack/model.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  ask,
  type AskedRequest,
  LIMIT_MS,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf, readLines, wordsIn } from "#test/support/reading.ts";

/* How much people have to read of the first grant of a cluster, whose gateway has to be built, and of what comes after. */

/** Of the thread beside its progress, and of the card. */
const WORDS = 90;

let installation: Installation;
let first: AskedRequest;
let card: Message;

beforeAll(async () => {
  installation = await install();
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  first = await ask(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 for team-x because weather feed",
  });
  const found = cardOf(installation.slack, SECURITY, first.id);
  if (found === undefined) throw new Error("no card");
  card = found;
  await approve(installation, first.id);
  await says(installation, first, /active and enforced/);
  await says(installation, first, /`: done in /);
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** What Sallyport wrote in a request's thread, as it reads now. */
function threadOf({ channel, ts }: AskedRequest): readonly Message[] {
  return installation.slack.thread(channel, ts).filter(({ user }) => user === BOT_USER_ID);
}

function isProgress({ text }: Message): boolean {
  return /^EG-\w+: (?:done in|.*\((?:running|waiting|done)\)$)/.test(text);
}

function resultOf(request: AskedRequest): Message {
  const found = threadOf(request).find(({ blocks }) => JSON.stringify(blocks).includes("Revoke"));
  if (found === undefined) throw new Error("no result");
  return found;
}

describe("the first grant of a cluster", () => {
  it("has a card of few words and lines", () => {
    const { slack } = installation;

    expect(wordsIn(slack, card)).toBeLessThanOrEqual(WORDS);
    expect(readLines(slack, card).length).toBeLessThanOrEqual(9);
  });

  it("has a thread of few words beside its progress", () => {
    const { slack } = installation;
    const said = threadOf(first).filter((message) => !isProgress(message));

    const words = said.map((message) => wordsIn(slack, message));
    expect(words.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(WORDS);
    expect(readLines(slack, resultOf(first)).length).toBeLessThanOrEqual(5);
  });
});

/** Somebody's object that breaks every grant of the namespace, until it is taken away. */
const PLANTED = {
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name: "tuning", namespace: "team-x" },
  spec: { host: "egw.egress-gw.svc.cluster.local", trafficPolicy: { tls: { mode: "DISABLE" } } },
};

describe("a verdict that changes, and is soon as before", () => {
  it("is one line in the thread, which says both, and the one result shows what holds", async () => {
    const { slack, kubernetes } = installation;
    const before = threadOf(first);
    const result = resultOf(first);

    kubernetes.store.put(PLANTED);
    await slack.until(() => /now \*unproven: /.test(lastIn(first).text), LIMIT_MS);
    expect(threadOf(first).length).toBe(before.length + 1);
    expect(resultOf(first).ts).toBe(result.ts);
    expect(readLines(slack, resultOf(first)).join("\n")).toMatch(/unproven: .*tuning/);

    kubernetes.store.delete("DestinationRule", "team-x", "tuning");
    await slack.until(
      () => /\*active and enforced\* again since .* it was: unproven: /.test(lastIn(first).text),
      LIMIT_MS,
    );
    expect(threadOf(first).map(({ ts }) => ts)).toEqual([
      ...before.map(({ ts }) => ts),
      lastIn(first).ts,
    ]);
    expect(readLines(slack, resultOf(first))).toEqual(readLines(slack, result));
  }, 120_000);
});

function lastIn(request: AskedRequest): Message {
  const last = threadOf(request).at(-1);
  if (last === undefined) throw new Error("nothing was said");
  return last;
}

describe("another grant of the same namespace", () => {
  it("changes no message of the first", async () => {
    const before = [...threadOf(first), card].map(({ ts }) => ts);
    const since = installation.slack.log.length;

    await active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow api.example.com:443 for team-x because prices",
    });
    await afterLaneRuns(installation, 4);

    const edited = installation.slack.log
      .slice(since)
      .filter(({ method }) => method === "chat.update")
      .map(({ args }) => args["ts"]);
    expect(edited.length).toBeGreaterThan(0);
    expect(edited.filter((ts) => before.some((each) => each === ts))).toEqual([]);
    expect(threadOf(first).map(({ ts }) => ts)).toEqual(before.slice(0, -1));
  }, 120_000);
});

describe("the approvers' group", () => {
  it("is called by the card alone, and by nobody's questions", async () => {
    const { slack } = installation;
    const asked = { channel: "C0TEAMX000", ts: first.ts };
    for (const text of ["check feeds.example.org:443", `status ${first.id}`, "freeze prod"])
      slack.mention("mallory", "team-x", `@sallyport ${text}`, { thread: first.ts });
    await says(installation, asked, /A request would need approval, in <#C0SECURITY>\./);
    await says(installation, asked, /Who can: the approvers/);

    const calls = slack.log
      .filter(({ method }) => method === "chat.postMessage")
      .map(({ args }) => JSON.stringify(args))
      .filter((args) => args.includes("S0SECURITY"));
    expect(calls.length).toBe(2);
    expect(calls.every((args) => args.includes("Waiting for approval"))).toBe(true);
  }, 60_000);
});
