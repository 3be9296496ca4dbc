import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { App, LogLevel } from "@slack/bolt";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { ResponseUrls } from "#src/adapters/slack/response-urls.ts";
import { webClientOptions } from "#src/adapters/slack/web-client.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { DurableReceiver } from "#src/slack/intake/durable-receiver.ts";
import { processIntake } from "#src/slack/intake/process-intake.ts";
import { botClient, startWorkspace } from "#test/integration/simulators/slack-support.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";

let slack: SlackSimulator;
let memory: Memory;
let ports: BotPorts;
let app: App;

beforeEach(async () => {
  slack = await startWorkspace({ ackTimeoutMs: 1000 });
  memory = aMemory();
  memory.clock.now = Date.now();
  const client = botClient(slack);
  ports = {
    ...portsOver(memory),
    directAnswers: new ResponseUrls({ now: () => memory.clock.now }),
    chat: createChat(client),
    identity: createIdentity(client, { now: () => Date.now() }),
  };
  const clientOptions = webClientOptions({ slackApiUrl: slack.url });
  const receiver = new DurableReceiver({ ...ports, appToken: slack.appToken, clientOptions });
  app = new App({
    token: slack.botToken,
    receiver,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
    clientOptions,
  });
  await app.init();
  await app.start();
});

afterEach(async () => {
  await app.stop();
  await slack.until(() => slack.socket.connections === 0);
  await slack.close();
});

describe("what Slack delivers", () => {
  it("is stored before it is acknowledged, and handed to who handles it", async () => {
    const { delivered } = slack.mention("alice", "egress", "@sallyport list");

    expect((await delivered)?.outcome).toBe("acked");
    const [item] = [...memory.items.values()];
    expect(item).toMatchObject({ kind: "event", body: { event: { type: "app_mention" } } });
    expect(memory.jobs).toEqual([{ kind: "intake", id: item?.id }]);
  });

  it("is not acknowledged while it cannot be stored, and stored once Slack delivers it again", async () => {
    memory.redis.answers = false;
    const { delivered } = slack.mention("alice", "egress", "@sallyport list");
    await slack.until(() => (slack.socket.deliveries[0]?.attempts.length ?? 0) > 1);
    expect(memory.items.size).toBe(0);
    memory.redis.answers = true;

    expect((await delivered)?.outcome).toBe("acked");
    expect(memory.items.size).toBe(1);
  });

  it("that it does not deliver again is said not to be recorded, once and where it was written", async () => {
    memory.redis.answers = false;

    const { ts, delivered } = slack.mention("alice", "egress", "@sallyport list");

    expect((await delivered)?.outcome).not.toBe("acked");
    await slack.until(() => slack.thread("egress", ts).length > 1);
    expect(slack.thread("egress", ts).map(({ text }) => text)).toEqual([
      expect.stringContaining("list"),
      expect.stringMatching(/^Not recorded: .*try again in a minute/),
    ]);
  });

  it("as a slash command is stored without what gives a right, and answered at once", async () => {
    const delivery = await slack.slash("alice", "egress", "/egress list");

    expect(JSON.stringify(delivery.ackPayload)).toContain("Got it");
    const [item] = [...memory.items.values()];
    expect(item).toMatchObject({ kind: "command", body: { text: "list" } });
    for (const secret of ["trigger_id", "response_url", "token"])
      expect(item?.body).not.toHaveProperty(secret);
  });

  it("as a slash command that cannot be stored is said not to be recorded", async () => {
    memory.redis.answers = false;

    const delivery = await slack.slash("alice", "egress", "/egress list");

    expect(JSON.stringify(delivery.ackPayload)).toContain("Not recorded");
    expect(memory.items.size).toBe(0);
  });
});

describe("a command where the bot is not", () => {
  it("is answered by Slack's own address, and asks for nothing", async () => {
    await slack.slash("alice", "elsewhere", "allow edition.cnn.com:443 for team-x because x");
    const [id = ""] = memory.items.keys();

    await processIntake(ports, id, BOT_USER_ID);

    const said = await slack.until(() => slack.ephemerals("alice").at(-1)?.message.text);
    expect(said).toContain("/invite @sallyport");
    expect(memory.records.size).toBe(0);
  });
});
