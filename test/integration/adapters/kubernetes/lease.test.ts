import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import { keepLease, type LeaseKeeper, type LeaseState } from "#src/lanes/lease/keep-lease.ts";
import type { Lease } from "#src/ports/cluster/lease.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { FakeTimers } from "#test/support/fake-timers.ts";
import { InFlight } from "#test/support/in-flight.ts";
import { startWire, type Wire } from "#test/support/wire.ts";

const NAMESPACE = "sallyport-system";
const DURATION = 15_000;

/** One worker: its wire to the API server, and what it was told of the Lease. */
interface Worker {
  readonly keeper: LeaseKeeper;
  readonly wire: Wire;
  readonly states: LeaseState[];
  readonly problems: unknown[];
}

let server: ApiServer;
let folder: string;
let timers: FakeTimers;
let calls: InFlight;
let workers: Worker[];
beforeEach(async () => {
  server = await startApiServer();
  server.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  folder = await mkdtemp(join(tmpdir(), "sallyport-lease-"));
  timers = new FakeTimers();
  calls = new InFlight();
  workers = [];
});
afterEach(async () => {
  for (const { wire } of workers) await wire.close();
  const closed = workers.map(({ keeper }) => keeper.close(Promise.resolve()));
  await pass(DURATION);
  await Promise.all(closed);
  await server.close();
  await rm(folder, { recursive: true });
});

async function start(identity: string): Promise<Worker> {
  const wire = await startWire(server.url);
  const path = join(folder, identity);
  await writeFile(path, server.kubeconfig().replace(server.url, wire.url));
  const mesh: Mesh = calls.counting(connectMesh({ source: "kubeconfig", path }, 10_000));
  const states: LeaseState[] = [];
  const problems: unknown[] = [];
  const keeper = keepLease({
    connect: async () => mesh,
    namespace: NAMESPACE,
    name: "lane-mesh",
    instance: "prod",
    identity,
    durationMs: DURATION,
    timers,
    clock: { now: () => Date.UTC(2026, 0, 1) + timers.now() },
    random: () => 0,
    onState: (state) => states.push(state),
    onError: (error) => problems.push(error),
  });
  const worker = { keeper, wire, states, problems };
  workers.push(worker);
  return worker;
}

function pass(ms: number): Promise<void> {
  return calls.pass(timers, ms);
}

function holder(): unknown {
  return server.store.get("Lease", NAMESPACE, "lane-mesh")?.spec?.["holderIdentity"];
}

function leaseOf({ keeper }: Worker): Lease {
  const state = keeper.state();
  if (state.state !== "held") throw new Error(`it is ${state.state}`);
  return state.lease;
}

function holds(): readonly boolean[] {
  return workers.map(({ keeper }) => keeper.state().state === "held");
}

/** A worker that holds the Lease; whoever held it before is waited for, even if nobody did. */
async function holding(identity: string): Promise<Worker> {
  const worker = await start(identity);
  await pass(DURATION + 3_000);
  leaseOf(worker);
  return worker;
}

