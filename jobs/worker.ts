import { queueName } from "#src/adapters/bullmq/job.ts";
import type { Repaired } from "#src/adapters/bullmq/damage.ts";
import { startWorker, type RunningWorker } from "#src/adapters/bullmq/worker.ts";
import { loadConfig } from "#src/config/config.ts";
import { parseWorkerEnvironment } from "#src/config/environment.ts";
import { bestEffort } from "#src/lanes/best-effort.ts";
import { createLog } from "#src/log.ts";
import { repairedText } from "#src/slack/render/trouble/alarms.ts";
import { startLanes } from "#src/wiring/lanes.ts";
import { onStop, reporting } from "#src/wiring/process.ts";
import { connectStore } from "#src/wiring/store.ts";
import { workerPorts } from "#src/wiring/worker-ports.ts";
import { processJob, type WorkerJobKind, type WorkerPorts } from "./processors.ts";

const QUEUES: readonly { readonly kind: WorkerJobKind; readonly concurrency: number }[] = [
  { kind: "plan", concurrency: 4 },
  { kind: "admit", concurrency: 1 },
  { kind: "verify", concurrency: 4 },
  { kind: "notify", concurrency: 4 },
  { kind: "sweep", concurrency: 1 },
];

/** What is done to a queue again and again is told this often. */
const TOLD_AGAIN_MS = 3_600_000;

/** The worker: plan, admit, lanes, verify, notify, sweep. Holds the credentials of clouds and clusters, and not the decision key. */
async function main(): Promise<void> {
  const environment = parseWorkerEnvironment(process.env);
  const config = loadConfig(environment.SALLYPORT_CONFIG);
  const log = createLog("worker", environment.LOG_LEVEL);
  const { redis, queue } = await connectStore(environment, config.instance, log);
  const shared = workerPorts({ environment, config, log, redis, queue });
  const lanes = startLanes(shared, config);
  const ports: WorkerPorts = {
    ...shared,
    timing: config.timing,
    runLane: (lane, cluster) => lanes.runNow(lane, cluster),
  };
  // Lanes go on without Redis: a worker that is started while it is away still closes what ends.
  await bestEffort(ports, "saying that the worker started", () =>
    ports.store.audit("config", {
      actor: "worker",
      event: "started",
      details: { digest: config.digest },
    }),
  );
  const settings = {
    connection: { url: environment.SALLYPORT_REDIS_URL },
    prefix: redis.keys.bull,
    lockMs: environment.SALLYPORT_LOCK_MS,
    onError: (name: string, error: unknown) => void queue.lookInto(name, error),
    log,
  };
  const clusters = config.directory.clusters.flatMap(({ name }) => [
    { kind: "gateways" as const, cluster: name, concurrency: 1 },
    { kind: "mesh" as const, cluster: name, concurrency: 1 },
  ]);
  const names = [
    ...QUEUES.map(({ kind }) => queueName(kind, undefined)),
    ...clusters.map(({ kind, cluster }) => queueName(kind, cluster)),
    queueName("intake", undefined),
  ];
  queue.onRepaired((name, was) => void tellRepaired(ports, name, was));
  await bestEffort(ports, "setting up the job queues", () =>
    queue.setUp({ sweepEveryMs: config.timing.sweepMs, queues: names }),
  );
  const workers: RunningWorker[] = [...QUEUES, ...clusters].map((each) =>
    startWorker({ ...settings, ...each, process: (job) => processJob(ports, job) }),
  );
  log.info({ instance: config.instance }, "worker started");
  onStop(log, async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await lanes.close();
    await queue.close();
    await redis.close();
  });
}

async function tellRepaired(ports: WorkerPorts, name: string, was: Repaired): Promise<void> {
  await bestEffort(ports, `telling that queue ${name} was ${was}`, () =>
    ports.announcer.tell(
      `${was}:${name}:${Math.floor(ports.clock.now() / TOLD_AGAIN_MS)}`,
      repairedText(name, was),
    ),
  );
}

await reporting("worker", main);
