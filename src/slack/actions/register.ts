import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import type { WebClient } from "@slack/web-api";
import { unwrap } from "#src/domain/grammar/unwrap.ts";
import { isRefusal, refuse } from "#src/domain/outcome.ts";
import type { Person, RequestRecord } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { BotPorts } from "../bot-ports.ts";
import { cardText } from "../render/card.ts";
import { renderRefusal } from "../render/refusal.ts";
import { code } from "../render/text.ts";
import { reasonView, type ModalView } from "../views/reason-view.ts";
import { evidenceView, planView } from "../views/record-views.ts";
import { ACTIONS, type ActionValue, decodeAction, VIEWS } from "../render/action-value.ts";
import { decide, unknownRequest } from "./decide.ts";
import { strangerRefusal } from "../commands/stranger.ts";
import { registerSubmits } from "./on-submit.ts";

/** A click, as far as it is believed: who, on which message, for which request. */
interface Click {
  readonly by: Person;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly messageTs: string;
  readonly messageText: string;
  readonly value: ActionValue;
  readonly eventId: string;
  readonly triggerId: string;
}

/** Every button and window. Each click is acknowledged at once and answered in words, whoever clicked. */
export function registerActions(app: App, ports: BotPorts): void {
  onClick(app, ports, ACTIONS.approve, (click) => onDecision(ports, click, "approve"));
  onClick(app, ports, ACTIONS.deny, (click, client) => onDeny(ports, client, click));
  onClick(app, ports, ACTIONS.revoke, (click, client) =>
    onReason(ports, client, { click, verdict: "revoke" }),
  );
  onClick(app, ports, ACTIONS.plan, (click, client) =>
    onView(ports, client, { click, render: planView }),
  );
  onClick(app, ports, ACTIONS.evidence, (click, client) =>
    onView(ports, client, { click, render: evidenceView }),
  );
  onClick(app, ports, ACTIONS.retry, (click) => onRetry(ports, click));
  // A click nobody listens to would never be acknowledged, and Slack would show an error.
  app.action(/^(?!request_)/, async ({ ack }) => ack());
  registerSubmits(app, ports);
}

function onClick(
  app: App,
  ports: BotPorts,
  actionId: string,
  handle: (click: Click, client: WebClient) => Promise<void>,
): void {
  app.action<BlockAction<ButtonAction>>(actionId, async ({ ack, body, client, action }) => {
    await ack();
    const value = decodeAction(action.value ?? "");
    const { message, channel } = body;
    if (value === undefined || message === undefined || channel === undefined) return;
    const click: Click = {
      by: { userId: body.user.id, teamId: body.user.team_id ?? body.team?.id ?? "" },
      channel: channel.id,
      threadTs: typeof message["thread_ts"] === "string" ? message["thread_ts"] : undefined,
      messageTs: message.ts,
      messageText: message.text ?? "",
      value,
      eventId: `${body.trigger_id}:${action.action_ts}`,
      triggerId: body.trigger_id,
    };
    try {
      await handle(click, client);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      ports.log.warn({ requestId: value.id, reason: error }, "a click could not be handled");
      await answer(
        ports,
        click,
        "Not recorded: Slack or Sallyport's store does not answer. Please try again in a minute.",
      );
    }
  });
}

async function answer(
  ports: BotPorts,
  click: Pick<Click, "channel" | "by" | "threadTs">,
  text: string,
): Promise<void> {
  await ports.chat.whisper(click.channel, click.by.userId, click.threadTs, { text });
}

/** The record a click is about, or undefined where the click was answered already: unknown, a copy, or edited. */
async function liveRecord(ports: BotPorts, click: Click): Promise<RequestRecord | undefined> {
  const record = await ports.store.get(click.value.id);
  if (record === undefined) {
    await ports.chat.whisper(
      click.channel,
      click.by.userId,
      click.threadTs,
      renderRefusal(unknownRequest(click.value.id)),
    );
    return undefined;
  }
  const card = (await ports.surfaces.surfaces(record.id)).find(({ key }) => key === "card");
  const isCopy =
    card?.ts !== undefined && (card.channel !== click.channel || card.ts !== click.messageTs);
  if (isCopy) {
    await answer(
      ports,
      click,
      `This is a copy of the card of ${code(record.id)} left over from a restart. The live one is in <#${card.channel}>.`,
    );
    await ports.chat.update(click.channel, click.messageTs, {
      text: `A copy of the card of ${record.id}. The live one is in <#${card.channel}>.`,
    });
    return undefined;
  }
  return record;
}

