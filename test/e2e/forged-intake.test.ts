import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { createSigner, generateKeyPair } from "#src/adapters/keys/keys.ts";
import { type Keys, keysOf } from "#src/adapters/redis/keys.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import type { IntakeItem } from "#src/ports/intake.ts";
import type { AuditEntry } from "#src/ports/request-store.ts";
import { signItem } from "#src/slack/intake/judge-item.ts";
import { BOT_USER_ID, TEAM_ID } from "#test/simulators/slack/world.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import {
  answerTo,
  ask,
  type Asked,
  card,
  clickCard,
  codeOf,
  inState,
  LIMIT_MS,
  SECURITY,
} from "./asking.ts";

const SAM = "U0SAM00000";
/** Somebody who can write to Redis, and has a key, but none of ours. */
const thief = createSigner(generateKeyPair().privateKey);

let installation: Installation;
let redis: Redis;
let keys: Keys;
let active: Asked;
let pending: Asked;
/** What sam wrote, as the bot stored it. */
let genuine: Signed<IntakeItem>;
let number = 0;

beforeAll(async () => {
  installation = await install({ timing: { sweepSeconds: 0.25 } });
  redis = new Redis(installation.redis.url);
  keys = keysOf("demo");
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  const { slack } = installation;
  active = await ask(slack, { text: "allow edition.cnn.com:443 because weather feed" });
  await clickCard(slack, "sam", { asked: active, button: "Approve" });
  await inState(slack, active, "active");
  pending = await ask(slack, { text: "allow feeds.example.org:443 because evaluation" });
  await answerTo(slack, { user: "sam", text: "help" });
  genuine = present((await items()).find((item) => textOf(item).endsWith("help")));
}, 120_000);

afterAll(async () => {
  redis.disconnect();
  await installation[Symbol.asyncDispose]();
});

beforeEach(() => {
  number += 1;
});

describe("a delivery that somebody wrote into Redis", () => {
  it.each([
    { what: "allow", words: () => "allow api.example.com:443 for team-x because forged" },
    { what: "approve", words: () => `approve ${codeOf(card(installation.slack, pending))}` },
    { what: "revoke", words: () => `revoke ${active.id} because forged` },
    { what: "freeze", words: () => "freeze prod" },
  ])("does nothing, and is audited and told: $what", async ({ words }) => {
    const id = `EvFORGED${number}`;
    const item = mentionBySam(id, words());

    await forge(id, item);
    await forge(`${id}T`, signItem(thief, { ...item, id: `${id}T` }));
    await forge(`${id}E`, { ...genuine, payload: { ...item, id: `${id}E` } });
  });

  it("does nothing, and is audited and told: a copy of another, and what is no item at all", async () => {
    await forge(`EvCOPY${number}`, genuine);
    await forge(`EvGARBAGE${number}`, "garbage");
    await forge(`EvGONE${number}`, undefined);
  });
});

describe("a delivery of ours that somebody put back", () => {
  it("is not carried out a second time", async () => {
    const { slack } = installation;
    await answerTo(slack, { user: "sam", text: "freeze prod" });
    await answerTo(slack, { user: "sam", text: "unfreeze prod" });
    const stored = await items();
    const freeze = present(stored.find((item) => textOf(item).endsWith(" freeze prod")));
    const unfreeze = present(stored.find((item) => textOf(item).endsWith(" unfreeze prod")));
    const answers = slack.messages("team-x").length;

    await putBack(freeze);
    expect(await redis.hlen(keys.freezes)).toBe(0);

    await answerTo(slack, { user: "sam", text: "freeze prod" });
    await putBack(unfreeze);
    expect(await redis.hlen(keys.freezes)).toBe(1);
    await answerTo(slack, { user: "sam", text: "unfreeze prod" });

    // Two mentions and their answers; none to what was put back.
    expect(slack.messages("team-x")).toHaveLength(answers + 4);
  });
});

/** Stores something as a delivery that waits, and sees that nothing comes of it but words about it. */
async function forge(id: string, stored: unknown): Promise<void> {
  const { slack } = installation;
  const [requests, states] = [await redis.smembers(keys.requests), await statesOf()];
  const inTeam = slack.messages("team-x").length;

  if (stored !== undefined) await redis.set(keys.intakeItem(id), JSON.stringify(stored));
  await redis.zadd(keys.intakePending, Date.now(), id);

  await slack.until(() => told(id) > 0, LIMIT_MS);
  await eventually(async () => expect(await audited(id)).toBe(1), LIMIT_MS);
  expect(await redis.zrank(keys.intakePending, id)).toBeNull();
  expect((await redis.smembers(keys.requests)).toSorted()).toEqual(requests.toSorted());
  expect(await statesOf()).toEqual(states);
  expect(await redis.hlen(keys.freezes)).toBe(0);
  expect(slack.messages("team-x")).toHaveLength(inTeam);
  expect(told(id)).toBe(1);
  await redis.del(keys.intakeItem(id));
}

/** As it was while it waited, and until it was handled again. */
async function putBack(item: Signed<IntakeItem>): Promise<void> {
  const { id, receivedAt } = item.payload;
  await redis.set(keys.intakeItem(id), JSON.stringify(item));
  await redis.zadd(keys.intakePending, receivedAt, id);
  await eventually(async () => {
    expect(await redis.zrank(keys.intakePending, id)).toBeNull();
  }, LIMIT_MS);
}

/** In the thread of the card that waits, where sam could write it. */
function mentionBySam(id: string, words: string): IntakeItem {
  const { ts } = card(installation.slack, pending);
  const text = `<@${BOT_USER_ID}> ${words}`;
  const event = {
    type: "app_mention",
    user: SAM,
    channel: SECURITY,
    ts: installation.slack.world.nextTs(),
    thread_ts: ts,
    text,
  };
  const body = { type: "event_callback", team_id: TEAM_ID, event_id: id, event };
  return { id, kind: "event", receivedAt: Date.now(), body };
}

async function items(): Promise<readonly Signed<IntakeItem>[]> {
  const names = await redis.keys(`${keys.intakeItem("")}*`);
  const texts = await Promise.all(names.map((name) => redis.get(name)));
  return texts.map((text) => JSON.parse(present(text)) as Signed<IntakeItem>);
}

function textOf({ payload }: Signed<IntakeItem>): string {
  return (payload.body["event"] as { text: string }).text;
}

async function statesOf(): Promise<readonly string[]> {
  const records = await Promise.all([active, pending].map(({ id }) => redis.get(keys.request(id))));
  return records.map((text) => (JSON.parse(present(text)) as RequestRecord).state);
}

async function audited(id: string): Promise<number> {
  const texts = await redis.lrange(keys.auditEntries, 0, -1);
  return texts
    .map((text) => (JSON.parse(text) as { entry: Signed<AuditEntry> }).entry.payload)
    .filter(({ subject, event, details }) => {
      return subject === "intake" && event === "tampered" && details["id"] === id;
    }).length;
}

/** Messages to the approvers about this delivery. */
function told(id: string): number {
  return installation.slack
    .messages(SECURITY)
    .filter(({ text }) => text.includes(`${id} `) && text.includes("who can write to Redis"))
    .length;
}

function present<Value>(value: Value | undefined | null): Value {
  if (value === undefined || value === null) throw new Error("it is not there");
  return value;
}
