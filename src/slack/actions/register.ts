import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import type { WebClient } from "@slack/web-api";
import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { wholeEntry } from "#src/domain/request/egress-grant/state-of-all.ts";
import type { AnyRequest, RequestRecord } from "#src/domain/request/request.ts";
import { withSignedCard } from "#src/requests/decision/await-card.ts";
import { grantsOn, look } from "#src/requests/read-board.ts";
import type { BotPorts } from "../bot-ports.ts";
import { strangerRefusal } from "../commands/stranger.ts";
import { ACTIONS, encodeAskedFrom, VIEWS } from "../render/action-value.ts";
import { renderRefusal } from "../render/refusal.ts";
import { code } from "../render/text.ts";
import { type ModalView, reasonView } from "../views/reason-view.ts";
import { orderView } from "../views/order-view.ts";
import { offerView } from "../views/offer-view.ts";
import { evidenceView, planView } from "../views/record-views.ts";
import { answer, askedFrom, type Click, toClick } from "./click.ts";
import { decideByClick } from "./decide-by-click.ts";
import { handled } from "./handled-click.ts";
import { isCopy, retireCopy, wasEdited } from "./live-card.ts";
import { onAskAgain } from "./on-ask-again.ts";
import { onAccept, registerOffer } from "./on-offer.ts";
import { onRenew } from "./on-renew.ts";
import { registerAsk } from "./on-ask.ts";
import { registerSubmits } from "./on-submit.ts";

/** Every button and window of messages. Each click is acknowledged at once and answered in words, whoever clicked. */
export function registerActions(app: App, ports: BotPorts): void {
  onClick(app, ports, ACTIONS.approve, (click) => onApprove(ports, click));
  onClick(app, ports, ACTIONS.deny, (click, client) => onDeny(ports, client, click));
  onClick(app, ports, ACTIONS.revoke, (click, client) =>
    onReason(ports, client, { click, verdict: "revoke" }),
  );
  onClick(app, ports, ACTIONS.plan, (click, client) =>
    onView(ports, client, {
      click,
      render: async (record) => (record.kind === "admin" ? orderView(record) : planView(record)),
    }),
  );
  onClick(app, ports, ACTIONS.evidence, (click, client) =>
    onView(ports, client, {
      click,
      // What is done to a cluster has no evidence.
      render: async (record) =>
        record.kind === "admin" ? undefined : renderEvidence(ports, record),
    }),
  );
  onClick(app, ports, ACTIONS.renew, (click) => onRenew(ports, click));
  onClick(app, ports, ACTIONS.askAgain, (click) => onAskAgain(ports, click));
  onClick(app, ports, ACTIONS.offer, (click, client) =>
    openView(ports, client, { click, view: offerView(askedFrom(click)) }),
  );
  onClick(app, ports, ACTIONS.accept, (click) => onAccept(ports, click));
  onClick(app, ports, ACTIONS.retry, (click) => onRetry(ports, click));
  // A click nobody listens to would never be acknowledged, and Slack would show an error.
  app.action(/^(?!request_|ask_|form_|home_)/, async ({ ack }) => ack());
  registerAsk(app, ports);
  registerSubmits(app, ports);
  registerOffer(app, ports);
}

function onClick(
  app: App,
  ports: BotPorts,
  actionId: string,
  handle: (click: Click, client: WebClient) => Promise<void>,
): void {
  app.action<BlockAction<ButtonAction>>(actionId, async ({ ack, body, client, action }) => {
    await ack();
    const click = toClick(body, action);
    if (click === undefined) return;
    await handled(
      ports.log,
      { requestId: click.value.id },
      { work: () => handle(click, client), say: (text) => answer(ports, click, { text }) },
    );
  });
}

/**
 * The record a click is about, where it is on the live card and the card says what we rendered; else it is answered. Until
 * the card is signed nobody can tell it from a copy.
 */
async function decidable(ports: BotPorts, click: Click): Promise<AnyRequest | undefined> {
  const read = await recordOf(ports, click);
  if (read === undefined) return undefined;
  const record = await withSignedCard(ports, read);
  if (await isCopy(ports, record, click)) {
    await answer(ports, click, await retireCopy(ports, record, click));
    return undefined;
  }
  return (await wasEdited(ports, record, click)) ? undefined : record;
}

async function recordOf(ports: BotPorts, click: Click): Promise<AnyRequest | undefined> {
  const record = await ports.store.get(click.value.id);
  if (record === undefined)
    await answer(ports, click, renderRefusal(unknownRequest(click.value.id)));
  return record;
}

async function onApprove(ports: BotPorts, click: Click): Promise<void> {
  if ((await decidable(ports, click)) === undefined) return;
  const message = await decideByClick(ports, {
    verdict: "approve",
    from: askedFrom(click),
    by: click.by,
  });
  await answer(ports, click, message);
}

async function onDeny(ports: BotPorts, client: WebClient, click: Click): Promise<void> {
  if ((await decidable(ports, click)) === undefined) return;
  await onReason(ports, client, { click, verdict: "deny" });
}

async function onReason(
  ports: BotPorts,
  client: WebClient,
  { click, verdict }: { readonly click: Click; readonly verdict: "deny" | "revoke" },
): Promise<void> {
  const view = reasonView(encodeAskedFrom(askedFrom(click)), {
    callbackId: VIEWS[verdict],
    title: `${verdict === "deny" ? "Deny" : "Revoke"} ${click.value.id}`,
    submit: verdict === "deny" ? "Deny" : "Revoke",
    optional: verdict === "revoke",
  });
  await openView(ports, client, { click, view });
}

async function onView(
  ports: BotPorts,
  client: WebClient,
  {
    click,
    render,
  }: {
    readonly click: Click;
    readonly render: (record: AnyRequest) => Promise<ModalView | undefined>;
  },
): Promise<void> {
  if (await isStranger(ports, click)) return;
  const record = await recordOf(ports, click);
  const view = record === undefined ? undefined : await render(record);
  if (view !== undefined) await openView(ports, client, { click, view });
}

async function renderEvidence(ports: BotPorts, record: RequestRecord): Promise<ModalView> {
  const seen = await look(ports, record.asked.cluster);
  const entries = grantsOn(seen.board, record.id).map(([, entry]) => entry);
  return evidenceView(record, wholeEntry(entries), seen);
}

/** Told so, where it is one. */
async function isStranger(ports: BotPorts, click: Click): Promise<boolean> {
  const refusal = await strangerRefusal(ports, click.by.userId, "nothing was shown or done");
  if (refusal !== undefined) await answer(ports, click, renderRefusal(refusal));
  return refusal !== undefined;
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
    await answer(ports, click, {
      text: "That took too long for Slack to open the window. Please click again.",
    });
  }
}

async function onRetry(ports: BotPorts, click: Click): Promise<void> {
  if (await isStranger(ports, click)) return;
  await ports.queue.add({ kind: "verify", requestId: click.value.id });
  await answer(ports, click, { text: `Verifying ${code(click.value.id)} again.` });
}
