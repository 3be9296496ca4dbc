import { beforeEach, describe, expect, it } from "@jest/globals";
import { boardKey } from "#src/domain/request/board.ts";
import type { Decision } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { RecordedDecisions } from "#src/slack/recorded-decisions.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";
import { aDecision, anActiveRequest, anOrder, NINE } from "#test/support/signed-request.ts";

const PATIENCE = 120_000;
const THREAD = { channel: "C0TEAMX", threadTs: "1.1" };

let memory: Memory;
let said: string[];
let slackAnswers: boolean;
let recorded: RecordedDecisions;

beforeEach(() => {
  memory = aMemory();
  said = [];
  slackAnswers = true;
  recorded = new RecordedDecisions({
    ...portsOver(memory),
    chat: {
      async post(channel, threadTs, { text }) {
        if (!slackAnswers) throw new RetryableError("posting");
        said.push(`${channel} ${threadTs}: ${text}`);
        return "1.2";
      },
    },
    patienceMs: PATIENCE,
  });
});

/** A revoke of an active grant, of which the store has this. */
function revoke(isStored: boolean): Decision {
  const active = anActiveRequest(memory.keys, {});
  const decision = aDecision(active, { id: "revoke-1", verdict: "revoke", at: NINE });
  const { payload, envelope } = memory.keys.decision.sign("decision", decision);
  const decisions = [...active.decisions, ...(isStored ? [{ payload, envelope }] : [])];
  memory.records.set(active.id, { ...active, state: isStored ? "ending" : "active", decisions });
  return payload;
}

function lanesSay(state: "active" | "ended"): void {
  const { id } = anActiveRequest(memory.keys, {});
  memory.boards.set(boardKey("prod-1"), {
    cluster: "prod-1",
    at: memory.clock.now + 1,
    configDigest: "",
    frozen: false,
    grants: { [id]: { state, endsAt: NINE } },
  });
}

async function pass(ms: number): Promise<void> {
  memory.clock.now += ms;
  await recorded.look();
}

describe("a decision people were told is recorded", () => {
  it("is forgotten once a lane says that it is done", async () => {
    recorded.add(revoke(true), THREAD);
    lanesSay("ended");
    await recorded.look();
    lanesSay("active");

    await pass(PATIENCE + 1);

    expect(said).toEqual([]);
  });

  it.each([
    ["is still stored", true, /still not carried out/],
    ["was lost", false, /store has lost it/],
  ])(
    "and %s, without effect: its author is told once, in its thread, with the way out",
    async (_what, isStored, why) => {
      const decision = revoke(isStored);
      lanesSay("active");
      recorded.add(decision, THREAD);
      await pass(PATIENCE);
      expect(said).toEqual([]);

      await pass(1);
      await pass(PATIENCE);

      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(/^C0TEAMX 1\.1: :rotating_light: <@U0SECURITY> /);
      expect(said[0]).toMatch(why);
      expect(said[0]).toContain("kubectl -n sallyport-system delete egrant");
    },
  );

  it("is missed only after Redis and Slack have answered for so long", async () => {
    recorded.add(revoke(true), THREAD);
    memory.redis.answers = false;
    await pass(PATIENCE + 1);
    memory.redis.answers = true;
    await pass(PATIENCE);
    expect(said).toEqual([]);

    slackAnswers = false;
    await pass(1);
    slackAnswers = true;
    await pass(PATIENCE + 1);

    expect(said).toHaveLength(1);
  });

  it("gives way to a later one on the same cluster", async () => {
    const { payload: freeze } = anOrder(memory.keys, "freeze-1", { verdict: "freeze", at: NINE });
    const { payload: lift } = anOrder(memory.keys, "freeze-2", { verdict: "unfreeze", at: NINE });
    recorded.add(freeze, THREAD);
    recorded.add(lift, THREAD);

    await pass(PATIENCE + 1);

    expect(said).toHaveLength(1);
    expect(said[0]).toContain("unfreeze of cluster");
  });
});
