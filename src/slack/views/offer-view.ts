import { parseDuration } from "#src/domain/time/duration.ts";
import { type AskedFrom, encodeAskedFrom, OFFER_VIEW } from "../render/action-value.ts";
import { cut } from "../render/text.ts";
import { type ModalView, type ReasonError, reasonError, reasonIn } from "./reason-view.ts";

/** Asks for the time that is offered; of which request, and where the answer goes, travels in the modal's metadata. */
export function offerView(from: AskedFrom): ModalView {
  return {
    type: "modal",
    callback_id: OFFER_VIEW,
    private_metadata: encodeAskedFrom(from),
    title: plain(cut(`Offer for ${from.id}`, 24)),
    submit: plain("Offer"),
    close: plain("Back"),
    blocks: [
      {
        type: "input",
        block_id: "reason",
        label: plain("For how long?"),
        hint: plain(
          "Shorter than what is asked, like 12h or 7d. Who asked may accept it; then it is asked for anew, and decided on its own card.",
        ),
        element: { type: "plain_text_input", action_id: "text", max_length: 20 },
      },
    ],
  };
}

/** The time that was typed, in milliseconds, or what the window shows below it. */
export function offeredIn(values: unknown): number | ReasonError {
  const typed = reasonIn(values);
  return (
    parseDuration(typed.replace(/^for\s+/i, "")) ??
    reasonError("Write minutes, hours or days, like 30m, 12h or 7d.")
  );
}

function plain(text: string): { readonly type: "plain_text"; readonly text: string } {
  return { type: "plain_text", text };
}
