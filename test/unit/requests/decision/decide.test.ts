import { beforeEach, describe, expect, it } from "@jest/globals";
import type { DecisionAct } from "#src/domain/approval/decision-check.ts";
import type { BoardEntry } from "#src/domain/request/board.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Identity, PersonFacts } from "#src/ports/chat/identity.ts";
import { decide } from "#src/requests/decision/decide.ts";
import type { DecidePorts } from "#src/requests/decision/decide-ports.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";
import { aKeyring, anAsked, aRequest, GRANT_DIGEST, NINE } from "#test/support/signed-request.ts";
import { aShownRequest } from "#test/support/shown-plan.ts";

const ASKED = anAsked({ cluster: "prod" });
const CARD = { channel: "C0SECURITY", ts: "1772442001.000100" };

let memory: Memory;
let ports: DecidePorts;
let lookUpsFail: boolean;

beforeEach(() => {
  memory = aMemory();
  lookUpsFail = false;
  ports = { ...portsOver(memory), identity: directory() };
});

function answer<Value>(value: Value): Value {
  if (lookUpsFail) throw new RetryableError("looking up");
  return value;
}

/** Everybody is a member; security is U0SAM and U0UMA, team-x's group is U0TEAM. */
function directory(): Identity {
  const groups: Record<string, readonly string[]> = {
    S0SECURITY: ["U0SAM", "U0UMA"],
    S0TEAMX000: ["U0TEAM"],
  };
  return {
    homeTeam: async () => answer("T0HOME"),
    person: async (userId) => answer(member(userId)),
    groupsOf: async () => answer([]),
    members: async (group) => answer({ users: groups[group] ?? [], checkedAt: memory.clock.now }),
  };
}

function member(userId: string): PersonFacts {
  return {
    userId,
    teamId: "T0HOME",
    name: userId,
    deactivated: false,
    bot: false,
    guest: false,
    stranger: false,
  };
}

function stored(change: Partial<RequestRecord> = {}): RequestRecord {
  const record = aShownRequest(memory.keys, { asked: ASKED, ...change });
  memory.records.set(record.id, record);
  return record;
}

function now(): RequestRecord {
  const record = memory.records.get("EG-7QK4M");
  if (record === undefined || record === "garbage" || record.kind !== "grant")
    throw new Error("no request is stored");
  return record;
}

function act(change: Partial<DecisionAct> = {}): DecisionAct {
  return {
    requestId: "EG-7QK4M",
    verdict: "approve",
    by: { userId: "U0SAM", teamId: "T0HOME" },
    byApp: false,
    surface: "button",
    eventId: "event-1",
    at: NINE + 60_000,
    shown: { on: "message", ...CARD, grantDigest: GRANT_DIGEST },
    ...change,
  };
}

describe("an approval", () => {
  it("is signed, stored with the new state in one step, and given to who admits", async () => {
    const { version } = stored();

    const result = await decide(ports, act());

    expect(result).toMatchObject({ outcome: "recorded" });
    const { state, decisions, version: after } = now();
    expect([state, after]).toEqual(["approved", version + 1]);
    const [decision] = decisions;
    expect(
      openStatement(memory.keys.trust, decision?.envelope, { kind: "decision", at: NINE }),
    ).toMatchObject({ opened: true, statement: { payload: decision?.payload } });
    expect(memory.jobs).toEqual([
      { kind: "notify", requestId: "EG-7QK4M" },
      { kind: "admit", requestId: "EG-7QK4M" },
    ]);
    expect(memory.ends).toEqual([]);
    expect(memory.recorded).toEqual([decision?.payload]);
  });

  it("by the same event again decides nothing more, and is answered the same", async () => {
    stored();
    const first = await decide(ports, act());

    const again = await decide(ports, act({ verdict: "deny" }));

    expect(again).toEqual(first);
    expect(now().decisions).toHaveLength(1);
  });

  it("that comes second is told who was faster", async () => {
    const record = stored();
    memory.faster.write = () => {
      const { envelope } = memory.keys.decision.sign("request", record.request.payload);
      const payload = {
        ...act(),
        about: "request" as const,
        id: "other",
        cluster: "prod",
        request: "",
        by: { userId: "U0UMA", teamId: "T0HOME" },
        entitlement: { kind: "user" as const, checkedAt: NINE },
        eventId: "event-0",
        at: NINE,
      };
      memory.records.set(record.id, {
        ...record,
        version: record.version + 1,
        state: "approved",
        decisions: [{ payload, envelope }],
      });
    };

    const result = await decide(ports, act());

    expect(result).toMatchObject({
      outcome: "refused",
      because: "state",
      refusal: { decided: { verdict: "approve", by: { userId: "U0UMA" } } },
    });
    expect(now().decisions).toHaveLength(1);
  });

  it("is not recorded while who decides cannot be looked up, and may be tried again", async () => {
    stored();
    lookUpsFail = true;
    expect(await decide(ports, act())).toMatchObject({ outcome: "not-recorded" });
    expect(now().state).toBe("pending");

    lookUpsFail = false;
    expect(await decide(ports, act())).toMatchObject({ outcome: "recorded" });
  });

  it("rests on the group that answers, and is not refused for the one that does not", async () => {
    stored({ state: "active" });
    const { identity } = ports;
    ports = {
      ...ports,
      identity: {
        ...identity,
        members: (group) =>
          group === "S0TEAMX000"
            ? Promise.reject(new RetryableError("looking up"))
            : identity.members(group),
      },
    };

    const revoke = { verdict: "revoke", eventId: "event-2" } as const;
    const nobody = act({ ...revoke, by: { userId: "U0MALLORY", teamId: "T0HOME" } });
    expect(await decide(ports, nobody)).toMatchObject({ outcome: "not-recorded" });
    expect(await decide(ports, act(revoke))).toMatchObject({ outcome: "recorded" });
  });

  it("is not recorded while Redis is away", async () => {
    stored();
    memory.redis.answers = false;

    expect(await decide(ports, act())).toMatchObject({ outcome: "not-recorded" });
    expect(memory.jobs).toEqual([]);
  });

  it("on a card that is just being signed waits for that", async () => {
    const record = stored();
    const { card: _, ...unsigned } = record;
    memory.records.set(record.id, unsigned);
    memory.meanwhile.happens = () => memory.records.set(record.id, record);

    expect(await decide(ports, act())).toMatchObject({ outcome: "recorded" });
  });

  it("on a card that nobody signs is refused", async () => {
    const { card: _, ...unsigned } = stored();
    memory.records.set(unsigned.id, unsigned);

    expect(await decide(ports, act())).toMatchObject({ because: "card-missing" });
  });

  it("is not signed with a clock that is off", async () => {
    stored();
    memory.clock.offset = 61_000;

    expect(await decide(ports, act())).toMatchObject({ outcome: "refused", because: "clock" });
    expect(now().decisions).toEqual([]);
  });

  it("of what cannot be verified is refused, audited and told once for all", async () => {
    stored({ request: aRequest(aKeyring(), { asked: ASKED }).request });

    const result = await decide(ports, act());

    expect(result).toMatchObject({ outcome: "refused", because: "unverifiable" });
    expect(memory.audit.map(({ subject, draft }) => [subject, draft.event])).toEqual([
      ["EG-7QK4M", "unverifiable"],
    ]);
    expect([...memory.told.keys()]).toEqual(["unverifiable:EG-7QK4M"]);
    expect(now().state).toBe("pending");
  });

  it("of an id nobody has, or of what is no request, is answered", async () => {
    expect(await decide(ports, act())).toMatchObject({ because: "unknown-request" });
    memory.records.set("EG-7QK4M", "garbage");
    expect(await decide(ports, act())).toMatchObject({ outcome: "unreadable" });
  });
});

