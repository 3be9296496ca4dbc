import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { type Keys, keysOf } from "#src/adapters/redis/keys.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Installation, install } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, LIMIT_MS, says, SECURITY } from "#test/support/people.ts";
import { cardOf, threadText } from "#test/support/reading.ts";

const TEAM_X = "C0TEAMX000";
const ACTIVE = /active and enforced|active, advisory/;

let installation: Installation;
let redis: Redis;
let keys: Keys;
let active: AskedRequest;

beforeAll(async () => {
  installation = await install({
    timing: { sweepSeconds: 0.25 },
    configure: ({ clusters }) =>
      clusters[0]?.gateways.push({ name: "spare", namespace: "egress-spare", pool: "egress" }),
  });
  const { store } = installation.kubernetes;
  store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "egress-spare" } });
  redis = new Redis(installation.redis.url);
  keys = keysOf("demo");
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  active = await askFor("edition.cnn.com:443 because weather feed");
  await approve(installation, active.id);
  await says(installation, active, ACTIVE);
  await sweepsOver();
}, 120_000);
afterAll(async () => {
  redis.disconnect();
  await installation[Symbol.asyncDispose]();
});

describe("what somebody writes into Redis where lanes remember", () => {
  it("silences no alarm: what was marked beforehand as told is told and audited", async () => {
    const { id } = active;
    const good = (await redis.get(keys.request(id))) ?? "";
    const record = JSON.parse(good) as RequestRecord;
    const why = "state ended without a signed end";
    const text =
      `The stored record of ${id} was changed past Sallyport: ${why}. ` +
      `Nothing is built or removed for it, and namespace team-x is left as it is. ` +
      "Find out who can write to Redis, and restore the Redis data from before the change.";

    await redis
      .multi()
      .set(keys.lane("tampered"), JSON.stringify({ [id]: why }))
      .set(keys.lane(`announced:tampered:${id}`), JSON.stringify(text))
      .set(keys.request(id), JSON.stringify({ ...record, state: "ended" }))
      .exec();

    await installation.slack.until(() => alarms(id) > 0, 15_000);
    expect(await tamperedEntries(id)).toBe(1);
    await redis.set(keys.request(id), good);
    await sweepsOver();
    expect(alarms(id)).toBe(1);
  }, 60_000);

  it("makes no gateway known that is not there", async () => {
    const before = objectsOfOurs();

    await redis.set(
      keys.lane("gateway-facts:prod:egress-spare/spare"),
      JSON.stringify({
        ref: { namespace: "egress-spare", name: "spare" },
        selector: { app: "evil" },
        serviceAccount: "evil",
        serviceHost: "evil.egress-spare.svc.cluster.local",
        trustDomain: "cluster.local",
      }),
    );
    await sweepsOver();

    expect(objectsOfOurs()).toEqual(before);
  }, 60_000);
});

describe("a request that nobody of us wrote", () => {
  it("is told to the approvers, and gets no card", async () => {
    const { slack } = installation;
    const id = "EG-ZZZZZ";
    const record = JSON.parse((await redis.get(keys.request(active.id))) ?? "") as RequestRecord;
    const { admission: _, activation: __, evidence: ___, ...rest } = record;
    const bogus = { ...rest, id, state: "pending", since: Date.now(), decisions: [] };

    await redis.multi().set(keys.request(id), JSON.stringify(bogus)).sadd(keys.requests, id).exec();

    await slack.until(() => alarms(id) > 0, 15_000);
    await sweepsOver();
    await sweepsOver();
    expect(cardOf(slack, SECURITY, id)).toBeUndefined();
    expect(threadText(slack, TEAM_X, active.ts)).not.toContain(id);
    await redis.multi().srem(keys.requests, id).del(keys.request(id)).exec();
  }, 60_000);
});

describe("a frozen cluster", () => {
  it("stays so where somebody takes the freeze out of Redis, until an approver lifts it", async () => {
    await tell("freeze prod", /Frozen by/);
    await redis.del(keys.freezes);
    const asked = await askFor("feeds.example.org:443 because evaluation");
    await approve(installation, asked.id);
    await eventually(async () => {
      const record = JSON.parse((await redis.get(keys.request(asked.id))) ?? "") as RequestRecord;
      expect(record.state).toBe("applying");
    }, LIMIT_MS);
    await sweepsOver();
    expect(objectsOfOurs().join("\n")).not.toContain("feeds.example.org");

    await tell("unfreeze prod", /Unfrozen by/);

    await says(installation, asked, ACTIVE);
  }, 90_000);
});

function askFor(text: string): Promise<AskedRequest> {
  return ask(installation, { user: "alice", channel: TEAM_X, text: `allow ${text}` });
}

async function tell(text: string, answer: RegExp): Promise<void> {
  const { ts } = installation.slack.mention("sam", SECURITY, `@sallyport ${text}`);
  await says(installation, { channel: SECURITY, ts }, answer);
}

/** Messages to the approvers about a record that was changed. */
function alarms(id: string): number {
  return installation.slack
    .messages(SECURITY)
    .filter(({ text }) => text.includes(id) && text.includes("who can write to Redis")).length;
}

async function tamperedEntries(id: string): Promise<number> {
  const texts = await redis.lrange(keys.auditEntries, 0, -1);
  return texts
    .map((text) => JSON.parse(text) as { entry: Signed<{ subject: string; event: string }> })
    .filter(({ entry: { payload } }) => payload.subject === id && payload.event === "tampered")
    .length;
}

/** Two more sweeps' mesh lanes have read the cluster from now on. */
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

function objectsOfOurs(): readonly string[] {
  return installation.kubernetes.store
    .all()
    .filter(({ apiVersion }) => apiVersion.includes("istio.io"))
    .map(({ kind, metadata, spec }) =>
      JSON.stringify({ kind, namespace: metadata.namespace, name: metadata.name, spec }),
    )
    .toSorted();
}
