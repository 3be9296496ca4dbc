import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { startWatchCache } from "#src/adapters/kubernetes/watches/watch-cache.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { CONVERGED } from "#src/requests/lane-ports.ts";
import { eventually } from "#test/support/eventually.ts";
import { DURATION, type LaneWorker, LaneWorkers, NAMESPACE, SWEEP } from "./lane-workers.ts";

const ELSEWHERE = {
  outcome: "waiting",
  for: "the process that holds the lane",
  retryAfterMs: 500,
};

let workers: LaneWorkers;
beforeEach(async () => {
  workers = await LaneWorkers.begin();
});
afterEach(async () => {
  expect(workers.most).toBe(1);
  await workers.close();
});

function gaps({ runs }: LaneWorker): readonly number[] {
  return runs.slice(1).map(({ at }, index) => at - (runs[index]?.at ?? 0));
}

describe("a lane's runner", () => {
  it("runs the lane once it has the Lease, and then from its own timer", async () => {
    const one = await workers.start("one", CONVERGED);
    await workers.pass(DURATION - 3_000);
    expect(one.runs).toEqual([]);
    await workers.pass(6_000);
    expect(one.runs).toHaveLength(1);
    expect(one.runs[0]?.turn.lease?.remainingMs()).toBeGreaterThan(0);

    await workers.pass(2 * SWEEP);
    expect(gaps(one)).toEqual([SWEEP, SWEEP]);
  });

  it("runs again when the last run asked for it, but not less often than it sweeps", async () => {
    const one = await workers.holding();
    one.answer = { outcome: "waiting", for: "a pool", retryAfterMs: 15_000 };
    const asked = await one.runner.runNow();
    expect(asked).toEqual(one.answer);
    one.runs.splice(0, one.runs.length - 1);
    await workers.pass(30_000);
    one.answer = { outcome: "waiting", for: "a day", retryAfterMs: 24 * 3_600_000 };
    await workers.pass(15_000 + SWEEP);

    expect(gaps(one)).toEqual([15_000, 15_000, 15_000, SWEEP]);
  });

  it("answers who asks with a run that began after the question", async () => {
    const one = await workers.holding();
    one.answer = undefined;
    const before = one.runs.length;
    const first = one.runner.runNow();
    const second = one.runner.runNow();
    const third = one.runner.runNow();
    expect(one.runs).toHaveLength(before + 1);

    one.runs[before]?.end({ outcome: "waiting", for: "the first run", retryAfterMs: 1 });
    expect(await first).toMatchObject({ for: "the first run" });
    await workers.calls.quiet();
    expect(one.runs).toHaveLength(before + 2);
    one.runs[before + 1]?.end({ outcome: "waiting", for: "the second run", retryAfterMs: 1 });
    expect(await second).toMatchObject({ for: "the second run" });
    expect(await third).toEqual(await second);
  });

  it("runs once for several changes at about the same time, and again for those during a run", async () => {
    const one = await workers.holding();
    one.answer = undefined;
    const before = one.runs.length;
    for (let change = 0; change < 3; change += 1) {
      one.runner.changed();
      await workers.pass(50);
    }
    await workers.pass(300);
    expect(one.runs).toHaveLength(before + 1);

    one.runner.changed();
    await workers.pass(400);
    one.runs[before]?.end(CONVERGED);
    await workers.pass(100);
    expect(one.runs).toHaveLength(before + 2);
    one.runs[before + 1]?.end(CONVERGED);
    await workers.pass(1_000);
    expect(one.runs).toHaveLength(before + 2);
  });

  it("tries a failed run again later and later, and forgets it with the next success", async () => {
    const one = await workers.holding();
    const first = one.runs.length;
    one.answer = new RetryableError("reading a thing");
    expect(await one.runner.runNow()).toEqual({
      outcome: "waiting",
      for: "the lane to be tried again",
      retryAfterMs: 500,
    });
    await workers.pass(8_000);
    expect(gaps(one).slice(first)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(one.logged).toContainEqual({ level: "warn", message: "lane will be run again" });

    one.answer = CONVERGED;
    await workers.pass(8_000 + SWEEP);
    expect(gaps(one).slice(-2)).toEqual([8_000, SWEEP]);
  });

  it("waits as long as the other side asked for", async () => {
    const one = await workers.holding();
    one.answer = new RetryableError("writing a thing", { retryAfterMs: 20_000 });
    await one.runner.runNow();
    await workers.pass(20_000);

    expect(gaps(one).at(-1)).toBe(20_000);
  });

  it("is not driven by what a failing lane itself writes, but by who asks", async () => {
    const one = await workers.holding();
    one.answer = new FatalError("InvalidObject", "applying a thing");
    await one.runner.runNow();
    expect(one.logged).toContainEqual({ level: "error", message: "lane failed" });
    const before = one.runs.length;
    one.runner.changed();
    await workers.pass(400);
    expect(one.runs).toHaveLength(before);

    one.answer = undefined;
    const asked = one.runner.runNow();
    one.runner.changed();
    await workers.pass(400);
    one.runs.at(-1)?.end(new FatalError("InvalidObject", "applying a thing"));
    await asked;
    await workers.pass(400);
    expect(one.runs).toHaveLength(before + 1);
  });

  it("says at once that another process holds the lane", async () => {
    const one = await workers.holding();
    const two = await workers.start("two", CONVERGED);
    await workers.pass(2 * DURATION);

    expect(await two.runner.runNow()).toEqual(ELSEWHERE);
    two.runner.changed();
    await workers.pass(SWEEP);
    expect(two.runs).toEqual([]);
    expect(one.runs.length).toBeGreaterThan(1);
  });

  it("stops a run whose Lease is over, and the other process runs the lane", async () => {
    const one = await workers.holding();
    const two = await workers.start("two", CONVERGED);
    await workers.pass(DURATION);
    one.answer = undefined;
    const asked = one.runner.runNow();
    const late = one.runner.runNow();
    const { turn, end } = one.runs.at(-1) ?? {};
    one.wire.cut();
    await workers.pass(12_000);
    expect(turn?.signal.aborted).toBe(true);
    expect(await late).toEqual(ELSEWHERE);
    end?.(new RetryableError("stopped"));
    expect(await asked).toEqual(ELSEWHERE);
    expect(await one.runner.runNow()).toEqual(ELSEWHERE);
    expect(two.runs).toEqual([]);

    await workers.pass(DURATION);
    expect(two.runs).toHaveLength(1);
    expect(one.logged.map(({ message }) => message)).not.toContain("lane will be run again");
  });

  it("ends its run and gives the Lease back when it is closed", async () => {
    const one = await workers.holding();
    const two = await workers.start("two", CONVERGED);
    await workers.pass(3_000);
    one.answer = undefined;
    const asked = one.runner.runNow();
    const closed = one.runner.close();
    const last = one.runs.at(-1);
    await workers.pass(6_000);
    expect(last?.turn.signal.aborted).toBe(true);
    expect(two.runs).toEqual([]);

    last?.end(new Error("stopped"));
    await closed;
    expect(await asked).toEqual(ELSEWHERE);
    expect(await one.runner.runNow()).toEqual(ELSEWHERE);
    await workers.pass(3_000);
    expect(two.runs).toHaveLength(1);
    expect(one.logged.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("runs without a Lease while its namespace is being deleted, and not where it is missing", async () => {
    const one = await workers.holding();
    workers.server.store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "stays", namespace: NAMESPACE, finalizers: ["example.com/wait"] },
    });
    workers.server.store.delete("Namespace", undefined, NAMESPACE);
    workers.server.store.delete("Lease", NAMESPACE, "lane-mesh");
    await workers.pass(6_000);
    const closing = one.runs.at(-1)?.turn;
    expect(closing?.lease).toBeUndefined();
    expect(closing?.signal.aborted).toBe(false);
    expect(await one.runner.runNow()).toEqual(CONVERGED);

    workers.server.store.removeFinalizer("ConfigMap", NAMESPACE, "stays", "example.com/wait");
    await workers.pass(6_000);
    const runs = one.runs.length;
    expect(closing?.signal.aborted).toBe(true);
    expect(await one.runner.runNow()).toMatchObject({ for: "the namespace sallyport-system" });
    await workers.pass(SWEEP);
    expect(one.runs).toHaveLength(runs);
  });

  it("runs when a watched object changes", async () => {
    const one = await workers.holding();
    const cache = startWatchCache({
      cluster: "prod",
      kinds: [{ kind: "ConfigMap" }],
      connect: async () => one.mesh,
      timers: workers.timers,
      random: () => 0,
      log: { info() {}, warn() {}, error() {} },
    });
    cache.onChange(() => one.runner.changed());
    const before = one.runs.length;
    await eventually(() => expect(cache.of("ConfigMap")?.synced()).toBe(true));
    workers.server.store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "m", namespace: "default" },
    });
    await eventually(async () => {
      await workers.pass(100);
      expect(one.runs).toHaveLength(before + 1);
    });
    await cache.close();
  });
});
