import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseRequest, requestText } from "#src/adapters/redis/requests/stored-request.ts";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { createSigner } from "#src/adapters/keys/keys.ts";
import { digest } from "#src/domain/canonical.ts";
import type {
  ClusterDecision,
  RequestDecision,
  RequestRecord,
} from "#src/domain/request/request.ts";
import type { Signer } from "#src/ports/keys.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { active, ask, type AskedRequest, LIMIT_MS, says, SECURITY } from "#test/support/people.ts";
import { sallyport } from "#test/integration/cli/run-sallyport.ts";
import { threadText } from "#test/support/reading.ts";
import { thief } from "./edits.ts";
import { PREFIX, workOn } from "./forgeries.ts";
import { byHand } from "./redis-hands.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";
import { aDecision } from "#test/support/signed-request.ts";

/*
 * Somebody stole keys of the bot, and writes into Redis. What that gets them at worst is said in the threat model: here it
 * is seen, and that it goes no further.
 */

let installation: Installation;
let pod: TeamPod;
let live: AskedRequest;
let waiting: AskedRequest;
/** The bot's own keys. */
let stolen: { readonly decision: Signer; readonly record: Signer };

beforeAll(async () => {
  installation = await install();
  const { started } = installation.start("worker");
  await Promise.all([installation.start("bot").started, started]);
  const bot = installation.environmentOf("bot");
  stolen = {
    decision: createSigner(bot["SALLYPORT_DECISION_KEY"] ?? "", "demo"),
    record: createSigner(bot["SALLYPORT_BOT_RECORD_KEY"] ?? "", "demo"),
  };
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  live = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  waiting = await asked("allow api.example.com:443 because prices");
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function asked(text: string): Promise<AskedRequest> {
  return ask(installation, { user: "alice", channel: "C0TEAMX000", text });
}

type By = "sam" | "mallory";
const IDS = { sam: "U0SAM00000", mallory: "U0MALLORY0" } as const;

function saidBy(who: By, verdict: string): Omit<ClusterDecision, "about" | "verdict"> {
  return {
    id: `${verdict}-${who}`,
    cluster: "prod",
    by: { userId: IDS[who], teamId: "T0HOME0000" },
    entitlement: { kind: "group", group: "S0SECURITY", checkedAt: Date.now() },
    surface: "button",
    eventId: `${verdict}-${who}`,
    at: Date.now(),
  };
}

async function stored(id: string): Promise<RequestRecord> {
  const environment = installation.environmentOf("bot");
  const keys = createKeyRing({
    decision: environment["SALLYPORT_DECISION_PUBLIC_KEY"] ?? "",
    bot: environment["SALLYPORT_BOT_RECORD_PUBLIC_KEY"] ?? "",
    worker: environment["SALLYPORT_WORKER_RECORD_PUBLIC_KEY"] ?? "",
  });
  const reader = { trust: { instance: "demo", keys }, clock: { now: Date.now } };
  const record = await byHand(installation.redis.url, async (client) =>
    parseRequest(reader, id, (await client.get(`${PREFIX}request:${id}`)) ?? ""),
  );
  if (record.kind !== "grant") throw new Error(`${id} asks for no egress`);
  return record;
}

/** Puts an approval by the decision key into a waiting request, under a record signed by `record`. */
async function approvedIn({ id }: AskedRequest, who: By, record: Signer): Promise<void> {
  await says(installation, waiting, /Waiting for approval/);
  await eventually(async () => expect((await stored(id)).state).toBe("pending"), LIMIT_MS);
  const request = await stored(id);
  const decision: RequestDecision = { ...aDecision(request), ...saidBy(who, "approve") };
  const approval = stolen.decision.sign("decision", decision);
  const text = requestText(record, { ...request, state: "approved", decisions: [approval] });
  await byHand(installation.redis.url, (client) => client.set(`${PREFIX}request:${id}`, text));
  await workOn(installation.redis.url, id);
}

/** Puts an order by the decision key where lanes look for those the cluster has not heard of. */
async function ordered(who: By, order: Pick<ClusterDecision, "verdict" | "lifts">): Promise<void> {
  const said: ClusterDecision = { about: "cluster", ...saidBy(who, order.verdict), ...order };
  const { envelope } = stolen.decision.sign("decision", said);
  const { url } = installation.redis;
  await byHand(url, (client) =>
    client.hset(`${PREFIX}orders:prod`, said.id, JSON.stringify(envelope)),
  );
  await workOn(url, waiting.id);
}

function open(): readonly string[] {
  return [...reached(pod)];
}

function thread({ channel, ts }: AskedRequest): string {
  return threadText(installation.slack, channel, ts);
}

function told(pattern: RegExp): boolean {
  return installation.slack.messages(SECURITY).some(({ text }) => pattern.test(text));
}

describe("who stole the decision key and writes into Redis", () => {
  it("cannot put an approval into a request, whose record another key signs", async () => {
    const before = await byHand(installation.redis.url, (client) =>
      client.get(`${PREFIX}request:${waiting.id}`),
    );
    await approvedIn(waiting, "sam", thief.worker);
    await afterLaneRuns(installation, 2);

    expect(open()).toEqual(["edition.cnn.com:443"]);
    await byHand(installation.redis.url, (client) =>
      client.set(`${PREFIX}request:${waiting.id}`, before ?? ""),
    );
  }, 60_000);

  it("freezes and lifts freezes in anybody's name, which is told with that name", async () => {
    await ordered("mallory", { verdict: "freeze" });
    await installation.slack.until(() => told(/prod.* is frozen.*U0MALLORY0/), LIMIT_MS);
    expect(open()).toEqual(["edition.cnn.com:443"]);

    await ordered("mallory", { verdict: "unfreeze", lifts: ["freeze-mallory"] });
    await installation.slack.until(() => told(/prod.* is no longer frozen.*U0MALLORY0/), LIMIT_MS);
    expect(open()).toEqual(["edition.cnn.com:443"]);
  }, 60_000);

  it("ends what is open in anybody's name, who is mentioned in its thread", async () => {
    const { url } = installation.redis;
    const request = await stored(live.id);
    const said = { ...aDecision(request, { verdict: "revoke" }), ...saidBy("mallory", "revoke") };
    const { envelope } = stolen.decision.sign("decision", said);
    const field = `${live.id} ${digest(envelope)}`;
    await byHand(url, (client) => client.hset(`${PREFIX}ends`, field, JSON.stringify(envelope)));
    await workOn(url, live.id);
    await says(installation, live, /has ended/);

    expect(open()).toEqual([]);
    expect(thread(live)).toContain("<@U0MALLORY0>");
  }, 60_000);
});

describe("who stole the bot's record key, too", () => {
  it("does not approve in the name of somebody who may not", async () => {
    await approvedIn(waiting, "mallory", stolen.record);
    await afterLaneRuns(installation, 2);

    expect(open()).toEqual([]);
  }, 60_000);

  it("approves in an approver's name, who is mentioned in the thread", async () => {
    waiting = await asked("allow http://api.example.com because pictures");
    await approvedIn(waiting, "sam", stolen.record);
    await says(installation, waiting, /active and enforced|active, advisory/);

    expect(open()).toEqual(["api.example.com:80"]);
    expect(thread(waiting)).toContain("<@U0SAM00000>");
  }, 60_000);
});

describe("who finds out, and replaces the key", () => {
  it.each(["decision", "bot", "worker"])(
    "is given what rests on it, and what of that is open: %s",
    async (key) => {
      const environment = {
        ...installation.environmentOf("bot"),
        ...installation.environmentOf("worker"),
      };
      const { code, stdout } = await sallyport(["keys", "rotate", key, "--stolen"], environment);

      expect(code).toBe(0);
      const rests = stdout.filter((line) => line.startsWith("prod EG-"));
      expect(rests).toContainEqual(expect.stringContaining(`${waiting.id} open since`));
      expect(rests).toContainEqual(expect.stringContaining(`${live.id} ended since`));
      expect(rests).toHaveLength(2);
    },
    30_000,
  );
});
