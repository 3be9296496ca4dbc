import { App, LogLevel, SocketModeReceiver } from "@slack/bolt";
import type { Logger } from "@slack/bolt";
import { WebClient } from "@slack/web-api";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { startSlackSimulator } from "#test/simulators/slack/server.ts";
import type { SlackSimulatorOptions } from "#test/simulators/slack/server.ts";

/** The apps started for a workspace: they stop before it does. */
const APPS = new WeakMap<SlackSimulator, App[]>();

/** A simulated workspace with one of each kind of person, a group and two channels. */
export async function startWorkspace(options: SlackSimulatorOptions = {}): Promise<SlackSimulator> {
  const started = await startSlackSimulator({
    users: [
      { name: "alice" },
      { name: "bob" },
      { name: "gina", kind: "guest" },
      { name: "sven", kind: "single_channel_guest" },
      { name: "eve", kind: "external" },
      { name: "stan", kind: "stranger" },
      { name: "dora", kind: "deactivated" },
    ],
    userGroups: [{ handle: "security-egress", members: ["bob"] }],
    channels: [{ name: "egress" }, { name: "elsewhere", withoutBot: true }],
    ...options,
  });
  const apps: App[] = [];
  const sim: SlackSimulator = {
    ...started,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(apps.map((app) => app.stop()));
      // `stop` does not wait for the connection to end.
      if (apps.length > 0) await sim.until(() => sim.socket.connections === 0);
      await started.close();
    },
  };
  APPS.set(sim, apps);
  return sim;
}

/** Web API client with the bot token; no retries, rate limits are errors. */
export function botClient(sim: SlackSimulator): WebClient {
  return new WebClient(sim.botToken, {
    slackApiUrl: sim.url,
    logLevel: LogLevel.ERROR,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
}

/** Of a connection that is never cut: no pause of a busy machine is as long, so that none ends by itself. */
const PING_TIMEOUT_MS = 60_000;

/**
 * A Bolt app in Socket Mode; `listen` adds its listeners before it starts; it stops with the workspace. `pingTimeoutMs`:
 * so long a pong may be missing, and so long it waits before it connects again.
 */
export async function startBolt(
  sim: SlackSimulator,
  listen: (app: App) => void,
  pingTimeoutMs = PING_TIMEOUT_MS,
): Promise<{ readonly app: App }> {
  const clientOptions = {
    slackApiUrl: sim.url,
    retryConfig: { retries: 2, minTimeout: 20 },
    logger: QUIET,
  };
  const receiver = new SocketModeReceiver({
    appToken: sim.appToken,
    clientPingTimeout: pingTimeoutMs,
    logger: QUIET,
    installerOptions: { clientOptions },
  });
  const app = new App({
    token: sim.botToken,
    receiver,
    deferInitialization: true,
    logger: QUIET,
    clientOptions,
  });
  listen(app);
  await app.init();
  await app.start();
  APPS.get(sim)?.push(app);
  return { app };
}

/** These tests cut connections on purpose; what the SDK says about that is noise. */
const QUIET: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
