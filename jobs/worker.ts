import { WebClient } from "@slack/web-api";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createJobQueue } from "#src/adapters/bullmq/job-queue.ts";
import { startWorker, type RunningWorker } from "#src/adapters/bullmq/worker.ts";
import { createNameResolver } from "#src/adapters/dns/resolver.ts";
import { createProber } from "#src/adapters/kubernetes/prober.ts";
import { connectRedis } from "#src/adapters/redis/connection.ts";
import { createIntake } from "#src/adapters/redis/intake.ts";
import { createLaneStore } from "#src/adapters/redis/lane-store.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { createSurfaceStore } from "#src/adapters/redis/surface-store.ts";
import { type Config, loadConfig } from "#src/config/config.ts";
import { parseWorkerEnvironment, type WorkerEnvironment } from "#src/config/environment.ts";
import { createIds, systemClock } from "#src/wiring/ids.ts";
import { createSigner, createVerifier } from "#src/adapters/keys/keys.ts";
import { onStop, reporting } from "#src/wiring/process.ts";
import { createLog, type Log } from "#src/log.ts";
import { createAnnouncer } from "#src/slack/announcer.ts";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { WEB_CLIENT } from "#src/slack/intake/durable-receiver.ts";
import { meshConnections } from "#src/wiring/mesh-connections.ts";
import type { Signer } from "#src/ports/keys.ts";
import { createWrittenRecords } from "#src/requests/written-records.ts";
import { processJob, type WorkerJobKind, type WorkerPorts } from "./processors.ts";

const QUEUES: readonly { readonly kind: WorkerJobKind; readonly concurrency: number }[] = [
  { kind: "plan", concurrency: 4 },
  { kind: "admit", concurrency: 1 },
  { kind: "verify", concurrency: 4 },
  { kind: "notify", concurrency: 4 },
  { kind: "sweep", concurrency: 1 },
];

/** The worker: plan, admit, lanes, verify, notify, sweep. Holds the credentials of clouds and clusters, and not the decision key. */
async function main(): Promise<void> {
  const environment = parseWorkerEnvironment(process.env);
  const config = loadConfig(environment.SALLYPORT_CONFIG);
  const log = createLog("worker", environment.LOG_LEVEL);
  function onError(error: unknown): void {
    log.warn({ err: error }, "redis connection");
  }
  const url = environment.SALLYPORT_REDIS_URL;
  const redis = await connectRedis({
    url,
    instance: config.instance,
    commandTimeoutMs: 2000,
    onError,
  });
  const prefix = redis.keys.bull;
  const queue = createJobQueue({ connection: { url, commandTimeoutMs: 2000 }, prefix, onError });
  const ports = createPorts({ environment, config, log, redis, queue });
  await ports.store.ensureEpoch(createIds().unique());
  await ports.store.audit("config", {
    actor: "worker",
    event: "started",
    details: { digest: config.digest },
  });
  await queue.setUp(config.timing.sweepMs);
  const shared = { connection: { url }, prefix, lockMs: environment.SALLYPORT_LOCK_MS, log };
  const lanes = config.directory.clusters.flatMap(({ name }) => [
    { kind: "gateways" as const, cluster: name, concurrency: 1 },
    { kind: "mesh" as const, cluster: name, concurrency: 1 },
  ]);
  const workers: RunningWorker[] = [...QUEUES, ...lanes].map((settings) =>
    startWorker({ ...shared, ...settings, process: (job) => processJob(ports, job) }),
  );
  log.info({ instance: config.instance }, "worker started");
  onStop(log, async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await queue.close();
    await redis.close();
  });
}

interface Parts {
  readonly environment: WorkerEnvironment;
  readonly config: Config;
  readonly log: Log;
  readonly redis: Awaited<ReturnType<typeof connectRedis>>;
  readonly queue: WorkerPorts["queue"];
}

function createPorts({ environment, config, log, redis, queue }: Parts): WorkerPorts {
  const signer = createSigner(environment.SALLYPORT_WORKER_RECORD_KEY);
  const slack = new WebClient(environment.SLACK_BOT_TOKEN, {
    ...WEB_CLIENT,
    rejectRateLimitedCalls: true,
    ...(environment.SLACK_API_URL === undefined ? {} : { slackApiUrl: environment.SLACK_API_URL }),
  });
  const credential = createCredential({
    authorityHost: environment.AZURE_AUTHORITY_HOST,
    tenantId: environment.AZURE_TENANT_ID,
    clientId: environment.AZURE_CLIENT_ID,
    clientSecret: environment.AZURE_CLIENT_SECRET,
    federatedTokenFile: environment.AZURE_FEDERATED_TOKEN_FILE,
  });
  const clusters = createManagedClusters({
    endpoint: environment.AZURE_RESOURCE_MANAGER_ENDPOINT,
    scope: environment.AZURE_RESOURCE_MANAGER_SCOPE,
    credential,
  });
  const meshOf = meshConnections({ config, clusters, credential, clock: systemClock });
  const record = createVerifier([environment.SALLYPORT_WORKER_RECORD_PUBLIC_KEY]);
  const lanes = createLaneStore({ redis, signer, verifier: record, log });
  const chat = createChat(slack);
  return {
    instance: config.instance,
    directory: config.directory,
    policy: config.policy,
    allowedRanges: config.allowedRanges,
    timing: config.timing,
    pendingForMs: config.approvals.pendingForMs,
    approvalsChannel: config.approvals.channel,
    ...createStores({ environment, log, redis }, signer),
    lanes,
    surfaces: createSurfaceStore(redis),
    intake: createIntake(redis),
    queue,
    clock: systemClock,
    signer,
    verifiers: {
      decision: createVerifier([environment.SALLYPORT_DECISION_PUBLIC_KEY]).verify,
      record: record.verify,
    },
    clusters,
    meshOf,
    prober: createProber({
      meshOf,
      image: config.probeImage,
      settleMs: config.timing.probeSettleMs,
      instance: config.instance,
    }),
    identity: createIdentity(slack, systemClock),
    resolver: createNameResolver({ servers: environment.SALLYPORT_DNS_SERVERS }),
    announcer: createAnnouncer({ chat, lanes, channel: config.approvals.channel, log }),
    chat,
    log,
  };
}

/** The requests, and what the log signed by both processes says was written of them. */
function createStores(
  { environment, log, redis }: Pick<Parts, "environment" | "log" | "redis">,
  signer: Signer,
): Pick<WorkerPorts, "store" | "written"> {
  const store = createRequestStore({
    redis,
    signer,
    clock: systemClock,
    onUnreadable: (id, error) =>
      log.error({ requestId: id, err: error }, "a stored request is unreadable"),
  });
  const writers = createVerifier([
    environment.SALLYPORT_BOT_RECORD_PUBLIC_KEY,
    environment.SALLYPORT_WORKER_RECORD_PUBLIC_KEY,
  ]);
  return { store, written: createWrittenRecords(store, writers) };
}

await reporting("worker", main);
