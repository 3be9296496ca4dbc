import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Redis } from "ioredis";
import { digest } from "#src/domain/canonical.ts";
import { overwrittenText } from "#src/slack/render/trouble/alarms.ts";
import { approversRead, ask, LIMIT_MS } from "#test/support/people.ts";
import { threadText } from "#test/support/reading.ts";
import { inviteApprovers, wordsOfThePast } from "./decided-by-word.ts";
import { FORGED, FORGERIES, type Scene } from "./forger-attacks.ts";
import { forged, PREFIX, type Seal } from "./forgeries.ts";
import { byHand, copyOf, putBack } from "./redis-hands.ts";
import { wrote } from "./slack-hands.ts";
import { fallen, open, OPEN, stand, type Standing } from "./standing.ts";

/* Somebody who can write into Redis, reads what is there, and makes it say what would help them. */

let standing: Standing;
let scene: Scene;

beforeAll(async () => {
  standing = await stand(inviteApprovers);
  const { installation } = standing;
  const words = await wordsOfThePast(installation);
  const text = "allow http://edition.cnn.com for team-y because pictures";
  const own = await ask(installation, { user: "sam", channel: "C0TEAMY000", text });
  scene = { standing, words, own };
  expect(open(standing)).toEqual(OPEN);
}, 300_000);
afterAll(async () => {
  await standing[Symbol.asyncDispose]();
});

describe("what somebody makes in Redis opens and closes nothing, and is shown to nobody:", () => {
  it.each(FORGERIES)(
    "%s",
    async (_what, attack) => {
      const { installation } = standing;
      const { url } = installation.redis;
      const before = await copyOf(url);
      const since = installation.slack.world.nextTs();

      await byHand(url, (client) => attack(scene, client));
      await afterLaneRuns(installation, 2);

      expect(open(standing)).toEqual(OPEN);
      expect(fallen(standing)).toEqual([]);
      for (const { id } of [standing.waiting, standing.live[0]]) await answer(`status ${id}`);
      await answer("list");
      expect(saidSince(since)).not.toMatch(FORGED);
      await putBack(url, before, { emptied: true });
    },
    60_000,
  );
});

/** What Sallyport answers to somebody who asks. */
async function answer(line: string): Promise<string> {
  const at = { channel: "C0TEAMX000" };
  return wrote(standing.installation.slack, "alice", { line, at });
}

/** Everything that is in Slack since. */
function saidSince(ts: string): string {
  const { slack } = standing.installation;
  return JSON.stringify(
    slack.world.channels().flatMap(({ id }) => slack.messages(id).filter((each) => each.ts > ts)),
  );
}

describe("an alarm that is said to have been told already", () => {
  it.each([
    ["signed by the attacker", "thief", 1],
    ["signed by the attacker in our name", "named", 2],
  ] as const)("%s, is told", async (_how, seal, index) => {
    const { installation, live } = standing;
    const { url } = installation.redis;
    const { id } = live[index];
    const before = await copyOf(url);

    await byHand(url, async (client) => {
      await tellBefore(client, `overwritten:${id}`, { text: overwrittenText(id), seal });
      await client.set(`${PREFIX}request:${id}`, "junk");
    });

    const alarm = new RegExp(`The stored request ${id} is not what Sallyport wrote`);
    await approversRead(installation, alarm);
    expect(open(standing)).toEqual(OPEN);
    await putBack(url, before, { emptied: true });
  });
});

/** As the worker would remember it, in the place of what it reports of the cluster. */
async function tellBefore(
  client: Redis,
  alarm: string,
  { text, seal }: { readonly text: string; readonly seal: Seal },
): Promise<void> {
  const document = `lane:announced:${alarm}`;
  const value = { digests: [digest(text)], newest: text };
  const genuine = (await client.get(`${PREFIX}lane:board:prod`)) ?? "";
  const told = forged(genuine, (json) => toldInstead(json, { name: document, value }), seal);
  await client.set(`${PREFIX}${document}`, told);
}

/** In an envelope's text nothing is changed, and in what it says everything. */
function toldInstead(json: string, said: object): string {
  return json.includes('"payloadType"') ? json : JSON.stringify({ instance: "demo", ...said });
}

describe("an older board, while no lane runs,", () => {
  it("is shown as what was last seen, and when; and the truth once one runs again", async () => {
    const { installation, processes } = standing;
    const { id } = scene.words.revoked.request;
    const { slack, redis } = installation;
    await Promise.all(processes.filter(({ name }) => name === "worker").map((each) => each.kill()));
    await putBack(redis.url, scene.words.board);

    const { ts } = slack.mention("alice", "C0TEAMX000", `@sallyport status ${id}`);
    await slack.until(() => threadText(slack, "C0TEAMX000", ts).includes("active"), LIMIT_MS);
    expect(threadText(slack, "C0TEAMX000", ts)).toMatch(
      /Active when last seen.*not confirmed since/s,
    );
    const list = slack.mention("alice", "C0TEAMX000", "@sallyport list");
    await slack.until(() => threadText(slack, "C0TEAMX000", list.ts).includes(id), LIMIT_MS);
    const line = threadText(slack, "C0TEAMX000", list.ts)
      .split("\\n")
      .find((each) => each.includes(id));
    expect(line).toMatch(/active when last seen.*not confirmed since/);

    await installation.start("worker").started;
    await afterLaneRuns(installation, 2);
    expect(await answer(`status ${id}`)).toMatch(/: ended( when last seen)?$/);
    expect(open(standing)).toEqual(OPEN);
  }, 90_000);
});
