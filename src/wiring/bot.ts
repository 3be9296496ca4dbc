import { App, LogLevel } from "@slack/bolt";
import { WebClient, type WebClientOptions } from "@slack/web-api";
import type { Repaired } from "#src/adapters/bullmq/damage.ts";
import type { ClosableJobQueue } from "#src/adapters/bullmq/job-queue.ts";
import { type RunningWorker, startWorker } from "#src/adapters/bullmq/worker.ts";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { createSlackClock } from "#src/adapters/slack/slack-clock.ts";
import { webClientOptions } from "#src/adapters/slack/web-client.ts";
import { type Config, loadConfig } from "#src/config/config.ts";
import { type BotEnvironment, parseBotEnvironment } from "#src/config/environment.ts";
import { createLog } from "#src/log.ts";
import { registerActions } from "#src/slack/actions/register.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { registerForm } from "#src/slack/form/register-form.ts";
import { registerHome } from "#src/slack/home/register-home.ts";
import { DurableReceiver } from "#src/slack/intake/durable-receiver.ts";
import { announce } from "#src/slack/announcer.ts";
import { LeftBehind } from "#src/slack/intake/left-behind.ts";
import { processIntake } from "#src/slack/intake/process-intake.ts";
import { RecordedDecisions } from "#src/slack/recorded-decisions.ts";
import { repairedText } from "#src/slack/render/trouble/alarms.ts";
import { startLooking, Watchdog } from "#src/slack/watchdog.ts";
import { connectedPorts, storedPorts } from "./bot-ports.ts";
import { systemClock } from "./ids.ts";
import { onStop } from "./process.ts";
import { connectStore } from "./store.ts";

/** What people are told to wait for at most, before they close it themselves. */
const PROMISED_MS = 120_000;
/** How long a run of a lane may take before it is missed. */
const RUN_TAKES_MS = 15_000;
/** How often Slack is asked for the time where nothing else asks it anything. */
const CLOCK_EVERY_MS = 60_000;

/** The bot: Slack in, cards and decisions out. Holds the decision key, and no credentials of clouds or clusters. */
export async function startBot(
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const environment = parseBotEnvironment(variables);
  const config = loadConfig(environment.SALLYPORT_CONFIG);
  const log = createLog("bot", environment.LOG_LEVEL);
  const { redis, queue } = await connectStore(environment, config.instance, log);
  const stored = storedPorts({ environment, config, redis, log });
  const slackClock = createSlackClock(systemClock);
  const { SLACK_API_URL: slackApiUrl } = environment;
  const clientOptions = {
    ...webClientOptions({ slackApiUrl, fetch: slackClock.fetch }),
    rejectRateLimitedCalls: true,
  };
  const client = new WebClient(environment.SLACK_BOT_TOKEN, clientOptions);
  const connected = connectedPorts({ client, config, log });
  const receiver = new DurableReceiver({
    appToken: environment.SLACK_APP_TOKEN,
    clientOptions: webClientOptions({ slackApiUrl }),
    intake: stored.intake,
    directAnswers: stored.directAnswers,
    queue,
    chat: connected.chat,
    clock: systemClock,
    log,
  });
  const app = createApp(environment.SLACK_BOT_TOKEN, clientOptions, receiver);
  await app.init();
  const recorded = new RecordedDecisions({
    ...stored,
    ...connected,
    patienceMs: Math.min(lanesTakeMs(config), PROMISED_MS),
  });
  const ports: BotPorts = {
    ...stored,
    ...connected,
    recorded,
    queue,
    clockCheck: slackClock,
  };
  const { user_id: botUserId = "" } = await app.client.auth.test();
  listen(app, ports);
  await ports.store.audit("config", {
    actor: "bot",
    event: "started",
    details: { digest: config.digest },
  });
  const worker = await startIntake(ports, { environment, redis, queue, botUserId });
  await app.start();
  const stopWatching = watch(ports, app, [recorded, leftBehind(ports, botUserId)]);
  log.info({ instance: config.instance }, "bot started");
  onStop(log, async () => {
    stopWatching();
    await app.stop();
    await worker.close();
    await queue.close();
    await redis.close();
  });
}

function createApp(token: string, clientOptions: WebClientOptions, receiver: DurableReceiver): App {
  return new App({
    token,
    receiver,
    logLevel: LogLevel.WARN,
    deferInitialization: true,
    clientOptions,
  });
}

/** To everything that is not stored before it is handled here. */
function listen(app: App, ports: BotPorts): void {
  registerActions(app, ports);
  registerForm(app, ports);
  registerHome(app, ports);
  app.error(async (error) => ports.log.error({ err: error }, "a listener failed"));
}

/** Nobody but this bot may have seen it. */
async function tellRepaired(
  { chat, config, log }: BotPorts,
  name: string,
  was: Repaired,
): Promise<void> {
  try {
    const { channel } = config.approvals;
    await announce({ chat, channel, log }, `${was}:${name}`, repairedText(name, was));
  } catch (reason) {
    log.warn({ reason }, "nobody is told that a job queue was repaired");
  }
}

/** Handles what was delivered; what a stopped process left undone comes first. */
async function startIntake(
  ports: BotPorts,
  of: {
    readonly environment: BotEnvironment;
    readonly redis: RedisConnection;
    readonly queue: ClosableJobQueue;
    readonly botUserId: string;
  },
): Promise<RunningWorker> {
  of.queue.onRepaired((name, was) => void tellRepaired(ports, name, was));
  for (const id of await ports.intake.pending()) await ports.queue.add({ kind: "intake", id });
  return startWorker({
    connection: { url: of.environment.SALLYPORT_REDIS_URL },
    prefix: of.redis.keys.bull,
    kind: "intake",
    concurrency: 4,
    lockMs: of.environment.SALLYPORT_LOCK_MS,
    onError: (name, error) => void of.queue.lookInto(name, error),
    log: ports.log,
    async process(job) {
      if (job.kind === "intake") await processIntake(ports, job.id, of.botUserId);
      return { kind: "done" };
    },
  });
}

function leftBehind(ports: BotPorts, botUserId: string): LeftBehind {
  return new LeftBehind({ ...ports, process: (id) => processIntake(ports, id, botUserId) });
}

/** A lane runs at least every other sweep; a Lease may have to run out first, and a run takes its time. */
function lanesTakeMs({ timing }: Config): number {
  return 2 * timing.sweepMs + timing.leaseMs + RUN_TAKES_MS;
}

/** Looks after Redis, the lanes and our clock, and has others look again and again. */
function watch(ports: BotPorts, app: App, others: readonly Pick<Watchdog, "look">[]): () => void {
  const { config, log } = ports;
  const everyMs = Math.min(config.timing.sweepMs, 10_000);
  const watchdog = new Watchdog({
    ...ports,
    clusters: config.directory.clusters.map(({ name }) => name),
    configDigest: config.digest,
    channel: config.approvals.channel,
    patience: {
      lanesMs: lanesTakeMs(config),
      gatewaysMs: lanesTakeMs(config) + config.timing.sweepMs,
      redisMs: Math.min(2 * config.timing.sweepMs, 30_000),
    },
  });
  const stops = [watchdog, ...others].map((each) => startLooking(each, everyMs, log));
  const asking = setInterval(() => {
    app.client.auth
      .test()
      .catch((error: unknown) => log.warn({ reason: error }, "slack did not say the time"));
  }, CLOCK_EVERY_MS);
  return () => {
    for (const stop of stops) stop();
    clearInterval(asking);
  };
}
