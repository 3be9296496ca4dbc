import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { Redis } from "ioredis";
import { type Keys, keysOf } from "#src/adapters/redis/keys.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { FORGERIES } from "./forgeries.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";

const TEAM_X = "C0TEAMX000";
const TEAM_Y = "C0TEAMY000";
const SECURITY = "C0SECURITY";
const LIMIT_MS = 40_000;
const ACTIVE = /active and enforced|active, advisory/;
const ROOT = new URL("../../", import.meta.url).pathname;

let installation: Installation;
let redis: Redis;
let keys: Keys;
let active: Asked;
let ended: Asked;
let pending: Asked;

beforeAll(async () => {
  installation = await install({ timing: { sweepSeconds: 0.25 } });
  redis = new Redis(installation.redis.url);
  keys = keysOf("demo");
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  active = await ask("allow edition.cnn.com:443 for team-x because weather feed", TEAM_X);
  await approve(active.id);
  await inThread(active, ACTIVE);
  ended = await ask("allow http://api.example.com for team-y because price list", TEAM_Y);
  await approve(ended.id);
  await inThread(ended, ACTIVE);
  wasActive = await stored(ended.id);
  installation.slack.mention("sam", TEAM_Y, `@sallyport revoke ${ended.id} because it is over`, {
    thread: ended.ts,
  });
  await inThread(ended, /has ended/);
  pending = await ask("allow feeds.example.org:443 for team-x because evaluation", TEAM_X);
  await sweepsOver();
}, 120_000);
afterAll(async () => {
  redis.disconnect();
  await installation[Symbol.asyncDispose]();
});

/** The ended request as it was stored while it was active, every signature good. */
let wasActive: RequestRecord;

describe("what somebody writes into Redis past Sallyport", () => {
  it.each(FORGERIES)(
    "changes nothing in the cluster or in Azure, and is audited and told: $what",
    async ({ of, edit }) => {
      const { arm, kubernetes, slack } = installation;
      const { id } = { pending, active, ended }[of];
      const good = await stored(id);
      const tampered = await tamperedEntries(id);
      const told = tellings(id);
      const objects = clusterObjects();
      const writes = kubernetes.writes().length;
      const azure = arm.writes().length;

      const forged = edit(good, { active: await stored(active.id), wasActive });
      const text = JSON.stringify(forged) ?? "";
      await (forged === undefined
        ? redis.del(keys.request(id))
        : redis.set(keys.request(id), text));
      const verified = auditVerify();

      await eventually(async () => {
        expect(await tamperedEntries(id)).toBeGreaterThan(tampered);
      }, 15_000);
      await slack.until(() => tellings(id) > told, 15_000);
      await sweepsOver();
      expect(clusterObjects()).toEqual(objects);
      expect(istioWritesSince(writes)).toEqual([]);
      expect(arm.writes()).toHaveLength(azure);
      expect(verified.status).toBe(1);
      expect(verified.output).toContain(`request ${id} `);

      await putBack(id, { forged: text, good });
    },
    40_000,
  );
});

interface Asked {
  readonly id: string;
  readonly channel: string;
  readonly ts: string;
}

async function ask(text: string, channel: string): Promise<Asked> {
  const { slack } = installation;
  const { ts } = slack.mention("alice", channel, `@sallyport ${text}`);
  const id = await slack.until(() => requestIdIn(threadText(slack, channel, ts)), LIMIT_MS);
  await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
  return { id, channel, ts };
}

async function approve(id: string): Promise<void> {
  const { slack } = installation;
  const card = present(cardOf(slack, SECURITY, id));
  await slack.click("sam", { channel: SECURITY, ts: card.ts }, "Approve");
}

async function inThread({ channel, ts }: Asked, pattern: RegExp): Promise<void> {
  const { slack } = installation;
  await slack.until(() => pattern.test(threadText(slack, channel, ts)), LIMIT_MS);
}

async function stored(id: string): Promise<RequestRecord> {
  return JSON.parse(present(await redis.get(keys.request(id)))) as RequestRecord;
}

/** What a restored back-up does: the record as it was, unless Sallyport has put it right by itself. */
async function putBack(
  id: string,
  { forged, good }: { readonly forged: string; readonly good: RequestRecord },
): Promise<void> {
  if (((await redis.get(keys.request(id))) ?? "") === forged)
    await redis.set(keys.request(id), JSON.stringify(good));
  await sweepsOver();
}

async function tamperedEntries(id: string): Promise<number> {
  const texts = await redis.lrange(keys.auditEntries, 0, -1);
  return texts
    .map((text) => JSON.parse(text) as { entry: Signed<{ subject: string; event: string }> })
    .filter(({ entry: { payload } }) => payload.subject === id && payload.event === "tampered")
    .length;
}

/** Messages to the approvers about a record that was changed. */
function tellings(id: string): number {
  return installation.slack
    .messages(SECURITY)
    .filter(({ text }) => text.includes(id) && text.includes("who can write to Redis")).length;
}

/** `npx sallyport audit verify`. */
function auditVerify(): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["src/cli.ts", "audit", "verify"],
    {
      cwd: ROOT,
      env: {
        PATH: process.env["PATH"],
        ...installation.environment,
      },
      encoding: "utf8",
    },
  );
  return { status, output: stdout + stderr };
}

/** Two more sweeps' lanes have read the cluster from now on. */
async function sweepsOver(): Promise<void> {
  const { kubernetes } = installation;
  const from = kubernetes.log.length;
  await eventually(() => {
    const looks = kubernetes.log
      .slice(from)
      .filter(({ method, path }) => method === "GET" && path.includes("/virtualservices"));
    expect(looks.length).toBeGreaterThanOrEqual(3);
  }, 15_000);
}

/** Every object Sallyport has an interest in, as people would compare them. */
function clusterObjects(): readonly string[] {
  return installation.kubernetes.store
    .all()
    .filter(({ apiVersion }) => apiVersion.includes("istio.io") || apiVersion.includes("azure"))
    .map(({ kind, metadata, spec }) =>
      JSON.stringify({ kind, namespace: metadata.namespace, name: metadata.name, spec }),
    )
    .toSorted();
}

function istioWritesSince(from: number): readonly string[] {
  return installation.kubernetes
    .writes()
    .slice(from)
    .filter(({ path }) => !path.includes("/pods") && !path.includes("/configmaps/epoch-"))
    .map(({ method, path }) => `${method} ${path}`);
}

function present<Value>(value: Value | undefined | null): Value {
  if (value === undefined || value === null) throw new Error("it is not there");
  return value;
}
