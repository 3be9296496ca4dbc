import type { App, ViewSubmitAction } from "@slack/bolt";
import type { BotPorts } from "../bot-ports.ts";
import { acceptOffer, offerShorter } from "../commands/following/offer.ts";
import { decodeAskedFrom, OFFER_VIEW } from "../render/action-value.ts";
import { offeredIn } from "../views/offer-view.ts";
import { reasonError } from "../views/reason-view.ts";
import { answer, asWritten, type Click } from "./click.ts";
import { handled } from "./handled-click.ts";

/** The window that asks for a shorter time: what is no time is said in it; all else is answered where the card is. */
export function registerOffer(app: App, ports: BotPorts): void {
  app.view<ViewSubmitAction>(OFFER_VIEW, async ({ ack, body, view }) => {
    const from = decodeAskedFrom(view.private_metadata);
    const offeredMs = offeredIn(view.state.values);
    if (from === undefined || typeof offeredMs !== "number") {
      await ack(
        typeof offeredMs === "number"
          ? reasonError("This window is outdated. Close it and click again.")
          : offeredMs,
      );
      return;
    }
    await ack();
    const by = { userId: body.user.id, teamId: body.user.team_id ?? body.team?.id ?? "" };
    const { id, eventId } = from;
    await handled(
      ports.log,
      { requestId: id },
      {
        async work() {
          const message = await offerShorter(ports, { id, by, offeredMs, eventId });
          if (message !== undefined) await answer(ports, { ...from, by }, message);
        },
        say: (text) => answer(ports, { ...from, by }, { text }),
      },
    );
  });
}

/** A click on what was offered; only what stands in the way is answered. */
export async function onAccept(ports: BotPorts, click: Click): Promise<void> {
  const { id, offeredMs } = click.value;
  if (offeredMs === undefined) return;
  const written = asWritten(click, `accept for ${id}`);
  const message = await acceptOffer(ports, written, { id, offeredMs });
  if (message !== undefined) await answer(ports, click, message);
}
