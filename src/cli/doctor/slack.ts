import { WebAPIPlatformError, WebClient } from "@slack/web-api";
import { type Finding, reasonOf } from "./finding.ts";
import { checkBlocks } from "./slack-blocks.ts";

/** As in deploy/slack-app-manifest.yaml. */
export const SLACK_SCOPES = [
  "app_mentions:read",
  "commands",
  "chat:write",
  "im:history",
  "usergroups:read",
  "users:read",
];

export async function checkSlack(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Finding[]> {
  const { SLACK_BOT_TOKEN: token = "", SLACK_API_URL: slackApiUrl } = environment;
  if (token === "")
    return [
      {
        verdict: "wrong",
        subject: "slack",
        text: "SLACK_BOT_TOKEN is missing; install the app and copy its bot token",
      },
    ];
  const client = new WebClient(token, {
    timeout: 5000,
    retryConfig: { retries: 0 },
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
  });
  try {
    const answer = await client.auth.test();
    const granted = answer.response_metadata?.scopes ?? [];
    const missing = SLACK_SCOPES.filter((scope) => !granted.includes(scope));
    return [
      {
        verdict: "fine",
        subject: "slack",
        text: `${answer.user ?? "the app"} in ${answer.team ?? "the workspace"}`,
      },
      missing.length === 0
        ? { verdict: "fine", subject: "slack scopes", text: SLACK_SCOPES.join(", ") }
        : {
            verdict: "wrong",
            subject: "slack scopes",
            text: `missing: ${missing.join(", ")}; add them to the app and install it again`,
          },
      await checkBlocks(client),
    ];
  } catch (error) {
    const fix =
      error instanceof WebAPIPlatformError
        ? "check SLACK_BOT_TOKEN"
        : `check the network to ${slackApiUrl ?? "https://slack.com"}`;
    return [{ verdict: "wrong", subject: "slack", text: `${reasonOf(error)}; ${fix}` }];
  }
}
