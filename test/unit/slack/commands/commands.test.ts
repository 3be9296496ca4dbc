import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Command } from "#src/domain/grammar/command.ts";
import type { BoardEntry } from "#src/domain/request/board.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { openStatement } from "#src/domain/request/signature.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import type { AskedText } from "#src/slack/commands/asked-text.ts";
import { runCommand } from "#src/slack/commands/run-command.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";
import {
  aCard,
  anActiveRequest,
  anAsked,
  aPlanStatement,
  NINE,
} from "#test/support/signed-request.ts";
import { aShownPlan, aShownRequest } from "#test/support/shown-plan.ts";

const ASKED = anAsked({
  cluster: "prod",
  scope: { namespace: "team-x", serviceAccounts: ["feeds"] },
  gateway: { namespace: "egress-gw", name: "egw" },
});
const MEMBER = { teamId: "T0HOME", deactivated: false, bot: false, guest: false, stranger: false };
const CARD_TS = "1772442001.000100";

let memory: Memory;
let ports: BotPorts;

beforeEach(() => {
  memory = aMemory();
  memory.clock.now = NINE + 60_000;
  ports = {
    ...portsOver(memory),
    identity: {
      homeTeam: async () => "T0HOME",
      person: async (userId) => ({ ...MEMBER, userId, name: userId }),
      members: async (group) => ({
        users: group === "S0SECURITY" ? ["U0SAM"] : [],
        checkedAt: NINE,
      }),
    },
    chat: {
      post: async () => "1.1",
      update: async () => "updated",
      whisper: async () => undefined,
    },
  };
});

interface Words extends Partial<AskedText> {
  readonly user?: string;
}

/** What the command answers, text and blocks. */
async function says(command: Command, words: Words = {}): Promise<string> {
  const { user = "U0SAM", ...rest } = words;
  const asked: AskedText = {
    by: { userId: user, teamId: "T0HOME" },
    byApp: false,
    channel: "C0SECURITY",
    threadTs: CARD_TS,
    sourceId: "C0SECURITY:1772442060.000100",
    at: NINE + 60_000,
    edited: false,
    text: "",
    blocks: [],
    surface: "mention",
    delivery: { id: "Ev1", receivedAt: memory.clock.now },
    ...rest,
  };
  const reply = await runCommand(ports, { asked, threadTs: asked.threadTs ?? "9.9" }, command);
  return reply === undefined ? "" : `${reply.text}\n${JSON.stringify(reply.blocks ?? [])}`;
}

function store(record: RequestRecord): RequestRecord {
  memory.records.set(record.id, record);
  return record;
}

function stored(id = "EG-7QK4M"): RequestRecord {
  const record = memory.records.get(id);
  if (record === undefined || record === "garbage") throw new Error(`no request ${id} is stored`);
  return record;
}

/** A waiting request whose plan has this digest, with its card in the security channel. */
function waiting(id: string, digest: string): RequestRecord {
  const base = aShownRequest(memory.keys, { id, asked: ASKED });
  const grantDigest = digest.padEnd(64, "0");
  const planned = aPlanStatement(memory.keys, base, { grantDigest });
  const record = { ...base, planned, plan: aShownPlan(base, { grantDigest }) };
  return store({ ...record, card: aCard(memory.keys, record) });
}

function reports(grants: Record<string, BoardEntry>, at = memory.clock.now): void {
  memory.boards.set("prod", { cluster: "prod", at, configDigest: "", frozen: false, grants });
}

describe("allow", () => {
  const command: Command = {
    kind: "allow",
    destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
    typedHost: "edition.cnn.com",
    team: "team-x",
    reason: "weather feed",
  };

  it("signs what was asked, by which event", async () => {
    await says(command, { user: "U0ALICE" });

    const [id = ""] = memory.records.keys();
    const record = stored(id);
    const opened = openStatement(memory.keys.trust, record.request.envelope, {
      kind: "request",
      at: NINE,
    });
    expect(opened).toMatchObject({
      opened: true,
      statement: {
        payload: {
          requestId: id,
          cluster: "prod",
          eventId: "C0SECURITY:1772442060.000100",
          asked: { by: { userId: "U0ALICE", teamId: "T0HOME" }, reason: "weather feed" },
        },
      },
    });
    expect(memory.jobs).toEqual([{ kind: "plan", requestId: id }]);
  });

  it("signs nothing with a clock that is off, and says so", async () => {
    memory.clock.offset = -300_000;

    expect(await says(command)).toContain("300 s behind Slack's");
    expect(memory.records.size).toBe(0);
  });
});