describe("the Lease of a lane", () => {
  it("is first waited for, as if somebody had held the one that is missing", async () => {
    const worker = await start("one");
    await pass(DURATION - 1_000);
    expect(holder()).toBe("nobody, says one");
    expect(holds()).toEqual([false]);

    await pass(4_000);
    expect(holder()).toBe("one");
    expect(leaseOf(worker).remainingMs()).toBeGreaterThan(0);
  });

  it("stays with its holder, who renews it", async () => {
    const one = await holding("one");
    const lease = leaseOf(one);
    await start("two");
    await pass(4 * DURATION);

    expect(holds()).toEqual([true, false]);
    expect(leaseOf(one)).toBe(lease);
    expect(server.store.get("Lease", NAMESPACE, "lane-mesh")?.spec).toMatchObject({
      holderIdentity: "one",
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
    });
  });

  it("is over for a holder that is cut off, before another process has it", async () => {
    const one = await holding("one");
    const lease = leaseOf(one);
    const two = await start("two");
    await pass(DURATION);
    const over: number[] = [];
    lease.signal.addEventListener("abort", () => over.push(timers.now()));
    one.wire.cut();
    const cut = timers.now();
    await pass(2 * DURATION);

    expect(holds()).toEqual([false, true]);
    expect(holder()).toBe("two");
    expect(over[0]).toBeLessThanOrEqual(cut + 12_000);
    expect(lease.remainingMs()).toBe(0);
    expect(leaseOf(two)).not.toBe(lease);

    one.wire.mend();
    await pass(2 * DURATION);
    expect(holds()).toEqual([false, true]);
  });

  it("comes back to a holder that was cut off alone, as another one", async () => {
    const one = await holding("one");
    const lease = leaseOf(one);
    one.wire.cut();
    await pass(12_000);
    expect(holds()).toEqual([false]);
    one.wire.mend();
    await pass(2 * DURATION);

    expect(holds()).toEqual([true]);
    expect(leaseOf(one)).not.toBe(lease);
    expect(lease.signal.aborted).toBe(true);
  });

  it("goes to one of those that reach for it at the same moment", async () => {
    for (let round = 0; round < 10; round += 1) {
      const crowd = await Promise.all(
        [`${round}-a`, `${round}-b`, `${round}-c`].map((identity) => start(identity)),
      );
      await pass(DURATION + 6_000);
      const winners = crowd.filter(({ keeper }) => keeper.state().state === "held");
      expect(winners).toHaveLength(1);
      await Promise.all(crowd.map(({ keeper }) => keeper.close(Promise.resolve())));
      expect(holder()).toBe("");
    }
  });

  it("is given back at the end, so that a successor need not wait", async () => {
    const one = await holding("one");
    const lease = leaseOf(one);
    await one.keeper.close(Promise.resolve());
    expect(holder()).toBe("");
    expect(lease.signal.aborted).toBe(true);
    await start("two");
    await pass(500);

    expect(holds()).toEqual([false, true]);
  });

  it("is given back only when the last write has ended, or it has run out", async () => {
    const one = await holding("one");
    const idle = Promise.withResolvers<void>();
    const closed = one.keeper.close(idle.promise);
    await calls.quiet();
    expect(holder()).toBe("one");
    idle.resolve();
    await closed;
    expect(holder()).toBe("");

    const two = await start("two");
    await pass(500);
    const never = two.keeper.close(new Promise(() => {}));
    await pass(12_000);
    await never;
    expect(holder()).toBe("two");
  });

  it("is kept where the answer to a renewal was lost", async () => {
    const one = await holding("one");
    const lease = leaseOf(one);
    server.faults.next({ method: "PUT" }, { dropAfter: true }, 3);
    await pass(2 * DURATION);

    expect(leaseOf(one)).toBe(lease);
  });

  it("counts from when a renewal was sent, however late its answer", async () => {
    const one = await holding("one");
    const held = server.faults.next({ method: "PUT" }, { hold: "after" });
    timers.advance(3_000);
    await held.hit;
    timers.advance(5_000);
    held.release();
    await calls.quiet();

    expect(leaseOf(one).remainingMs()).toBeLessThanOrEqual(7_000);
    expect(leaseOf(one).remainingMs()).toBeGreaterThan(0);
  });

  it.each(["the holder", "another"])(
    "is kept by its holder where somebody deletes it and %s sees it first",
    async (first) => {
      const one = await holding("one");
      const lease = leaseOf(one);
      const two = await start("two");
      await pass(DURATION);
      const last = first === "another" ? one : two;
      last.wire.cut();
      server.store.delete("Lease", NAMESPACE, "lane-mesh");
      await pass(4_000);
      expect(holder()).toBe(first === "another" ? "nobody, says two" : "one");
      last.wire.mend();
      await pass(2 * DURATION);

      expect(holds()).toEqual([true, false]);
      expect(leaseOf(one)).toBe(lease);
    },
  );

  it("cannot be had in a namespace that is missing, and is once it is there", async () => {
    server.store.delete("Namespace", undefined, NAMESPACE);
    const one = await start("one");
    await pass(6_000);
    expect(one.keeper.state()).toEqual({ state: "no-namespace" });

    server.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    await pass(2 * DURATION);
    expect(holds()).toEqual([true]);
  });

  it("is over where its namespace is being deleted", async () => {
    const one = await holding("one");
    const lease = leaseOf(one);
    server.store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "stays", namespace: NAMESPACE, finalizers: ["example.com/wait"] },
    });
    server.store.delete("Namespace", undefined, NAMESPACE);
    server.store.delete("Lease", NAMESPACE, "lane-mesh");
    await pass(6_000);

    expect(one.keeper.state()).toEqual({ state: "terminating" });
    expect(lease.signal.aborted).toBe(true);
    server.store.removeFinalizer("ConfigMap", NAMESPACE, "stays", "example.com/wait");
    await pass(6_000);
    expect(one.keeper.state()).toEqual({ state: "no-namespace" });
  });

  it("is over where its namespace is being deleted, and the rights in it are gone already", async () => {
    const one = await holding("one");
    const lease = leaseOf(one);
    server.store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "stays", namespace: NAMESPACE, finalizers: ["example.com/wait"] },
    });
    server.store.delete("Namespace", undefined, NAMESPACE);
    server.denied.push({ resource: "leases" });
    await pass(6_000);

    expect(one.keeper.state()).toEqual({ state: "terminating" });
    expect(lease.signal.aborted).toBe(true);
    server.store.removeFinalizer("ConfigMap", NAMESPACE, "stays", "example.com/wait");
    await pass(6_000);
    expect(one.keeper.state()).toEqual({ state: "no-namespace" });
  });

  it("says what keeps it from being had, and asks less often while that lasts", async () => {
    server.denied.push({ verb: "get", resource: "leases" });
    const one = await start("one");
    await pass(60_000);

    expect(one.problems[0]).toMatchObject({ name: "FatalError", code: "Forbidden" });
    expect(one.problems.length).toBeLessThan(15);
  });
});
