import { loadConfig } from "#src/config/config.ts";
import { parseWorkerEnvironment } from "#src/config/environment.ts";
import { runMeshLane } from "#src/lanes/mesh/mesh-lane.ts";
import { sweep } from "#src/lanes/sweep.ts";
import { createLog } from "#src/log.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { connectStore } from "#src/wiring/store.ts";
import { workerPorts } from "#src/wiring/worker-ports.ts";

/*
 * A worker that runs one thing at a time, when told to, and says what it cost: the same ports, made the same way, and
 * none of the timers and queues of the real one.
 */

/** What one run cost this process. */
export interface Spent {
  /** User and system time, of all threads. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly residentBytes: number;
  /** What it threw, if anything. */
  readonly error: string | undefined;
}

const environment = parseWorkerEnvironment(process.env);
const config = loadConfig(environment.SALLYPORT_CONFIG);
const log = createLog("worker", environment.LOG_LEVEL);
const { redis, queue } = await connectStore(environment, config.instance, log);
const ports = workerPorts({ environment, config, log, redis, queue });

const ATTEMPTS = 3;

async function run(what: unknown): Promise<void> {
  if (what === "sweep") return sweep(ports);
  for (const cluster of ports.directory.clusters)
    for (let attempt = 1; ; attempt += 1) {
      try {
        await runMeshLane(ports, cluster);
        break;
      } catch (error) {
        // As the lane's runner does, and it costs what it costs: such as a connection that was idle for too long.
        if (!(error instanceof RetryableError) || attempt === ATTEMPTS) throw error;
      }
    }
  return undefined;
}

async function measured(what: unknown): Promise<Spent> {
  const before = process.cpuUsage();
  const started = performance.now();
  let error: string | undefined;
  try {
    await run(what);
  } catch (thrown) {
    error = Error.isError(thrown) ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  const { user, system } = process.cpuUsage(before);
  return {
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - started,
    residentBytes: process.memoryUsage.rss(),
    error,
  };
}

process.on("message", (what) => {
  void measured(what).then((spent) => process.send?.(spent));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