describe("a typed decision", () => {
  it("with the card's code, in its thread, is recorded", async () => {
    waiting("EG-00001", "3f9a0c1d");
    waiting("EG-00002", "aaaa0c1d");

    expect(await says({ kind: "approve", code: "3f9a0c1d" })).toMatch(
      /^Recorded: `EG-00001` approved by <@U0SAM>, being carried out\./,
    );
    expect(stored("EG-00001").state).toBe("approved");
    expect(stored("EG-00002").state).toBe("pending");
  });

  it("with a beginning that two cards share decides neither, and names both", async () => {
    waiting("EG-00001", "3f9a0c1d");
    waiting("EG-00002", "3f9a7777");

    const text = await says({ kind: "deny", code: "3f9a", reason: "no" });

    expect(text).toContain("EG-00001 (3f9a0c1d), EG-00002 (3f9a7777)");
    expect([stored("EG-00001").state, stored("EG-00002").state]).toEqual(["pending", "pending"]);
    expect(await says({ kind: "deny", code: "3f9a7", reason: "no" })).toContain(
      "`EG-00002` denied",
    );
  });

  it.each([
    ["elsewhere", { threadTs: "1.1" }],
    ["in another channel", { channel: "C0TEAMX" }],
  ])("%s finds no card", async (_where, words) => {
    waiting("EG-00001", "3f9a0c1d");

    expect(await says({ kind: "approve", code: "3f9a0c1d" }, words)).toContain(
      "No card in this thread",
    );
    expect(stored("EG-00001").state).toBe("pending");
  });

  it("older than the card decides nothing", async () => {
    waiting("EG-00001", "3f9a0c1d");

    expect(await says({ kind: "approve", code: "3f9a0c1d" }, { at: NINE })).toContain(
      "older than the card",
    );
    expect(stored("EG-00001").decisions).toEqual([]);
  });

  it("handled again after a crash is answered the same, also where another card has the code by then", async () => {
    waiting("EG-00001", "3f9a0c1d");
    const first = await says({ kind: "approve", code: "3f9a0c1d" });
    waiting("EG-00002", "3f9a0c1d");

    expect(await says({ kind: "approve", code: "3f9a0c1d" })).toBe(first);
    expect(stored("EG-00002").state).toBe("pending");
  });
});

describe("what an app writes in a person's name", () => {
  it.each<readonly [command: Command]>([
    [{ kind: "approve", code: "3f9a0c1d" }],
    [{ kind: "deny", code: "3f9a0c1d", reason: "no" }],
    [{ kind: "cancel", id: "EG-00001" }],
    [{ kind: "revoke", id: "EG-00001" }],
    [{ kind: "freeze" }],
    [{ kind: "unfreeze" }],
  ])("decides nothing: %j", async (command) => {
    const before = waiting("EG-00001", "3f9a0c1d");

    expect(await says(command, { byApp: true })).toContain("apps cannot decide");

    expect(stored("EG-00001")).toEqual(before);
    expect(memory.orders).toEqual([]);
  });
});

describe("freeze and unfreeze", () => {
  it("are signed orders for each cluster, and the lanes are woken", async () => {
    expect(await says({ kind: "freeze" })).toMatch(
      /^Recorded: freeze of `prod` by <@U0SAM>, being/,
    );

    const [order] = memory.orders;
    expect(
      openStatement(memory.keys.trust, order?.envelope, { kind: "decision", at: NINE }),
    ).toMatchObject({
      opened: true,
      statement: { payload: { verdict: "freeze", cluster: "prod" } },
    });
    expect(memory.jobs).toEqual([
      { kind: "gateways", cluster: "prod" },
      { kind: "mesh", cluster: "prod" },
    ]);
  });

  it("are made once for a delivery, however often it is handled", async () => {
    const first = await says({ kind: "unfreeze" });
    const again = await says({ kind: "unfreeze" });

    expect(again).toBe(first);
    expect(memory.orders).toHaveLength(1);
    expect(memory.orders[0]?.payload).not.toHaveProperty("lifts");
  });

  it("are the same order, of the time they were written, where somebody puts the delivery back and takes the log away", async () => {
    await says({ kind: "unfreeze" });
    memory.clock.now += 3_600_000;
    memory.audit.length = 0;
    await says({ kind: "unfreeze" });

    const [first, again] = memory.orders;
    expect(again?.payload.id).toBe(first?.payload.id);
    expect(again?.payload.at).toBe(NINE + 60_000);
  });

  it("are for approvers", async () => {
    expect(await says({ kind: "freeze" }, { user: "U0MALLORY" })).toContain("Only the approvers");
    expect(memory.orders).toEqual([]);
  });
});

