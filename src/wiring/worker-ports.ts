import { WebClient } from "@slack/web-api";
import { createNameResolver } from "#src/adapters/dns/resolver.ts";
import { createProber } from "#src/adapters/kubernetes/prober.ts";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { createHeartbeats } from "#src/adapters/redis/heartbeats.ts";
import { createIntake } from "#src/adapters/redis/intake.ts";
import { createLaneStore } from "#src/adapters/redis/lane-store.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { createSurfaceStore } from "#src/adapters/redis/surface-store.ts";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { webClientOptions } from "#src/adapters/slack/web-client.ts";
import type { Config } from "#src/config/config.ts";
import type { WorkerEnvironment } from "#src/config/environment.ts";
import type { SweepPorts } from "#src/lanes/sweep.ts";
import type { Log } from "#src/log.ts";
import type { Chat } from "#src/ports/chat/chat.ts";
import type { JobQueue } from "#src/ports/store/job-queue.ts";
import type { SurfaceStore } from "#src/ports/chat/surfaces.ts";
import { createAnnouncer } from "#src/slack/announcer.ts";
import { tellUnreadable } from "#src/slack/tell-unreadable.ts";
import { connections } from "./clouds.ts";
import { systemClock } from "./ids.ts";
import { memoryStore } from "./memory-store.ts";
import { ownSigner, trustIn } from "./store.ts";

interface Parts {
  readonly environment: WorkerEnvironment;
  readonly config: Config;
  readonly log: Log;
  readonly redis: RedisConnection;
  readonly queue: JobQueue;
}

/** Everything the worker's processors and lanes touch, made once. */
export function workerPorts(parts: Parts): SweepPorts & {
  readonly chat: Chat;
  readonly surfaces: SurfaceStore;
  readonly approvalsChannel: string | undefined;
  readonly log: Log;
} {
  const { environment, config, log, redis, queue } = parts;
  const { instance } = config;
  const trust = trustIn(environment, instance);
  const signer = ownSigner(instance, {
    name: "SALLYPORT_WORKER_RECORD_KEY",
    privateKey: environment.SALLYPORT_WORKER_RECORD_KEY,
    publicKey: environment.SALLYPORT_WORKER_RECORD_PUBLIC_KEY,
  });
  const stored = { redis, signer, trust, clock: systemClock, log };
  const slack = slackClient(environment);
  const chat = createChat(slack);
  const lanes = createLaneStore(stored);
  const announcer = createAnnouncer({ chat, lanes, channel: config.approvals.channel, log });
  return {
    instance,
    systemNamespace: config.systemNamespace,
    directory: config.directory,
    policy: config.policy,
    allowedRanges: config.allowedRanges,
    timing: config.timing,
    configDigest: config.digest,
    pendingForMs: config.approvals.pendingForMs,
    approvalsChannel: config.approvals.channel,
    store: createRequestStore({
      ...stored,
      onUnreadable: tellUnreadable({ announcer, log }),
    }),
    lanes,
    memory: memoryStore(),
    surfaces: createSurfaceStore(stored),
    intake: createIntake(stored),
    heartbeats: createHeartbeats(stored),
    queue,
    clock: systemClock,
    signer,
    trust,
    ...cloudPorts(parts),
    identity: createIdentity(slack, systemClock),
    resolver: createNameResolver({ servers: environment.SALLYPORT_DNS_SERVERS }),
    announcer,
    chat,
    log,
  };
}

function slackClient({
  SLACK_BOT_TOKEN,
  SLACK_API_URL: slackApiUrl,
}: WorkerEnvironment): WebClient {
  const options = webClientOptions({ slackApiUrl });
  return new WebClient(SLACK_BOT_TOKEN, { ...options, rejectRateLimitedCalls: true });
}

function cloudPorts({
  environment,
  config,
}: Parts): Pick<SweepPorts, "clusters" | "meshOf" | "prober"> {
  const { clusters, meshOf } = connections(config, environment);
  const prober = createProber({
    meshOf,
    pod: config.probe,
    settleMs: config.timing.probeSettleMs,
    startMs: config.timing.probeStartMs,
    instance: config.instance,
  });
  return { clusters, meshOf, prober };
}
