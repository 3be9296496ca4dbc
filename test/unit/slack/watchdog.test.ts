import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Heartbeat } from "#src/domain/time/heartbeat.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { packBoard } from "#src/requests/packed-board.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { Watchdog } from "#src/slack/watchdog.ts";

const START = Date.UTC(2026, 2, 2, 9);
const SWEEP = 60_000;

let now: number;
let reports: Record<string, number>;
/** Of the gateways lane; what else stands there is not one. */
let gateways: Record<string, unknown>;
let redisAnswers: boolean;
let slackAnswers: boolean;
let offset: number;
let said: string[];
let beats: Heartbeat[];
let watchdog: Watchdog;

beforeEach(() => {
  now = START;
  reports = { "prod-1": START - 5000, "prod-2": START - 5000 };
  gateways = {};
  redisAnswers = true;
  slackAnswers = true;
  offset = 0;
  said = [];
  beats = [];
  watchdog = new Watchdog({
    clusters: ["prod-1", "prod-2"],
    boards: {
      async read(key) {
        if (!redisAnswers) throw new RetryableError("reading");
        const [kind, cluster = ""] = key.split(/:(?=[^:]*$)/);
        if (kind === "ran:gateways") return beatOf(cluster);
        const at = reports[cluster];
        return at && packBoard({ cluster, at, configDigest: "", frozen: false, grants: {} });
      },
    },
    heartbeats: {
      async beat(heartbeat) {
        if (!redisAnswers) throw new RetryableError("writing");
        beats.push(heartbeat);
      },
    },
    configDigest: "d1",
    clock: { now: () => now },
    clockCheck: { offsetMs: () => offset },
    chat: {
      async post(channel: string, _thread: string | undefined, { text }: ChatMessage) {
        if (!slackAnswers) throw new RetryableError("posting");
        said.push(`${channel}: ${text}`);
        return "1.1";
      },
      update: async () => "updated",
      whisper: async () => undefined,
      permalink: async () => undefined,
    },
    channel: "C0SECURITY",
    patience: { lanesMs: 2 * SWEEP, gatewaysMs: 3 * SWEEP, redisMs: 30_000 },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});

/** Whatever is silent in a test of the mesh lane, gateways lanes run; unless it is their silence. */
function beatOf(cluster: string): unknown {
  return cluster in gateways ? gateways[cluster] : { cluster, at: now, configDigest: "" };
}

/** Looks every ten seconds; lanes of these clusters report all the while. */
async function pass(ms: number, reporting: readonly string[] = []): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10_000) {
    now += 10_000;
    for (const cluster of reporting) reports[cluster] = now;
    await watchdog.look();
  }
}

describe("the bot's own heartbeat", () => {
  it("is given at each look, and goes on when Redis is back", async () => {
    await pass(20_000, ["prod-1", "prod-2"]);
    redisAnswers = false;
    await pass(10_000);
    redisAnswers = true;
    await pass(10_000, ["prod-1", "prod-2"]);

    expect(beats).toEqual(
      [10_000, 20_000, 40_000].map((after) => ({ at: START + after, configDigest: "d1" })),
    );
  });
});

describe("a cluster whose lane is silent", () => {
  it("is told once, after two sweeps, and once when it is over", async () => {
    await watchdog.look();
    await pass(2 * SWEEP, ["prod-2"]);
    expect(said).toEqual([]);

    await pass(5 * SWEEP, ["prod-2"]);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^C0SECURITY: .*No lane of cluster `prod-1` has reported since/);

    await pass(SWEEP, ["prod-1", "prod-2"]);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/`prod-1` reports again/);
  });

  it("is told also where it never reported at all", async () => {
    reports = {};
    await watchdog.look();
    await pass(3 * SWEEP);

    expect(said).toHaveLength(2);
  });

  it("is told also where somebody puts old reports back in turn, or takes them away", async () => {
    await watchdog.look();
    for (let turn = 0; turn < 18; turn += 1) {
      reports["prod-1"] = START - 5000 - (turn % 3) * 1000;
      if (turn % 4 === 0) delete reports["prod-1"];
      await pass(10_000, ["prod-2"]);
    }

    expect(said).toEqual([expect.stringMatching(/No lane of cluster `prod-1` has reported/)]);
  });

  it("is not told by a cluster's clock that is behind ours", async () => {
    reports = { "prod-1": now - 605_000, "prod-2": now - 605_000 };
    await watchdog.look();
    for (let sweep = 0; sweep < 6; sweep += 1) {
      reports = { "prod-1": now - 600_000, "prod-2": now - 600_000 };
      await pass(SWEEP);
    }

    expect(said).toEqual([]);
  });
});

