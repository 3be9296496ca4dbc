import type { WebClient } from "@slack/web-api";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { createHeartbeats } from "#src/adapters/redis/heartbeats.ts";
import { createIntake } from "#src/adapters/redis/intake.ts";
import { createLaneReader } from "#src/adapters/redis/lane-store.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { createSurfaceStore } from "#src/adapters/redis/surface-store.ts";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { createWindows } from "#src/adapters/slack/windows.ts";
import { ResponseUrls } from "#src/adapters/slack/response-urls.ts";
import type { Config } from "#src/config/config.ts";
import type { BotEnvironment } from "#src/config/environment.ts";
import type { Log } from "#src/log.ts";
import { createAnnouncer } from "#src/slack/announcer.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { createIds, systemClock } from "./ids.ts";
import { memoryStore } from "./memory-store.ts";
import { ownSigner, trustIn } from "./store.ts";
import { systemTimers } from "./timers.ts";

interface Parts {
  readonly environment: BotEnvironment;
  readonly config: Config;
  readonly redis: RedisConnection;
  readonly log: Log;
}

/** What needs no Slack. */
export function storedPorts({
  environment,
  config,
  redis,
  log,
}: Parts): Omit<
  BotPorts,
  "queue" | "clockCheck" | "chat" | "windows" | "identity" | "announcer" | "recorded"
> {
  const { instance } = config;
  const trust = trustIn(environment, instance);
  const signer = ownSigner(instance, {
    name: "SALLYPORT_BOT_RECORD_KEY",
    privateKey: environment.SALLYPORT_BOT_RECORD_KEY,
    publicKey: environment.SALLYPORT_BOT_RECORD_PUBLIC_KEY,
  });
  const stored = { redis, signer, trust, clock: systemClock, log };
  return {
    config,
    log,
    trust,
    clock: systemClock,
    timers: systemTimers,
    ids: createIds(),
    decisionSigner: ownSigner(instance, {
      name: "SALLYPORT_DECISION_KEY",
      privateKey: environment.SALLYPORT_DECISION_KEY,
      publicKey: environment.SALLYPORT_DECISION_PUBLIC_KEY,
    }),
    intake: createIntake(stored),
    heartbeats: createHeartbeats(stored),
    directAnswers: new ResponseUrls(systemClock),
    store: createRequestStore({
      ...stored,
      onUnreadable: (id, error) =>
        log.error({ requestId: id, err: error }, "a stored request is unreadable"),
    }),
    boards: createLaneReader(stored),
    surfaces: createSurfaceStore(stored),
  };
}

/** What needs Slack. */
export function connectedPorts({
  client,
  config,
  log,
}: Pick<Parts, "config" | "log"> & { readonly client: WebClient }): Pick<
  BotPorts,
  "chat" | "windows" | "identity" | "announcer"
> {
  const chat = createChat(client);
  return {
    chat,
    windows: createWindows(client),
    identity: createIdentity(client, systemClock),
    announcer: createAnnouncer({
      chat,
      // What the bot has told it remembers itself: Redis may be what it tells about.
      lanes: memoryStore(),
      channel: config.approvals.channel,
      log,
    }),
  };
}
