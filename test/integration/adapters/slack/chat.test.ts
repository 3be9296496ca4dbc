import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Logger, LogLevel, WebClient } from "@slack/web-api";
import type { Chat } from "#src/ports/chat/chat.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { createChat } from "#src/adapters/slack/chat.ts";
import { type SlackSimulator, startSlackSimulator } from "#test/simulators/slack/server.ts";
import { describeChatContract } from "./contract.ts";

let slack: SlackSimulator;
let client: WebClient;
let chat: Chat;
let channel: string;

beforeEach(async () => {
  slack = await startSlackSimulator({
    users: [{ name: "alice" }],
    channels: [{ name: "egress" }, { name: "elsewhere", withoutBot: true }],
  });
  client = connectClient(slack.url, slack.botToken);
  chat = createChat(client);
  channel = slack.world.channel("egress").id;
});

afterEach(() => slack.close());

/** Without retries: waiting is the caller's. */
function connectClient(slackApiUrl: string, token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl,
    logger: QUIET,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
}

describeChatContract("the simulated workspace", () => ({
  chat,
  client,
  channel,
  user: slack.world.user("alice").id,
}));

// Another emulator, or a workspace for tests: the bot's token, a channel it is in, and a person in that channel.
const real = process.env["SALLYPORT_CONTRACT_SLACK_URL"];
if (real !== undefined) {
  describeChatContract("another Slack", () => {
    const connected = connectClient(real, process.env["SALLYPORT_CONTRACT_SLACK_TOKEN"] ?? "");
    return {
      chat: createChat(connected),
      client: connected,
      channel: process.env["SALLYPORT_CONTRACT_SLACK_CHANNEL"] ?? "",
      user: process.env["SALLYPORT_CONTRACT_SLACK_USER"] ?? "",
    };
  });
}

describe("the chat adapter", () => {
  it.each([
    ["a cut connection", { dropBefore: true }],
    ["a lost answer", { dropAfter: true }],
    ["a server error", { status: 503 }],
    ["a passing error", { error: "internal_error" }],
  ])("says that %s may pass", async (_what, fault) => {
    slack.faults.next({ method: "chat.postMessage" }, fault);

    await expect(chat.post(channel, undefined, { text: "x" })).rejects.toBeInstanceOf(
      RetryableError,
    );
    await expect(chat.post(channel, undefined, { text: "x" })).resolves.toBeDefined();
  });

  it("hands on how long Slack wants it to wait", async () => {
    slack.faults.next({ method: "chat.postMessage" }, { retryAfter: 7 });

    await expect(chat.post(channel, undefined, { text: "x" })).rejects.toMatchObject({
      name: "RetryableError",
      retryAfterMs: 7000,
    });
  });

  it.each([
    ["missing_scope", "MissingScope"],
    ["is_archived", "ChannelGone"],
    ["token_revoked", "SlackAuth"],
    ["not_in_channel", "NotInChannel"],
  ])("%s is for a person to mend: %s", async (error, code) => {
    slack.faults.next({ method: "chat.postMessage" }, { error });

    await expect(chat.post(channel, undefined, { text: "x" })).rejects.toMatchObject({ code });
  });

  it("cannot post where the bot was not invited", async () => {
    const { id } = slack.world.channel("elsewhere");

    await expect(chat.post(id, undefined, { text: "x" })).rejects.toMatchObject({
      code: "NotInChannel",
    });
  });

  it("never lets Slack visit or expand what a message names", async () => {
    const ts = await chat.post(channel, undefined, { text: "edition.cnn.com @alice" });
    await chat.update(channel, ts, { text: "edition.cnn.com @alice" });

    const [posted, updated] = slack.log.map(({ args }) => args);
    expect(posted).toMatchObject({
      unfurl_links: "false",
      unfurl_media: "false",
      link_names: "false",
    });
    expect(updated).toMatchObject({ link_names: "false" });
  });

  it("an update without blocks takes the blocks away", async () => {
    const blocks = [{ type: "section", text: { type: "mrkdwn", text: "x" } }];
    const ts = await chat.post(channel, undefined, { text: "x", blocks });

    await chat.update(channel, ts, { text: "y" });

    expect(slack.world.findMessage(channel, ts)?.blocks ?? []).toEqual([]);
  });
});

/** What the SDK says of the errors these tests cause is noise. */
const QUIET: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