describe("revoke", () => {
  it.each([
    ["is not in the store", undefined],
    ["is not what Sallyport wrote", "garbage" as const],
  ])("of a request that %s says how to close it by hand", async (_what, record) => {
    if (record !== undefined) memory.records.set("EG-7QK4M", record);

    expect(await says({ kind: "revoke", id: "EG-7QK4M" })).toContain(
      "kubectl -n sallyport-system delete egrant eg-7qk4m",
    );
  });
});

describe("what is shown of an admitted grant", () => {
  const ENTRY: BoardEntry = { state: "active", endsAt: NINE + 86_400_000, verdict: "enforced" };

  it("is what a lane saw, and when", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({ "EG-7QK4M": ENTRY });

    const status = await says({ kind: "status", id: "EG-7QK4M" });
    expect(status).toMatch(/: active\n/);
    expect(status).toMatch(/\*Active\* \(enforced\), approved by <@U0SECURITY>.*as of 09:01 UTC/);
    expect(await says({ kind: "list" })).toMatch(
      /`EG-7QK4M` .*team-x: active, until .*as of 09:01/,
    );
  });

  it("is not what its record says: unconfirmed, where no lane reports it", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({});

    for (const command of [{ kind: "status", id: "EG-7QK4M" }, { kind: "list" }] as const) {
      const text = await says(command);
      expect(text).toMatch(/admitted, not confirmed/i);
      expect(text).not.toMatch(/: active|\*Active/);
    }
  });

  it("is said to be as last seen, where no lane ran for two sweeps", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({ "EG-7QK4M": ENTRY }, memory.clock.now - 121_000);

    expect(await says({ kind: "status", id: "EG-7QK4M" })).toMatch(
      /active when last seen[^]*not confirmed since 08:58 UTC/i,
    );
    expect(await says({ kind: "list" })).toContain("not confirmed since 08:58 UTC");
  });

  it("is shown also where its request is lost", async () => {
    reports({ "EG-7QK4M": ENTRY });

    for (const command of [{ kind: "status", id: "EG-7QK4M" }, { kind: "list" }] as const)
      expect(await says(command)).toMatch(/`EG-7QK4M`: active .*not in Sallyport's store/);
  });
});

describe("check", () => {
  const command: Command = {
    kind: "check",
    destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
    typedHost: "edition.cnn.com",
    team: "team-x",
  };
  const ENTRY: BoardEntry = { state: "active", endsAt: NINE + 86_400_000 };

  it.each<readonly [what: string, grants: Record<string, BoardEntry>, answer: RegExp]>([
    ["active", { "EG-7QK4M": ENTRY }, /^Yes: .*granted by `EG-7QK4M` until.*as of 09:01 UTC/],
    ["unproven", { "EG-7QK4M": { ...ENTRY, state: "unproven" } }, /^Not yet: .*not proven to work/],
    ["ended", { "EG-7QK4M": { ...ENTRY, state: "ended" } }, /^No: .*not granted/],
    ["not reported", {}, /^No: .*not granted/],
  ])("of what is %s answers by the cluster, not by the record", async (_what, grants, answer) => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports(grants);

    expect(await says(command)).toMatch(answer);
  });

  it("believes of a record only what the bot signed when it was asked", async () => {
    const record = anActiveRequest(memory.keys, {
      asked: { ...ASKED, destination: { host: "a.example.com", port: 443, mode: "tls" } },
    });
    store({ ...record, asked: ASKED });
    reports({ "EG-7QK4M": ENTRY });

    expect(await says(command)).toMatch(/^No: /);
  });

  it("does not say yes by a report that is old", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({ "EG-7QK4M": ENTRY }, memory.clock.now - 121_000);

    expect(await says(command)).toMatch(/^Not confirmed: .*not confirmed since 08:58 UTC/);
  });
});
