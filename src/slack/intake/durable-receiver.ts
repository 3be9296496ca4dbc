import { type App, type ReceiverEvent, SocketModeReceiver } from "@slack/bolt";
import type { WebClientOptions } from "@slack/web-api";
import type { Intake, IntakeItem } from "#src/ports/chat/intake.ts";
import type { JobQueue } from "#src/ports/store/job-queue.ts";
import type { Chat } from "#src/ports/chat/chat.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { DirectAnswers } from "#src/ports/chat/direct-answers.ts";
import type { Log } from "#src/log.ts";
import { askedText } from "../commands/asked-text.ts";
import { received, withoutSecrets } from "./received-body.ts";
import { recordDelivery } from "./record-delivery.ts";

export interface DurableReceiverOptions {
  readonly appToken: string;
  readonly clientOptions: WebClientOptions;
  readonly intake: Intake;
  readonly directAnswers: Pick<DirectAnswers, "keep">;
  readonly queue: JobQueue;
  readonly chat: Pick<Chat, "post">;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A Socket Mode receiver that stores what cannot be asked for again before it is acknowledged. Bolt acknowledges events
 * before any listener runs, so a crash would lose a mention; here the acknowledgement follows the durable write, and
 * what could not be stored is left unacknowledged for Slack to deliver again. Slash commands are never redelivered:
 * they are answered at once, "recorded" or "not recorded", as is a mention Slack delivers for the last time. Everything else (clicks, modals, a
 * command without words, which only opens the form) goes the ordinary way; the form's own words are stored by who handles it.
 * https://docs.slack.dev/apis/events-api/using-socket-mode
 */
export class DurableReceiver extends SocketModeReceiver {
  readonly #options: DurableReceiverOptions;

  constructor(options: DurableReceiverOptions) {
    const { appToken, clientOptions } = options;
    super({ appToken, installerOptions: { clientOptions }, clientPingTimeout: 5000 });
    this.#options = options;
  }

  override init(app: App): void {
    // The receiver hands each delivery to `processEvent` of what it was given here, and uses nothing else of it.
    super.init(
      new Proxy(app, {
        get: (target, property) =>
          property === "processEvent"
            ? (event: ReceiverEvent) => this.#receive(target, event)
            : Reflect.get(target, property),
      }),
    );
  }

  async #receive(app: App, event: ReceiverEvent): Promise<void> {
    const { body } = event;
    const delivery = received(body);
    if (delivery.kind === "other") return app.processEvent(event);
    const { id, kind } = delivery;
    if (delivery.kind === "command" && delivery.responseUrl !== undefined)
      this.#options.directAnswers.keep(id, delivery.responseUrl);
    const receivedAt = this.#options.clock.now();
    const item = { id, kind, receivedAt, body: withoutSecrets(body) };
    const recorded = await recordDelivery(this.#options, item);
    if (kind === "command") return event.ack(recorded ? RECORDED : NOT_RECORDED);
    if (recorded) await event.ack();
    else if ((event.retryNum ?? 0) >= LAST_DELIVERY) await this.#tellLost(item);
    return undefined;
  }

  /** Slack delivers it no more: who wrote it must not wait for an answer. */
  async #tellLost(item: IntakeItem): Promise<void> {
    const { chat, log } = this.#options;
    const asked = askedText(item);
    if (asked?.threadTs === undefined) return;
    try {
      await chat.post(asked.channel, asked.threadTs, { text: NOT_RECORDED.text });
    } catch (error) {
      log.warn({ intakeId: item.id, reason: error }, "nobody is told that it was not recorded");
    }
  }
}

/** Slack delivers an event that is not acknowledged three times more. https://docs.slack.dev/apis/events-api/#retries */
const LAST_DELIVERY = 3;

const RECORDED = { response_type: "ephemeral", text: "Got it. The answer follows in a moment." };
const NOT_RECORDED = {
  response_type: "ephemeral",
  text: "Not recorded: Sallyport's store does not answer. Nothing was asked for; please try again in a minute.",
};
