import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { sweep } from "#src/lanes/sweep.ts";
import { admit } from "#src/requests/admission/admit.ts";
import { portsOver } from "#test/support/bot-in-memory.ts";
import { aDecision, aPendingRequest, anAsked, DAY } from "#test/support/signed-request.ts";
import { GatewaysWorld } from "../gateways-world.ts";
import { meshPorts } from "./mesh-world.ts";

const PENDING_FOR_MS = 3 * DAY;

let world: GatewaysWorld;
beforeEach(async () => {
  world = await GatewaysWorld.start();
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** Asked and shown at that time; approved then, too. */
function stored(id: string, state: RequestState, since: number): void {
  const { keys } = world;
  const asked = anAsked({ at: since, latestEnd: since + 365 * DAY });
  const record: RequestRecord = { ...aPendingRequest(keys, { id, asked }), state, since };
  const decision = keys.decision.sign("decision", aDecision(record, { at: since }));
  world.memory.records.set(id, { ...record, decisions: [decision] });
}

function states(): unknown {
  return [...world.memory.records.values()].map((record) =>
    record === "garbage" ? record : [record.id, record.state],
  );
}

async function oneSweep(): Promise<void> {
  const { intake, heartbeats } = portsOver(world.memory);
  await sweep({ ...meshPorts(world), intake, heartbeats, pendingForMs: PENDING_FOR_MS });
}

function noGrantIsMade(): void {
  expect(world.kubernetes.store.look("EgressGrant")).toEqual([]);
}

describe("a worker whose clock is days ahead of the API server's", () => {
  beforeEach(() => {
    const now = Date.now();
    stored("EG-00001", "planning", now);
    stored("EG-00002", "pending", now);
    stored("EG-00003", "approved", now);
    stored("EG-00004", "closing", now);
    world.memory.clock.now = now + 10 * DAY;
    world.server.behindMs = 10 * DAY;
  });

  it("lets nothing lapse that nobody decided", async () => {
    const before = states();

    await oneSweep();

    expect(states()).toEqual(before);
  }, 60_000);

  it.each(["EG-00003", "EG-00004"])(
    "signs no end for what is decided: %s waits, and it says why",
    async (id) => {
      const before = states();

      await expect(admit(meshPorts(world), id)).rejects.toMatchObject({
        name: "RetryableError",
        message: expect.stringContaining("this worker's clock is"),
      });

      expect(states()).toEqual(before);
      noGrantIsMade();
    },
    60_000,
  );
});

describe("a worker whose clock is right", () => {
  it("lets lapse what nobody decided in time", async () => {
    const then = Date.now() - 4 * DAY;
    world.memory.clock.now = Date.now();
    stored("EG-00001", "planning", then);
    stored("EG-00002", "pending", then);
    stored("EG-00003", "approved", then);

    await oneSweep();
    await admit(meshPorts(world), "EG-00003");

    expect(states()).toEqual([
      ["EG-00001", "lapsed"],
      ["EG-00002", "closing"],
      ["EG-00003", "closing"],
    ]);
  }, 60_000);
});