describe("a no", () => {
  it.each<readonly [what: string, state: RequestRecord["state"], change: Partial<DecisionAct>]>([
    ["a denial", "pending", { verdict: "deny", reason: "unknown supplier" }],
    ["a cancel", "pending", { verdict: "cancel", by: ASKED.by }],
    ["a cancel of what is approved", "approved", { verdict: "cancel", by: ASKED.by }],
    ["a revoke of what is approved", "approved", { verdict: "revoke", by: ASKED.by }],
  ])(
    "%s is signed, and given to the worker to be spent in the cluster",
    async (_what, state, change) => {
      stored({ state });

      await decide(ports, act(change));

      expect(now().state).toBe("closing");
      expect(now().decisions.at(-1)?.payload).toMatchObject(change);
      expect(memory.jobs.map(({ kind }) => kind)).toEqual(["notify", "admit"]);
    },
  );

  it("before there is a card is over at once", async () => {
    const record = aRequest(memory.keys, { asked: ASKED });
    memory.records.set(record.id, record);

    await decide(ports, act({ verdict: "cancel", by: ASKED.by }));

    expect(now().state).toBe("cancelled");
    expect(memory.jobs.map(({ kind }) => kind)).toEqual(["notify"]);
    expect(memory.recorded).toEqual([]);
  });
});

describe("a revoke of what is admitted", () => {
  it.each([
    ["who asked", ASKED.by.userId],
    ["the team's group", "U0TEAM"],
    ["an approver", "U0SAM"],
  ])("by %s is put where the lanes look, in the same step", async (_who, userId) => {
    const record = stored({ state: "active" });

    await decide(ports, act({ verdict: "revoke", by: { userId, teamId: "T0HOME" } }));

    expect(now().state).toBe("ending");
    expect(now().decisions.at(-1)?.payload.request).toBe(envelopeDigest(record.request.envelope));
    expect(memory.ends).toEqual([now().decisions.at(-1)?.envelope]);
    expect(memory.jobs).toContainEqual({ kind: "mesh", cluster: "prod" });
  });

  it("works for who asked although groups cannot be looked up", async () => {
    stored({ state: "active" });
    const { identity } = ports;
    ports = {
      ...ports,
      identity: { ...identity, members: () => Promise.reject(new RetryableError("looking up")) },
    };

    await decide(ports, act({ verdict: "revoke", by: ASKED.by }));

    expect(now().state).toBe("ending");
  });

  it.each<readonly [what: string, entry: BoardEntry | undefined, ends: number]>([
    ["is reported open", { state: "active", endsAt: NINE }, 1],
    ["is reported ended", { state: "ended", endsAt: NINE }, 0],
    ["is not reported", undefined, 0],
  ])("whose record was put back to pending, and which %s", async (_what, entry, ends) => {
    stored();
    memory.boards.set("prod", {
      cluster: "prod",
      at: NINE,
      configDigest: "",
      frozen: false,
      grants: entry === undefined ? {} : { "EG-7QK4M": entry },
    });

    await decide(ports, act({ verdict: "revoke", by: ASKED.by }));

    expect(memory.ends).toHaveLength(ends);
  });
});
