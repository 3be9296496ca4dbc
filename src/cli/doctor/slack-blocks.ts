import { type WebClient, WebAPIPlatformError } from "@slack/web-api";
import { z } from "zod";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import {
  buttons,
  context,
  fields,
  header,
  preformatted,
  quote,
  section,
} from "#src/slack/render/blocks.ts";
import { encodeAskedFrom } from "#src/slack/render/action-value.ts";
import { askView } from "#src/slack/render/form/ask-view.ts";
import { homeView } from "#src/slack/render/home/home-view.ts";
import { renderRefusal } from "#src/slack/render/refusal.ts";
import { reasonView } from "#src/slack/views/reason-view.ts";
import { type Finding, reasonOf } from "./finding.ts";

/** Each kind of block that is written, with what it may hold. */
export const SAMPLE_BLOCKS: readonly ChatBlock[] = [
  header("example.com"),
  section("*bold*, `code` and <@U00000000>"),
  quote("Because", "of news", 300),
  fields([["Host", "`example.com`"]]),
  ...preformatted("kind: ServiceEntry"),
  ...(renderRefusal({
    outcome: "refusal",
    reason: "ObjectRefused",
    what: "egress to `example.com`",
    why: "of an example",
    fix: "nothing",
  }).blocks ?? []),
  buttons(
    { actionId: "one", text: "Approve", value: "{}", style: "primary", label: "Approve it" },
    { actionId: "two", text: "Deny", value: "{}", style: "danger" },
  ),
  context("last line"),
];

const REASON_VIEW = reasonView(
  encodeAskedFrom({
    id: "EG-00000",
    digest: "",
    channel: "C00000000",
    threadTs: "1.1",
    messageTs: "1.1",
    eventId: "",
    clickedAt: 0,
  }),
  { callbackId: "sample", title: "Deny", submit: "Deny", optional: false },
);

const FORM_VIEW = askView({
  teams: [
    {
      name: "team-x",
      placements: [{ cluster: "prod", namespace: "team-x", serviceAccounts: [], gateway: "a/b" }],
      channel: undefined,
      userGroup: undefined,
    },
  ],
  mine: new Set(["team-x"]),
  durations: { defaultMs: 3_600_000, maximumMs: 86_400_000 },
  reasonRequired: true,
  from: {},
  prefill: { team: "team-x", destinations: "example.com:443" },
});

const HOME_VIEW = homeView({
  home: { requests: [], waiting: [], more: { requests: 0, waiting: 0 }, grants: [] },
  page: 0,
});

export const SAMPLE_VIEWS = [REASON_VIEW, FORM_VIEW, HOME_VIEW] as const;

/**
 * Whether this Slack takes the blocks Sallyport writes; it posts none. A Slack that does not know the method says nothing
 * of them. https://docs.slack.dev/reference/methods/blocks.validate
 */
export async function checkBlocks(client: WebClient): Promise<Finding> {
  const subject = "slack blocks";
  try {
    await client.apiCall("blocks.validate", { message: { blocks: SAMPLE_BLOCKS } });
    for (const view of SAMPLE_VIEWS) await client.apiCall("blocks.validate", { view });
    return {
      verdict: "fine",
      subject,
      text: "messages, windows and the Home tab are taken as they are written",
    };
  } catch (error) {
    const problems = problemsIn(error);
    if (problems === undefined)
      return { verdict: "unknown", subject, text: `blocks.validate: ${reasonOf(error)}` };
    const text = `this Slack does not take what Sallyport writes: ${problems.join("; ")}; upgrade Sallyport, and report it where that does not help`;
    return { verdict: "wrong", subject, text };
  }
}

const Judged = z.object({
  error: z.enum(["invalid_blocks", "invalid_message", "invalid_view"]),
  errors: z
    .array(z.object({ message: z.string().default(""), pointer: z.string().default("") }))
    .default([]),
});

/** Undefined where the payload was not judged. */
function problemsIn(error: unknown): readonly string[] | undefined {
  if (!(error instanceof WebAPIPlatformError)) return undefined;
  const judged = Judged.safeParse(error.data).data;
  return (
    judged && [judged.error, ...judged.errors.map((each) => `${each.pointer} ${each.message}`)]
  );
}
