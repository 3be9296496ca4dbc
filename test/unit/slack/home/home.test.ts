import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { App } from "@slack/bolt";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { createWindows } from "#src/adapters/slack/windows.ts";
import type { BoardEntry } from "#src/domain/request/board.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { registerActions } from "#src/slack/actions/register.ts";
import { registerForm } from "#src/slack/form/register-form.ts";
import { registerHome } from "#src/slack/home/register-home.ts";
import { processIntake } from "#src/slack/intake/process-intake.ts";
import {
  botClient,
  startBolt,
  startWorkspace,
} from "#test/integration/simulators/slack-support.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { BOT_USER_ID, TEAM_ID } from "#test/simulators/slack/world.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";
import { aShownRequest } from "#test/support/shown-plan.ts";
import { aCard, anActiveRequest, anAsked, DAY } from "#test/support/signed-request.ts";
import { WORKSPACE } from "#test/support/workplace.ts";

const ALICE = { userId: "U0ALICE000", teamId: TEAM_ID };
const YURI = { userId: "U0YURI0000", teamId: TEAM_ID };

let slack: SlackSimulator;
let memory: Memory;
let ports: BotPorts;

beforeEach(async () => {
  slack = await startWorkspace(WORKSPACE);
  memory = aMemory();
  memory.clock.now = Date.now();
  const client = botClient(slack);
  ports = {
    ...portsOver(memory),
    chat: createChat(client),
    windows: createWindows(client),
    identity: createIdentity(client, { now: () => Date.now() }),
  };
  await startBolt(slack, (app: App) => {
    registerActions(app, ports);
    registerForm(app, ports);
    registerHome(app, ports);
  });
});

afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

function asks(change: Partial<Asked>): Asked {
  const at = memory.clock.now - 60_000;
  return anAsked({
    by: ALICE,
    at,
    cluster: "prod",
    channel: "C0TEAMX000",
    latestEnd: at + 32 * DAY,
    ...change,
  });
}

/** A grant that a lane reports as open until then. */
function open(id: string, change: Partial<Asked>, entry: Partial<BoardEntry> = {}): RequestRecord {
  const record = anActiveRequest(memory.keys, {
    id,
    asked: asks(change),
    since: memory.clock.now,
  });
  memory.records.set(id, record);
  const board = memory.boards.get("prod");
  const endsAt = memory.clock.now + 30 * DAY;
  memory.boards.set("prod", {
    cluster: "prod",
    at: memory.clock.now,
    configDigest: "",
    frozen: false,
    grants: {
      ...board?.grants,
      [id]: { state: "active", endsAt, verdict: "enforced", ...entry },
    },
  });
  return record;
}

/** A request whose card is in the approvers' channel. */
async function pending(
  id: string,
  change: Partial<Asked>,
  state: RequestState = "pending",
): Promise<void> {
  const record = aShownRequest(memory.keys, { id, asked: asks(change) });
  const ts = await createChat(botClient(slack)).post("C0SECURITY", undefined, { text: id });
  const card = aCard(memory.keys, record, { channel: "C0SECURITY", ts, threadTs: ts });
  memory.records.set(id, { ...record, card, state });
}

async function home(user: string): Promise<string> {
  await slack.openHome(user);
  await slack.until(() => slack.home(user));
  return text(user);
}

function text(user: string): string {
  return slack.homeLines(user).join("\n");
}

async function shows(user: string, words: string): Promise<string> {
  return slack.until(() => text(user).includes(words) && text(user));
}

async function handle(): Promise<void> {
  for (const id of memory.items.keys()) await processIntake(ports, id, BOT_USER_ID);
}

function dm(user: string): readonly string[] {
  return slack.messages(slack.world.directMessage(user).id).map((message) => message.text);
}

function renewals(): readonly Asked[] {
  return [...memory.records.values()].flatMap((record) =>
    record !== "garbage" && record.kind === "grant" && record.asked.follows !== undefined
      ? [record.asked]
      : [],
  );
}

async function revoke(user: string, reason: string) {
  await home(user);
  await slack.clickInHome(user, "Revoke EG-00001");
  await slack.until(() => slack.modal(user));
  return slack.submit(user, { reason });
}

function decisions() {
  const record = memory.records.get("EG-00001");
  return record === undefined || record === "garbage" ? [] : record.decisions;
}

