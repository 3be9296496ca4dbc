import type {
  App,
  BlockAction,
  ButtonAction,
  GlobalShortcut,
  MessageShortcut,
  ViewOutput,
  ViewSubmitAction,
} from "@slack/bolt";
import { prefillFrom } from "#src/domain/grammar/form/prefill.ts";
import { unwrap } from "#src/domain/grammar/unwrap.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import { answeredInTime } from "../answered-in-time.ts";
import type { BotPorts } from "../bot-ports.ts";
import { namesHere } from "../names-here.ts";
import { ASK_FORM, CHECK_TYPED } from "../render/form/ask-view.ts";
import { notYetKnownErrors } from "../render/form/field-errors.ts";
import { checkTyped } from "./check-typed.ts";
import { openForm } from "./open-form.ts";
import { type FormAnswer, type SentForm, submitForm } from "./submit-form.ts";

/** As the app's manifest names them: deploy/slack-app-manifest.yaml. */
export const SHORTCUTS = {
  anywhere: "ask_for_egress",
  ofMessage: "ask_for_egress_from_message",
} as const;

/** Every way into the form, and what is done in it. */
export function registerForm(app: App, ports: BotPorts): void {
  // Only one without words comes here: what asks for something is stored before it is acknowledged.
  app.command(/^\//, async ({ ack, command }) => {
    await ack();
    const { user_id: userId, trigger_id: triggerId, channel_id: channel } = command;
    await openForm(ports, { userId, triggerId, from: { channel }, prefill: {} });
  });
  app.shortcut<GlobalShortcut>(SHORTCUTS.anywhere, async ({ ack, shortcut }) => {
    await ack();
    const { user, trigger_id: triggerId } = shortcut;
    await openForm(ports, { userId: user.id, triggerId, from: {}, prefill: {} });
  });
  app.shortcut<MessageShortcut>(SHORTCUTS.ofMessage, async ({ ack, shortcut }) => {
    await ack();
    await openFromMessage(ports, shortcut);
  });
  app.action<BlockAction<ButtonAction>>(CHECK_TYPED, async ({ ack, body }) => {
    await ack();
    const { view } = body;
    if (view === undefined) return;
    await checkTyped(ports, { ...sentForm(body, view), view: asSent(view) });
  });
  app.view<ViewSubmitAction>(ASK_FORM, async ({ ack, body, view }) => {
    const submitted = submitForm(ports, sentForm(body, view));
    const answer = await answeredInTime<FormAnswer>(submitted, notYetKnownErrors("destinations"));
    // Bolt's types know the older blocks alone.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    await ack(answer as Parameters<typeof ack>[0]);
  });
}

/** With what the grammar understands of somebody's words; the thread of the message is the request's. */
async function openFromMessage(ports: BotPorts, shortcut: MessageShortcut): Promise<void> {
  const { user, trigger_id: triggerId, channel, message, message_ts: ts } = shortcut;
  const blocks: unknown = message["blocks"];
  const text = unwrap({
    text: message.text ?? "",
    blocks: Array.isArray(blocks) ? blocks : [],
    botUserId: "",
  });
  const names = namesHere(ports.config, { channel: channel.id, at: ports.clock.now() });
  const prefill = isRefusal(text) ? {} : prefillFrom(text, names);
  const root: unknown = message["thread_ts"];
  const threadTs = typeof root === "string" ? root : ts;
  const from = { channel: channel.id, threadTs };
  await openForm(ports, { userId: user.id, triggerId, from, prefill });
}

function sentForm(
  { user, team }: Pick<ViewSubmitAction, "user" | "team"> | Pick<BlockAction, "user" | "team">,
  { id, private_metadata: metadata, state }: ViewOutput,
): SentForm {
  const by = { userId: user.id, teamId: user.team_id ?? team?.id ?? "" };
  return { by, viewId: id, metadata, state: state.values };
}

/** Without what only Slack says of it: https://docs.slack.dev/reference/views/modal-views */
function asSent({ callback_id, private_metadata, title, submit, close, blocks }: ViewOutput) {
  // Blocks of our own making, with ids.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const ours = blocks as unknown as readonly ChatBlock[];
  const view = { callback_id, private_metadata, title, submit, close };
  return { type: "modal", ...view, blocks: ours } satisfies ChatView & object;
}