describe("a gateways lane that ends no run", () => {
  const BOTH = ["prod-1", "prod-2"];

  it("is told once, and once when it is over", async () => {
    gateways = { "prod-1": { cluster: "prod-1", at: now, configDigest: "" } };
    await watchdog.look();
    await pass(3 * SWEEP, BOTH);
    expect(said).toEqual([]);

    await pass(5 * SWEEP, BOTH);
    expect(said).toEqual([
      expect.stringMatching(/^C0SECURITY: .*No gateways lane of cluster `prod-1` has ended a run/),
    ]);

    gateways = {};
    await pass(SWEEP, BOTH);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/gateways lane of cluster `prod-1` runs again/);
  });

  it.each([
    ["nothing", undefined],
    ["what is another cluster's", { cluster: "prod-2", at: START + 3_600_000, configDigest: "" }],
    ["what is no record of a run", { at: "now" }],
  ])("is told where %s stands there", async (_what, stored) => {
    gateways = { "prod-1": stored };
    await watchdog.look();
    await pass(4 * SWEEP, BOTH);

    expect(said).toEqual([expect.stringMatching(/No gateways lane of cluster `prod-1`/)]);
  });

  it("is not told beside a cluster whose lanes are all silent, until the others run", async () => {
    gateways = { "prod-1": undefined };
    await watchdog.look();
    await pass(8 * SWEEP, ["prod-2"]);
    expect(said).toEqual([expect.stringMatching(/No lane of cluster `prod-1` has reported/)]);

    await pass(4 * SWEEP, BOTH);
    expect(said.slice(1)).toEqual([
      expect.stringMatching(/`prod-1` reports again/),
      expect.stringMatching(/No gateways lane of cluster `prod-1`/),
    ]);
  });

  it("has its time again once the store answers", async () => {
    gateways = { "prod-1": { cluster: "prod-1", at: now, configDigest: "" } };
    await watchdog.look();
    redisAnswers = false;
    await pass(20_000);
    redisAnswers = true;
    await pass(2 * SWEEP + 50_000, BOTH);

    expect(said).toEqual([]);
  });
});

describe("a store that does not answer", () => {
  it("is told once where it lasts, and once when it answers again", async () => {
    await watchdog.look();
    redisAnswers = false;
    await pass(20_000);
    expect(said).toEqual([]);

    await pass(10 * SWEEP);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/store does not answer.*closes on its own.*nothing new opens/);

    redisAnswers = true;
    await pass(SWEEP, ["prod-1", "prod-2"]);
    expect(said).toHaveLength(2);
    expect(said[1]).toContain("store answers again");
  });

  it("does not make lanes silent: they have their time again once it answers", async () => {
    await watchdog.look();
    redisAnswers = false;
    await pass(10 * SWEEP);
    redisAnswers = true;
    await pass(SWEEP);

    expect(said.filter((text) => text.includes("No lane"))).toEqual([]);
  });

  it("does not end the silence of a lane nobody can see now", async () => {
    await watchdog.look();
    await pass(3 * SWEEP, ["prod-2"]);
    redisAnswers = false;
    await pass(3 * SWEEP);
    redisAnswers = true;
    await pass(SWEEP, ["prod-2"]);

    expect(said.filter((text) => text.includes("prod-1"))).toHaveLength(1);
  });
});

describe("what the watchdog says", () => {
  it("is said later where Slack does not answer, and then once", async () => {
    await watchdog.look();
    slackAnswers = false;
    await pass(3 * SWEEP, ["prod-2"]);
    slackAnswers = true;
    await pass(SWEEP, ["prod-2"]);

    expect(said).toHaveLength(1);
  });

  it("also that its own clock is off, and that it is right again", async () => {
    offset = 61_000;
    await pass(SWEEP, ["prod-1", "prod-2"]);
    offset = 0;
    await pass(SWEEP, ["prod-1", "prod-2"]);

    expect(said).toHaveLength(2);
    expect(said[0]).toContain("signs no request and no decision");
  });
});
