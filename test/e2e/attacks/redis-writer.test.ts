import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { LIMIT_MS, says, SECURITY } from "#test/support/people.ts";
import { isQueue, KINDS, poison, shapeOf } from "./poison.ts";
import { copyOf, putBack } from "./redis-hands.ts";
import { fallen, open, OPEN, stand, type Standing } from "./standing.ts";

/* Somebody who can write anything into Redis damages every key the running system has there, in every way. */

let standing: Standing;

beforeAll(async () => {
  standing = await stand();
}, 300_000);
afterAll(async () => {
  await standing[Symbol.asyncDispose]();
});

const KEYS = [
  ["every key of ours", (key: string) => !isQueue(key)],
  ["every key of the job queues", isQueue],
] as const;

describe("damage in Redis opens and closes nothing:", () => {
  it.each(
    KEYS.flatMap(([keys, wanted]) =>
      KINDS.map(([what, damage]) => [keys, what, { wanted, damage }] as const),
    ),
  )(
    "%s %s",
    async (_keys, _what, { wanted, damage }) => {
      const { installation, active } = standing;
      const { url } = installation.redis;
      const before = await copyOf(url);

      const shapes = await poison(url, { older: active, damage, wanted });
      await afterLaneRuns(installation, 2);

      expect(open(standing)).toEqual(OPEN);
      expect(fallen(standing)).toEqual([]);
      expect(shapes.size).toBeGreaterThan(8);
      await putBack(url, before, { emptied: true });
    },
    60_000,
  );

  it("is done to every kind of key the system has", async () => {
    const shapes = new Set(
      [...(await copyOf(standing.installation.redis.url)).keys()].map(shapeOf),
    );

    for (const name of ["audit:entries", "audit:heads", "audit:number", "request:ID", "requests"])
      expect(shapes).toContain(`{sallyport:demo}:${name}`);
    for (const name of ["surfaces:ID", "source:ID", "intake:item:ID", "lane:board:prod"])
      expect(shapes).toContain(`{sallyport:demo}:${name}`);
  });
});

describe("with Redis poisoned, what is revoked in the cluster closes, and people are told:", () => {
  it.each([
    [0, "of another type"],
    [1, "20 000 levels deep"],
    [2, "missing"],
  ] as const)(
    "live grant %s, every key %s",
    async (index, what) => {
      const { installation, live } = standing;
      const { kubernetes, redis, slack } = installation;
      const before = await copyOf(redis.url);
      const still = { x: OPEN.x.slice(index + 1), y: index < 2 ? OPEN.y : [] };
      const alarms = told().length;

      const damage = new Map(KINDS).get(what);
      if (damage === undefined) throw new Error(`no damage ${what}`);
      await poison(redis.url, { older: before, damage, wanted: () => true });
      kubernetes.store.delete("EgressGrant", "sallyport-system", live[index].id.toLowerCase());

      await eventually(() => expect(open(standing)).toEqual(still), LIMIT_MS);
      await slack.until(() => told().length > alarms, LIMIT_MS);
      await says(installation, live[index], /has ended/, 2 * LIMIT_MS);
      await putBack(redis.url, before);
      await afterLaneRuns(installation, 3);
      expect(open(standing)).toEqual(still);
      expect(fallen(standing)).toEqual([]);
    },
    180_000,
  );
});

/** What the approvers are told that belongs to no request. */
function told(): readonly string[] {
  return standing.installation.slack
    .messages(SECURITY)
    .map(({ text }) => text)
    .filter((text) => text.startsWith(":rotating_light:"));
}