describe("the Home tab", () => {
  it("shows what somebody asked for, what their teams may reach, and nothing of others", async () => {
    open("EG-00001", { by: YURI });
    open("EG-00002", { by: YURI, team: "team-y", destination: host("other.example.com") });
    await pending("EG-00003", { destination: host("mine.example.com") });

    const shown = await home("alice");

    // She is in team-x's user group.
    expect(shown).toMatch(/EG-00001.*team-x: active \(enforced\), until .*as of/);
    expect(shown).toMatch(/EG-00003.*mine\.example\.com.*pending/);
    expect(shown).not.toContain("EG-00002");
    expect(shown).not.toContain("Waiting for your decision");
    expect(await home("yuri")).toContain("EG-00002");
  });

  it("shows approvers what waits for them, with the card that decides, and not what they asked for", async () => {
    await pending("EG-00001", {});
    await pending("EG-00002", { by: { userId: "U0SAM00000", teamId: TEAM_ID } });
    await pending("EG-00003", {}, "denied");

    const shown = await home("sam");
    const [, waiting = "", own = ""] =
      /Waiting for your decision(.*)Your requests(.*)/s.exec(shown) ?? [];

    expect(waiting).toMatch(/Decide on EG-00001.*archives\/C0SECURITY/);
    expect(waiting).not.toMatch(/EG-0000[23]/);
    expect(own).toContain("EG-00002");
    expect(JSON.stringify(slack.home("sam")?.definition)).not.toContain("request_approve");
  });

  it("has what ends first first, and the others behind Next", async () => {
    for (let at = 10; at < 30; at += 1)
      open(`EG-000${at}`, {}, { endsAt: memory.clock.now + (40 - at) * DAY });

    const first = await home("alice");
    const ids = [...first.matchAll(/\*?`?(EG-000\d\d)`? edition.*active \(enforced\)/g)].map(
      ([, id]) => id,
    );
    expect(ids.slice(0, 2)).toEqual(["EG-00029", "EG-00028"]);
    expect(first).toContain("Page 1 of 2");
    await slack.clickInHome("alice", "Next");
    const second = await shows("alice", "Page 2 of 2");
    expect(second).toMatch(/EG-00010.*enforced/);
    await slack.clickInHome("alice", "Previous");
    await shows("alice", "Page 1 of 2");
  });

  it("keeps a stranger out, and says what cannot be told now", async () => {
    slack.world.setUserKind("mallory", "stranger");
    open("EG-00001", { by: YURI });
    const before = await home("mallory");
    memory.redis.answers = false;

    expect(before).not.toContain("Ask for egress");
    expect(before).toContain("Nothing is shown here");
    expect(await home("alice")).toContain("cannot be told now");
  });

  it("opens the form", async () => {
    await home("alice");
    await slack.clickInHome("alice", "Ask for egress");

    await slack.until(() => slack.modalLines("alice").join().includes("Where to"));
  });
});

describe("Renew on the Home tab", () => {
  it("asks for it in the thread of what it renews, once however often it is pressed", async () => {
    const { asked } = open("EG-00001", {});
    await home("alice");
    const stale = slack.home("alice");
    await slack.clickInHome("alice", "Renew EG-00001", stale);
    await slack.clickInHome("alice", "Renew EG-00001", stale);
    await shows("alice", "Recorded: `renew EG-00001`");
    await handle();

    expect(renewals()).toEqual([
      expect.objectContaining({ follows: "EG-00001", by: ALICE, threadTs: asked.threadTs }),
    ]);
    expect(dm("alice")).toEqual([]);
  });

  it("of what has ended meanwhile says so, to who pressed it", async () => {
    open("EG-00001", {});
    await home("alice");
    const stale = slack.home("alice");
    open("EG-00001", {}, { state: "ended" });
    await slack.clickInHome("alice", "Renew EG-00001", stale);
    await shows("alice", "Recorded: `renew EG-00001`");
    await handle();

    expect(renewals()).toEqual([]);
    expect(dm("alice").join()).toContain("Only what is open can be renewed");
    expect(text("alice")).toContain("Only what is open can be renewed");
    expect(text("alice")).toContain("Nothing is open for a team of yours");
  });

  it("that cannot be stored says so, and asks for nothing", async () => {
    open("EG-00001", {});
    await home("alice");
    memory.redis.answers = false;
    await slack.clickInHome("alice", "Renew EG-00001");
    await shows("alice", "Not recorded");
    memory.redis.answers = true;

    await handle();
    expect(renewals()).toEqual([]);
    expect(memory.items.size).toBe(0);
  });
});

describe("Revoke on the Home tab", () => {
  it("asks why, and is decided by who pressed it", async () => {
    open("EG-00001", {});
    const sent = await revoke("alice", "no longer\nneeded");
    await handle();

    expect(sent.responseAction).toBeUndefined();
    expect(slack.modal("alice")).toBeUndefined();
    expect(decisions().at(-1)?.payload).toMatchObject({
      verdict: "revoke",
      surface: "button",
      by: { userId: ALICE.userId },
      reason: "no longer needed",
    });
    expect(dm("alice").join()).toMatch(/Recorded: .*EG-00001.*revoked by/);
  });

  it("is refused to who left the team's group in between", async () => {
    open("EG-00001", { by: YURI });
    await home("alice");
    await slack.clickInHome("alice", "Revoke EG-00001");
    await slack.until(() => slack.modal("alice"));
    slack.world.setUserGroup({ handle: "team-x", id: "S0TEAMX000", members: [] });
    await slack.submit("alice", { reason: "x" });
    await handle();

    expect(decisions().filter(({ payload }) => payload.verdict === "revoke")).toEqual([]);
    expect(dm("alice").join()).toContain("Only who asked for it, the team and the approvers");
  });

  it("that cannot be stored says so in the window, which keeps what was typed", async () => {
    open("EG-00001", {});
    await home("alice");
    await slack.clickInHome("alice", "Revoke EG-00001");
    await slack.until(() => slack.modal("alice"));
    memory.redis.answers = false;
    const lost = await slack.submit("alice", { reason: "incident" });
    memory.redis.answers = true;
    const again = await slack.submit("alice", { reason: "incident" });
    await handle();

    expect(JSON.stringify(lost.errors)).toMatch(/Not recorded.*still here/);
    expect(again.responseAction).toBeUndefined();
    expect(decisions().filter(({ payload }) => payload.verdict === "revoke")).toHaveLength(1);
  });
});

function host(name: string): Asked["destination"] {
  return { host: name, port: 443, mode: "tls" };
}
