import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  approversRead,
  ask,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import { cardOf, threadText } from "#test/support/reading.ts";
import { copyOf, putBack } from "./redis-hands.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/* Redis fails over: it is emptied, comes back with less than it had, or stays away. */

const NEWS = {
  user: "alice",
  channel: "C0TEAMX000",
  text: "allow edition.cnn.com:443 because news",
};
const PRICES = {
  user: "yuri",
  channel: "C0TEAMY000",
  text: "allow http://api.example.com for team-y because prices",
};
const FEED = { ...NEWS, text: "allow feeds.example.org:443 because evaluation" };

let installation: Installation;
let pod: TeamPod;
let podOfY: TeamPod;

beforeEach(async () => {
  installation = await install({ redeliveryDelaysMs: [100, 2000, 15_000] });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  podOfY = await startPod(installation, { namespace: "team-y" });
}, 60_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

/** What the approvers are told, that belongs to no request. */
function alarms(): readonly string[] {
  return installation.slack
    .messages(SECURITY)
    .map(({ text }) => text)
    .filter((text) => text.startsWith(":rotating_light:"));
}

const LOST = /Redis was emptied, failed over or put back/;

describe("FLUSHALL while one grant is active, one is being built and a request waits", () => {
  it("opens and closes nothing, is said in one sentence, and the threads go on", async () => {
    const { kubernetes, slack } = installation;
    const first = await active(installation, NEWS);
    const waiting = await ask(installation, FEED);
    const write = kubernetes.faults.next(
      { method: "PATCH", path: /namespaces\/team-y\// },
      { hold: "before" },
    );
    const third = await ask(installation, PRICES);
    await approve(installation, third.id);
    await write.hit;
    expect(reached(pod)).toEqual(["edition.cnn.com:443"]);

    const seen = anchored();
    await installation.emptyRedis();
    write.release();

    await says(installation, third, /active and enforced|active, advisory/);
    expect(reached(podOfY)).toEqual(["api.example.com:80"]);
    await approversRead(installation, LOST);
    await approve(installation, waiting.id);
    await slack.until(
      () =>
        slack.ephemerals("sam").some(({ message }) => /no request of that id/.test(message.text)),
      LIMIT_MS,
    );
    await afterLaneRuns(installation, 3);
    expect(reached(pod)).toEqual(["edition.cnn.com:443"]);

    revoke(installation, first, { reason: "over" });
    await says(installation, first, /has ended.*passed \*refused/s);
    expect(reached(pod)).toEqual([]);
    expect(cardOf(slack, SECURITY, first.id)?.text).toMatch(/: ended$/);
    expect(alarms()).toEqual([expect.stringMatching(LOST)]);

    await eventually(() => expect(anchored()).toBeGreaterThan(seen), LIMIT_MS);
    await installation.emptyRedis();
    await slack.until(() => alarms().filter((text) => LOST.test(text)).length === 2, LIMIT_MS);
  }, 120_000);
});

/** The number of the newest audit entry the cluster has seen. */
function anchored(): number {
  const object = installation.kubernetes.store.get("EgressCluster", "sallyport-system", "cluster");
  return (object?.spec?.["anchor"] as { readonly number: number } | undefined)?.number ?? 0;
}

describe("an older copy of Redis, put back", () => {
  it("after a revoke: what was closed stays closed, and that is told", async () => {
    const { redis } = installation;
    const request = await active(installation, NEWS);
    const copy = await copyOf(redis.url);
    revoke(installation, request, { reason: "over" });
    await says(installation, request, /has ended/);
    await afterLaneRuns(installation, 2);
    expect(reached(pod)).toEqual([]);

    await putBack(redis.url, copy, { emptied: true });

    await approversRead(installation, LOST);
    await afterLaneRuns(installation, 3);
    expect(reached(pod)).toEqual([]);
    await says(installation, request, /has ended.*passed \*refused/s);
  }, 120_000);

  it("after a freeze: what was frozen stays frozen, and that is told", async () => {
    const { redis, slack } = installation;
    await active(installation, NEWS);
    const copy = await copyOf(redis.url);
    slack.mention("sam", SECURITY, "@sallyport freeze prod");
    await approversRead(installation, /Cluster `prod` is frozen/);
    await afterLaneRuns(installation, 2);

    await putBack(redis.url, copy, { emptied: true });

    await approversRead(installation, LOST);
    const asked = await ask(installation, FEED);
    await approve(installation, asked.id);
    await says(installation, asked, /frozen/);
    await afterLaneRuns(installation, 3);
    expect(reached(pod)).toEqual(["edition.cnn.com:443"]);
  }, 120_000);
});

describe("Redis that is away for longer than a grant has left", () => {
  it("keeps no grant open: it ends on time, is proven refused, and all of it is told", async () => {
    const { kubernetes, redis, slack } = installation;
    const request = await active(installation, {
      ...NEWS,
      text: "allow edition.cnn.com:443 for 1m because one-off import",
    });
    expect(reached(pod)).toEqual(["edition.cnn.com:443"]);

    await redis.kill();
    await approversRead(
      installation,
      /store does not answer.*closes on its own.*nothing new opens/,
    );
    const { ts } = slack.mention("alice", "C0TEAMX000", `@sallyport status ${request.id}`);
    await eventually(() => expect(reached(pod)).toEqual([]), 90_000);
    await eventually(() => {
      const status = kubernetes.store.get(
        "EgressGrant",
        "sallyport-system",
        request.id.toLowerCase(),
      )?.status;
      expect(status).toMatchObject({ state: "ended", removal: { verdict: "passed" } });
    }, LIMIT_MS);
    expect(threadText(slack, request.channel, request.ts)).not.toMatch(/has ended/);

    await redis.restart();
    await approversRead(installation, /store answers again/);
    await says(installation, request, /has ended.*passed \*refused/s);
    await says(installation, { channel: "C0TEAMX000", ts }, /Not recorded: .*try again|: ended/);
    expect(reached(pod)).toEqual([]);
  }, 180_000);
});
