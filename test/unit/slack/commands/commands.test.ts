import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Command } from "#src/domain/grammar/command.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import { NINE } from "#test/support/signed-request.ts";
import { aDesk, CARD_TS, type Desk } from "./a-desk.ts";

let memory: Desk["memory"];
let says: Desk["says"];
let stored: Desk["stored"];
let waiting: Desk["waiting"];

beforeEach(() => {
  ({ memory, says, stored, waiting } = aDesk());
});

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

  it("names those who are mentioned in the reason, whose ids nobody knows by heart", async () => {
    const reason = "for @U0BOB0000 of #C0TEAMX000 and @S0TEAMX000, see #C0OTHER000";
    await says({ ...command, reason }, { user: "U0ALICE" });

    const [id = ""] = memory.records.keys();
    expect(stored(id).asked.reason).toBe("for @bob0000 of #team-x and @team-x, see #C0OTHER000");
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

  it("in the thread where it was asked is answered with a link to the card", async () => {
    const { asked } = waiting("EG-00001", "3f9a0c1d");
    const there = { channel: asked.channel, threadTs: asked.threadTs };

    expect(await says({ kind: "approve", code: "3f9a0c1d" }, there)).toContain(
      `<https://home.slack.com/archives/C0SECURITY/p${CARD_TS}|The card of EG-00001>`,
    );
    expect(stored("EG-00001").state).toBe("pending");
  });

  it("with another code in the card's thread is answered with the code the card shows", async () => {
    waiting("EG-00001", "3f9a0c1d");

    expect(await says({ kind: "approve", code: "aaaa" })).toContain("which is 3f9a0c1d");
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
    expect(memory.recorded).toMatchObject([{ verdict: "freeze", cluster: "prod" }]);
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
    memory.clock.now += 300_000;
    memory.audit.length = 0;
    await says({ kind: "unfreeze" });

    const [first, again] = memory.orders;
    expect(again?.payload.id).toBe(first?.payload.id);
    expect(again?.payload.at).toBe(NINE + 60_000);
  });

  it("lift nothing by what was written long ago, and freeze by it all the same", async () => {
    memory.clock.now += 601_000;

    expect(await says({ kind: "unfreeze" })).toContain("more than ten minutes ago");
    expect(memory.orders).toEqual([]);
    await says({ kind: "freeze" });
    expect(memory.orders).toHaveLength(1);
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
