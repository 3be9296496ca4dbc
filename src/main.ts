import { App, LogLevel } from "@slack/bolt";
import { type RunningWorker, startWorker } from "#src/adapters/bullmq/worker.ts";
import { createJobQueue } from "#src/adapters/bullmq/job-queue.ts";
import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createIntake } from "#src/adapters/redis/intake.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { createSurfaceStore } from "#src/adapters/redis/surface-store.ts";
import { type Config, loadConfig } from "#src/config/config.ts";
import { type BotEnvironment, parseBotEnvironment } from "#src/config/environment.ts";
import { createIds, systemClock } from "#src/wiring/ids.ts";
import { createSigner, createVerifier } from "#src/adapters/keys/keys.ts";
import { onStop, reporting } from "#src/wiring/process.ts";
import { createLog, type Log } from "#src/log.ts";
import { registerActions } from "#src/slack/actions/register.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { DurableReceiver, WEB_CLIENT } from "#src/slack/intake/durable-receiver.ts";
import { processIntake } from "#src/slack/intake/process-intake.ts";

/** The bot: Slack in, cards and decisions out. Holds the decision key, and no credentials of clouds or clusters. */
async function main(): Promise<void> {
  const environment = parseBotEnvironment(process.env);
  const config = loadConfig(environment.SALLYPORT_CONFIG);
  const log = createLog("bot", environment.LOG_LEVEL);
  function onError(error: unknown): void {
    log.warn({ err: error }, "redis connection");
  }
  const redisUrl = environment.SALLYPORT_REDIS_URL;
  const redis = await connectRedis({
    url: redisUrl,
    instance: config.instance,
    commandTimeoutMs: 2000,
    onError,
  });
  const prefix = redis.keys.bull;
  const queue = createJobQueue({
    connection: { url: redisUrl, commandTimeoutMs: 2000 },
    prefix,
    onError,
  });
  const intake = createIntake(redis);
  const slackApiUrl = environment.SLACK_API_URL;
  const receiver = new DurableReceiver({
    appToken: environment.SLACK_APP_TOKEN,
    slackApiUrl,
    intake,
    queue,
    clock: systemClock,
    signer: createSigner(environment.SALLYPORT_BOT_RECORD_KEY),
    log,
  });
  const app = createApp(environment, receiver);
  await app.init();
  const ports = createPorts({ environment, config, log, redis, queue, intake, app });
  const { user_id: botUserId = "" } = await app.client.auth.test();
  registerActions(app, ports);
  app.error(async (error) => log.error({ err: error }, "a listener failed"));
  await ports.store.audit("config", {
    actor: "bot",
    event: "started",
    details: { digest: config.digest },
  });
  const worker = await startIntake(ports, { environment, redis, botUserId });
  await app.start();
  log.info({ instance: config.instance }, "bot started");
  onStop(log, async () => {
    await app.stop();
    await worker.close();
    await queue.close();
    await redis.close();
  });
}

function createApp(
  { SLACK_BOT_TOKEN: token, SLACK_API_URL: slackApiUrl }: BotEnvironment,
  receiver: DurableReceiver,
): App {
  return new App({
    token,
    receiver,
    logLevel: LogLevel.WARN,
    deferInitialization: true,
    clientOptions: {
      ...WEB_CLIENT,
      rejectRateLimitedCalls: true,
      ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    },
  });
}

/** Handles what was delivered; what a stopped process left undone comes first. */
async function startIntake(
  ports: BotPorts,
  {
    environment,
    redis,
    botUserId,
  }: Pick<Parts, "environment" | "redis"> & { readonly botUserId: string },
): Promise<RunningWorker> {
  for (const id of await ports.intake.pending()) await ports.queue.add({ kind: "intake", id });
  return startWorker({
    connection: { url: environment.SALLYPORT_REDIS_URL },
    prefix: redis.keys.bull,
    kind: "intake",
    concurrency: 4,
    lockMs: environment.SALLYPORT_LOCK_MS,
    log: ports.log,
    async process(job) {
      if (job.kind === "intake") await processIntake(ports, job.id, botUserId);
      return { kind: "done" };
    },
  });
}

interface Parts {
  readonly environment: BotEnvironment;
  readonly config: Config;
  readonly log: Log;
  readonly redis: RedisConnection;
  readonly queue: BotPorts["queue"];
  readonly intake: BotPorts["intake"];
  readonly app: App;
}

function createPorts({ environment, config, log, redis, queue, intake, app }: Parts): BotPorts {
  return {
    config,
    intake,
    queue,
    log,
    store: createRequestStore({
      redis,
      signer: createSigner(environment.SALLYPORT_BOT_RECORD_KEY),
      clock: systemClock,
      onUnreadable: (id, error) =>
        log.error({ requestId: id, err: error }, "a stored request is unreadable"),
    }),
    surfaces: createSurfaceStore(redis),
    clock: systemClock,
    ids: createIds(),
    chat: createChat(app.client),
    identity: createIdentity(app.client, systemClock),
    decisionSigner: createSigner(environment.SALLYPORT_DECISION_KEY),
    verifiers: {
      decision: createVerifier([environment.SALLYPORT_DECISION_PUBLIC_KEY]).verify,
      record: createVerifier([environment.SALLYPORT_WORKER_RECORD_PUBLIC_KEY]).verify,
    },
    intakeVerifier: createVerifier([environment.SALLYPORT_BOT_RECORD_PUBLIC_KEY]),
  };
}

await reporting("bot", main);
