import { App, LogLevel, SocketModeReceiver } from "@slack/bolt";
import type { Logger } from "@slack/bolt";
import { WebClient } from "@slack/web-api";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { startSlackSimulator } from "#test/simulators/slack/server.ts";
import type { SlackSimulatorOptions } from "#test/simulators/slack/server.ts";

/** A simulated workspace with one of each kind of person, a group and two channels. */
export function startWorkspace(options: SlackSimulatorOptions = {}): Promise<SlackSimulator> {
  return startSlackSimulator({
    users: [
      { name: "alice" },
      { name: "bob" },
      { name: "gina", kind: "guest" },
      { name: "sven", kind: "single_channel_guest" },
      { name: "eve", kind: "external" },
      { name: "dora", kind: "deactivated" },
    ],
    userGroups: [{ handle: "security-egress", members: ["bob"] }],
    channels: [{ name: "egress" }, { name: "elsewhere", withoutBot: true }],
    ...options,
  });
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

/** A Bolt app in Socket Mode; `listen` adds its listeners before it starts. */
export async function startBolt(
  sim: SlackSimulator,
  listen: (app: App) => void,
): Promise<{ readonly app: App } & AsyncDisposable> {
  const clientOptions = {
    slackApiUrl: sim.url,
    retryConfig: { retries: 2, minTimeout: 20 },
    logger: QUIET,
  };
  const receiver = new SocketModeReceiver({
    appToken: sim.appToken,
    // Reconnecting waits one ping time-out.
    clientPingTimeout: 100,
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
  return {
    app,
    [Symbol.asyncDispose]: async () => {
      // `stop` does not wait for the connection to end.
      await app.stop();
      await sim.until(() => sim.socket.connections === 0);
    },
  };
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
