import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMesh } from "#src/adapters/kubernetes/connect.ts";
import { type LaneRunner, type LaneTurn, startLaneRunner } from "#src/lanes/runner/lane-runner.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { CONVERGED, type LaneResult } from "#src/requests/lane-ports.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import { FakeTimers } from "#test/support/fake-timers.ts";
import { InFlight } from "#test/support/in-flight.ts";
import { startWire, type Wire } from "#test/support/wire.ts";

export const NAMESPACE = "sallyport-system";
export const DURATION = 15_000;
export const SWEEP = 60_000;

interface Run {
  readonly turn: LaneTurn;
  readonly at: number;
  end(result: LaneResult | Error): void;
}

/** One process with the lane, whose runs the test ends. */
export interface LaneWorker {
  readonly runner: LaneRunner;
  readonly wire: Wire;
  readonly mesh: Mesh;
  readonly runs: Run[];
  /** What every run answers at once, instead of waiting for the test. */
  answer: LaneResult | Error | undefined;
  readonly logged: { readonly level: string; readonly message: string }[];
}

/** Processes that contend for one lane of one cluster, by one clock. */
export class LaneWorkers {
  readonly server: ApiServer;
  readonly timers = new FakeTimers();
  readonly calls = new InFlight();
  readonly #folder: string;
  readonly #workers: LaneWorker[] = [];
  #active = 0;
  #most = 0;

  private constructor(server: ApiServer, folder: string) {
    this.server = server;
    this.#folder = folder;
  }

  static async begin(): Promise<LaneWorkers> {
    const server = await startApiServer();
    server.store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    return new LaneWorkers(server, await mkdtemp(join(tmpdir(), "sallyport-lane-")));
  }

  /** The most runs there ever were at the same time, over all workers. */
  get most(): number {
    return this.#most;
  }

  async start(identity: string, answer?: LaneResult): Promise<LaneWorker> {
    const { timers } = this;
    const wire = await startWire(this.server.url);
    const path = join(this.#folder, identity);
    await writeFile(path, this.server.kubeconfig().replace(this.server.url, wire.url));
    const mesh = this.calls.counting(connectMesh({ source: "kubeconfig", path }, 10_000));
    const logged: LaneWorker["logged"] = [];
    const runner = startLaneRunner({
      cluster: "prod",
      lane: "mesh",
      namespace: NAMESPACE,
      name: "lane-mesh",
      instance: "prod",
      identity,
      connect: async () => mesh,
      durationMs: DURATION,
      sweepMs: SWEEP,
      debounceMs: 200,
      timers,
      clock: { now: () => timers.now() },
      random: () => 0,
      run: (turn) => this.#run(worker, turn),
      log: {
        info: (_, message) => void logged.push({ level: "info", message }),
        warn: (_, message) => void logged.push({ level: "warn", message }),
        error: (_, message) => void logged.push({ level: "error", message }),
      },
    });
    const worker: LaneWorker = { runner, wire, mesh, runs: [], answer, logged };
    this.#workers.push(worker);
    return worker;
  }

  /** A worker that holds the lane, and whose runs converge at once unless the test says otherwise. */
  async holding(): Promise<LaneWorker> {
    const worker = await this.start("one", CONVERGED);
    await this.pass(DURATION + 3_000);
    if (worker.runs.length === 0) throw new Error("it does not hold the lane");
    return worker;
  }

  pass(ms: number): Promise<void> {
    return this.calls.pass(this.timers, ms, 100);
  }

  async close(): Promise<void> {
    for (const { wire, runs } of this.#workers) {
      for (const run of runs) run.end(CONVERGED);
      await wire.close();
    }
    const closed = this.#workers.map(({ runner }) => runner.close());
    await this.pass(DURATION);
    await Promise.all(closed);
    await this.server.close();
    await rm(this.#folder, { recursive: true });
  }

  async #run(worker: LaneWorker, turn: LaneTurn): Promise<LaneResult> {
    this.#active += 1;
    this.#most = Math.max(this.#most, this.#active);
    const ended = Promise.withResolvers<LaneResult | Error>();
    worker.runs.push({ turn, at: this.timers.now(), end: (result) => ended.resolve(result) });
    if (worker.answer !== undefined) ended.resolve(worker.answer);
    const result = await ended.promise;
    this.#active -= 1;
    if (Error.isError(result)) throw result;
    return result;
  }
}
