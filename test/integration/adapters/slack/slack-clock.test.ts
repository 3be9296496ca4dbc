import { describe, expect, it } from "@jest/globals";
import { WebClient } from "@slack/web-api";
import { createSlackClock } from "#src/adapters/slack/slack-clock.ts";
import { webClientOptions } from "#src/adapters/slack/web-client.ts";
import { startWorkspace } from "#test/integration/simulators/slack-support.ts";

describe("our clock", () => {
  it.each([
    ["agrees", 0],
    ["is two minutes ahead", 120_000],
    ["is an hour behind", -3_600_000],
  ])("compared with Slack's answers %s", async (_what, ahead) => {
    await using slack = await startWorkspace();
    const slackClock = createSlackClock({ now: () => Date.now() + ahead });
    const options = webClientOptions({ slackApiUrl: slack.url, fetch: slackClock.fetch });
    const client = new WebClient(slack.botToken, options);
    expect(slackClock.offsetMs()).toBeUndefined();

    await client.auth.test();

    // What cannot be told from whole seconds and the time the answer took.
    expect(Math.abs((slackClock.offsetMs() ?? Number.NaN) - ahead)).toBeLessThan(15_000);
  });

  it("is compared again with each answer", async () => {
    await using slack = await startWorkspace();
    const ours = { ahead: 120_000 };
    const slackClock = createSlackClock({ now: () => Date.now() + ours.ahead });
    const options = webClientOptions({ slackApiUrl: slack.url, fetch: slackClock.fetch });
    const client = new WebClient(slack.botToken, options);
    await client.auth.test();

    ours.ahead = 0;
    await client.auth.test();

    expect(slackClock.offsetMs()).toBe(0);
  });
});