async function onDecision(ports: BotPorts, click: Click, verdict: "approve"): Promise<void> {
  const record = await liveRecord(ports, click);
  if (record === undefined) return;
  if (await wasEdited(ports, record, click)) return;
  const result = await decide(ports, {
    requestId: record.id,
    verdict,
    digest: click.value.digest,
    by: click.by,
    surface: "button",
    eventId: click.eventId,
  });
  if (isRefusal(result)) {
    await ports.chat.whisper(click.channel, click.by.userId, click.threadTs, renderRefusal(result));
    await ports.queue.add({ kind: "notify", requestId: record.id });
    return;
  }
  await answer(ports, click, `Recorded: you approved ${code(record.id)}.`);
}

/** Slack encodes what it gives back, and turns hosts into links; one that leads elsewhere than it shows is none of ours. */
function asWritten(text: string): string | undefined {
  const plain = unwrap({ text, blocks: [], botUserId: "" });
  return isRefusal(plain) ? undefined : plain;
}

/** A card that does not say what we rendered must not be decided on: it is painted anew. */
async function wasEdited(ports: BotPorts, record: RequestRecord, click: Click): Promise<boolean> {
  if (record.state !== "pending" || asWritten(click.messageText) === cardText(record)) return false;
  await ports.store.audit(record.id, {
    actor: `user:${click.by.userId}`,
    event: "card-differs",
    details: { shown: click.messageText },
  });
  const refusal = refuse("CardDiffers", {
    what: `your decision on ${record.id} was not recorded`,
    why: "the card you clicked does not say what the request says now",
    fix: "read it again once it is repainted, and decide then",
  });
  await ports.chat.whisper(click.channel, click.by.userId, click.threadTs, renderRefusal(refusal));
  const card = (await ports.surfaces.surfaces(record.id)).find(({ key }) => key === "card");
  // Whatever we believe it shows: the next look repaints it.
  if (card !== undefined) await ports.surfaces.put(record.id, { ...card, shown: "" });
  await ports.queue.add({ kind: "notify", requestId: record.id });
  return true;
}

async function onDeny(ports: BotPorts, client: WebClient, click: Click): Promise<void> {
  const record = await liveRecord(ports, click);
  if (record === undefined || (await wasEdited(ports, record, click))) return;
  await onReason(ports, client, { click, verdict: "deny" });
}

async function onReason(
  ports: BotPorts,
  client: WebClient,
  { click, verdict }: { readonly click: Click; readonly verdict: "deny" | "revoke" },
): Promise<void> {
  const { value, channel, threadTs } = click;
  const view = reasonView(
    { ...value, channel, threadTs },
    {
      callbackId: VIEWS[verdict],
      title: `${verdict === "deny" ? "Deny" : "Revoke"} ${click.value.id}`,
      submit: verdict === "deny" ? "Deny" : "Revoke",
      optional: verdict === "revoke",
    },
  );
  await openView(ports, client, { click, view });
}

async function onView(
  ports: BotPorts,
  client: WebClient,
  {
    click,
    render,
  }: { readonly click: Click; readonly render: (record: RequestRecord) => ModalView },
): Promise<void> {
  if (await isStranger(ports, click)) return;
  const record = await ports.store.get(click.value.id);
  if (record === undefined) {
    await ports.chat.whisper(
      click.channel,
      click.by.userId,
      click.threadTs,
      renderRefusal(unknownRequest(click.value.id)),
    );
    return;
  }
  await openView(ports, client, { click, view: render(record) });
}

/** Told so, where it is one. */
async function isStranger(ports: BotPorts, { channel, by, threadTs }: Click): Promise<boolean> {
  const refusal = await strangerRefusal(ports, by.userId, "nothing was shown or done");
  if (refusal === undefined) return false;
  await ports.chat.whisper(channel, by.userId, threadTs, renderRefusal(refusal));
  return true;
}

/** A trigger lives three seconds: when it is over, the person clicks again. */
async function openView(
  ports: BotPorts,
  client: WebClient,
  { click, view }: { readonly click: Click; readonly view: ModalView },
): Promise<void> {
  try {
    await client.apiCall("views.open", { trigger_id: click.triggerId, view });
  } catch (error) {
    ports.log.warn({ requestId: click.value.id, reason: error }, "a modal could not be opened");
    await answer(
      ports,
      click,
      "That took too long for Slack to open the window. Please click again.",
    );
  }
}

async function onRetry(ports: BotPorts, click: Click): Promise<void> {
  if (await isStranger(ports, click)) return;
  await ports.queue.add({ kind: "verify", requestId: click.value.id });
  await answer(ports, click, `Verifying ${code(click.value.id)} again.`);
}
