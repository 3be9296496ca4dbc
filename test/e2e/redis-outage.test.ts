import { afterEach, describe, expect, it } from "@jest/globals";
import { cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "#test/support/eventually.ts";
import {
  type Installation,
  type InstallationOptions,
  install,
} from "#test/support/installation.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";

const TEAM_X = "C0TEAMX000";
const TEAM_Y = "C0TEAMY000";
const SECURITY = "C0SECURITY";
const LIMIT_MS = 40_000;
/** What the installation has to live through. */
const OUTAGE_MS = 10_000;
/** Each sweep makes the lanes look again. */
const OFTEN = { sweepSeconds: 0.25 };
const ACTIVE = /active and enforced|active, advisory/;
const ISTIO = /\/apis\/(networking|security|telemetry)\.istio\.io\//;

let installation: Installation | undefined;
afterEach(async () => {
  await installation?.[Symbol.asyncDispose]();
});

describe("ten seconds without Redis in the middle of the first request", () => {
  it.each([
    { way: "frozen", begin: pause, end: resume },
    { way: "down", begin: kill, end: restart },
  ])(
    "lose nothing and double nothing: $way right after Azure accepted the node pool",
    async ({ begin, end }) => {
      // Slack tries again almost at once, after a minute and after five; here the second pause outlives the outage.
      const { arm, slack } = await started({ redeliveryDelaysMs: [10, 5_000, 5_000] });
      const first = await ask("allow edition.cnn.com:443 for team-x because weather feed");
      const accepted = arm.faults.next(
        { method: "PUT", path: /\/agentPools\// },
        { hold: "after" },
      );
      await approve(first.id);
      await accepted.hit;

      await begin();
      const over = sleep(OUTAGE_MS).then(end);
      accepted.release();
      const typed = await slack.slash(
        "alice",
        TEAM_X,
        "allow api.example.com:443 because price list",
      );
      const mentioned = slack.mention(
        "alice",
        TEAM_X,
        "@sallyport allow feeds.example.org:443 because evaluation",
      );
      await over;

      expect(typed.outcome).toBe("acked");
      expect(JSON.stringify(typed.ackPayload)).toContain("Not recorded");
      await slack.until(() => ACTIVE.test(threadText(slack, TEAM_X, first.ts)), LIMIT_MS);
      expect(arm.writes()).toHaveLength(3);
      const made = istioObjectsMade();
      expect(made.length).toBeGreaterThan(0);
      expect([...new Set(made)]).toEqual(made);
      const delivery = await mentioned.delivered;
      expect(delivery?.outcome).toBe("acked");
      expect(delivery?.attempts.length).toBeGreaterThan(1);
      const second = await slack.until(
        () => requestIdIn(threadText(slack, TEAM_X, mentioned.ts)),
        LIMIT_MS,
      );
      await slack.until(() => cardOf(slack, SECURITY, second), LIMIT_MS);
      // What was called "not recorded" never happens by itself; asked again, it does.
      expect(idsShown()).toEqual(new Set([first.id, second]));
      await slack.slash("alice", TEAM_X, "allow api.example.com:443 because price list");
      await slack.until(() => idsShown().size === 3, LIMIT_MS);
      for (const id of idsShown()) expect(liveCardsOf(id)).toBe(id === first.id ? 0 : 1);
    },
    90_000,
  );
});

describe("a Redis that is not the one a cluster was built from", () => {
  it("makes the cluster read-only where it is empty: nothing is written or deleted, and people are told", async () => {
    const { arm, kubernetes, slack, redis } = await started({ timing: OFTEN });
    const first = await activeRequest();
    const azure = arm.writes().length;
    const before = istioObjects(kubernetes);
    const writes = kubernetes.writes().length;

    await redis.replaceWithEmpty();

    await slack.until(() => toldInSecurity("restore the Redis data"), LIMIT_MS);
    await sweepsOver();
    expect(istioObjects(kubernetes)).toEqual(before);
    expect(writesSince(writes)).toEqual([]);
    expect(toldInSecurity("cluster prod is read-only")).toBe(true);
    expect(threadText(slack, TEAM_X, first.ts)).not.toContain("has ended");

    // Processes that start on the empty one do not take it for theirs; a new approval builds nothing either.
    await killProcesses();
    await startProcesses();
    const second = await ask("allow http://api.example.com for team-y because price list", TEAM_Y);
    await approve(second.id);
    await sweepsOver();

    expect(istioObjects(kubernetes)).toEqual(before);
    expect(writesSince(writes)).toEqual([]);
    expect(arm.writes()).toHaveLength(azure);
  }, 90_000);

  it("makes the cluster read-only where it is an older copy, until the right data is back", async () => {
    const { kubernetes, slack, redis } = await started({ timing: OFTEN });
    const first = await activeRequest();
    const folder = join(tmpdir(), `sallyport-copy-${process.pid}`);
    await copyRedis(redis.dir, join(folder, "older"));
    await say(`revoke ${first.id} because the project ended`, first.ts);
    await slack.until(() => /has ended/.test(threadText(slack, TEAM_X, first.ts)), LIMIT_MS);
    const before = istioObjects(kubernetes);
    const writes = kubernetes.writes().length;

    await redis.kill();
    await copyRedis(redis.dir, join(folder, "right"));
    await copyRedis(join(folder, "older"), redis.dir);
    await redis.restart();
    await slack.until(() => toldInSecurity("restore the Redis data"), LIMIT_MS);
    await sweepsOver();

    expect(istioObjects(kubernetes)).toEqual(before);
    expect(writesSince(writes)).toEqual([]);

    await redis.kill();
    await copyRedis(join(folder, "right"), redis.dir);
    await redis.restart();
    const second = await ask("allow edition.cnn.com:443 for team-x because once more");
    await approve(second.id);
    await slack.until(() => ACTIVE.test(threadText(slack, TEAM_X, second.ts)), LIMIT_MS);
    await rm(folder, { recursive: true, force: true });
  }, 90_000);
});

function running(): Installation {
  if (installation === undefined) throw new Error("nothing is installed");
  return installation;
}

let processes: readonly { kill(): Promise<void> }[] = [];

async function started(options: InstallationOptions = {}): Promise<Installation> {
  installation = await install(options);
  await startProcesses();
  return installation;
}

async function startProcesses(): Promise<void> {
  const [bot, worker] = [running().start("bot"), running().start("worker")];
  processes = [bot, worker];
  await Promise.all([bot.started, worker.started]);
}

async function killProcesses(): Promise<void> {
  await Promise.all(processes.map((each) => each.kill()));
}

async function pause(): Promise<void> {
  running().redis.pause();
}

async function resume(): Promise<void> {
  running().redis.resume();
}

function kill(): Promise<void> {
  return running().redis.kill();
}

function restart(): Promise<void> {
  return running().redis.restart();
}

interface Asked {
  readonly id: string;
  readonly ts: string;
}

async function ask(text: string, channel = TEAM_X): Promise<Asked> {
  const { slack } = running();
  const { ts } = slack.mention("alice", channel, `@sallyport ${text}`);
  const id = await slack.until(() => requestIdIn(threadText(slack, channel, ts)), LIMIT_MS);
  await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
  return { id, ts };
}

async function say(text: string, thread: string): Promise<void> {
  await running().slack.mention("alice", TEAM_X, `@sallyport ${text}`, { thread }).delivered;
}

async function approve(id: string): Promise<void> {
  const { slack } = running();
  const card = cardOf(slack, SECURITY, id);
  if (card === undefined) throw new Error(`no card of ${id}`);
  await slack.click("sam", { channel: SECURITY, ts: card.ts }, "Approve");
}

async function activeRequest(): Promise<Asked> {
  const { slack } = running();
  const asked = await ask("allow edition.cnn.com:443 for team-x because weather feed");
  await approve(asked.id);
  await slack.until(() => ACTIVE.test(threadText(slack, TEAM_X, asked.ts)), LIMIT_MS);
  return asked;
}

/** Ids of all requests anybody was told of. */
function idsShown(): ReadonlySet<string> {
  const { slack } = running();
  const text = [TEAM_X, SECURITY].flatMap((channel) => slack.messages(channel));
  return new Set(text.map((message) => requestIdIn(message.text)).filter((id) => id !== undefined));
}

/** Cards somebody could still press a button of. */
function liveCardsOf(id: string): number {
  return running()
    .slack.messages(SECURITY)
    .filter(({ text, blocks }) => text.startsWith(id) && JSON.stringify(blocks).includes("Approve"))
    .length;
}

function toldInSecurity(text: string): boolean {
  return running()
    .slack.messages(SECURITY)
    .some((message) => message.text.toLowerCase().includes(text.toLowerCase()));
}

/** Two more sweeps' mesh lanes have read the cluster from now on. */
async function sweepsOver(): Promise<void> {
  const { kubernetes } = running();
  const from = kubernetes.log.length;
  await eventually(() => {
    const looks = kubernetes.log
      .slice(from)
      .filter(({ method, path }) => method === "GET" && path.includes("/configmaps/epoch-"));
    expect(looks.length).toBeGreaterThanOrEqual(3);
  }, 15_000);
}

/** What was written to the cluster after the first `from` writes; a probe's own pod is not counted. */
function writesSince(from: number): readonly string[] {
  return running()
    .kubernetes.writes()
    .slice(from)
    .filter(({ path }) => !path.includes("/pods"))
    .map(({ method, path }) => `${method} ${path}`);
}

function istioObjects({ store }: Installation["kubernetes"]): readonly string[] {
  return store
    .all()
    .filter(({ apiVersion }) => apiVersion.includes("istio.io"))
    .map(({ kind, metadata, spec }) =>
      JSON.stringify({ kind, namespace: metadata.namespace, name: metadata.name, spec }),
    )
    .toSorted();
}

/** Paths of the writes that made an Istio object, where there was none. */
function istioObjectsMade(): readonly string[] {
  return running()
    .kubernetes.writes()
    .filter(({ path, status }) => ISTIO.test(path) && status === 201)
    .map(({ path }) => path);
}

/** Appended data is on the disk before it is acknowledged, so a plain copy is a backup. */
async function copyRedis(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
}
