import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { LIMIT_MS, SECURITY } from "#test/support/people.ts";
import { aboutRequest, byHand, type Copy, copyOf, putBack } from "./redis-hands.ts";
import { fallen, open, OPEN, stand, type Standing } from "./standing.ts";

/* Somebody who can write into Redis puts back what was genuine once, or makes what looks like work. */

let standing: Standing;

beforeAll(async () => {
  standing = await stand();
}, 300_000);
afterAll(async () => {
  await standing[Symbol.asyncDispose]();
});

const PREFIX = "{sallyport:demo}:";

type Attack = (client: Redis, url: string) => Promise<unknown>;

function record(copy: () => Copy, id: () => string): Attack {
  return (_client, url) => putBack(url, aboutRequest(copy(), id()));
}

const ATTACKS: readonly (readonly [what: string, attack: Attack])[] = [
  [
    "a denied request waits again",
    record(
      () => standing.undecided,
      () => standing.denied.id,
    ),
  ],
  [
    "a revoked one waits again",
    record(
      () => standing.undecided,
      () => standing.revoked.id,
    ),
  ],
  [
    "a revoked one is approved again",
    record(
      () => standing.approved,
      () => standing.revoked.id,
    ),
  ],
  [
    "a revoked one is active again",
    record(
      () => standing.active,
      () => standing.revoked.id,
    ),
  ],
  [
    "a live one waits again",
    record(
      () => standing.undecided,
      () => standing.live[0].id,
    ),
  ],
  ["the audit number is 2", (client) => client.set(`${PREFIX}audit:number`, "2")],
  [
    "the oldest audit entries are cut out",
    (client) => client.ltrim(`${PREFIX}audit:entries`, 3, -1),
  ],
  ["the sweep is taken away", (client) => client.del(`${PREFIX}bull:sweep:repeat`)],
  ["a mesh job lies in the plan queue", (_client, url) => misplaced(url)],
  [
    "all of it is as when one was approved",
    (_c, url) => putBack(url, standing.approved, { emptied: true }),
  ],
  [
    "all of it is as when nobody had decided",
    (_c, url) => putBack(url, standing.undecided, { emptied: true }),
  ],
];

async function misplaced(url: string): Promise<void> {
  const queue = new Queue("plan", { connection: { url }, prefix: `${PREFIX}bull` });
  await queue.add("mesh", { kind: "mesh", cluster: "prod" });
  await queue.close();
}

describe("what was genuine once, put back, opens and closes nothing:", () => {
  it.each(ATTACKS)(
    "%s",
    async (_what, attack) => {
      const { url } = standing.installation.redis;
      const before = await copyOf(url);

      await byHand(url, (client) => attack(client, url));
      await afterLaneRuns(standing.installation, 3);

      expect(open(standing)).toEqual(OPEN);
      expect(fallen(standing)).toEqual([]);
      await putBack(url, before, { emptied: true });
    },
    60_000,
  );

  it("a queue that is paused by one HSET runs again, and that is told", async () => {
    const { redis, slack } = standing.installation;
    await byHand(redis.url, (client) => client.hset(`${PREFIX}bull:mesh-prod:meta`, "paused", "1"));

    await slack.until(
      () => slack.messages(SECURITY).some(({ text }) => /mesh-prod was paused/.test(text)),
      LIMIT_MS,
    );
    expect(open(standing)).toEqual(OPEN);
  }, 60_000);
});
