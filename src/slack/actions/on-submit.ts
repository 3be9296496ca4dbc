import type { App, ViewSubmitAction } from "@slack/bolt";
import { isRefusal, refuse } from "#src/domain/outcome.ts";
import type { ChatMessage } from "#src/ports/chat.ts";
import type { BotPorts } from "../bot-ports.ts";
import { revokedText } from "../commands/typed-decision.ts";
import { renderRefusal } from "../render/refusal.ts";
import { code } from "../render/text.ts";
import { reasonError, reasonIn, type ReasonError } from "../views/reason-view.ts";
import { type AskedFrom, decodeAskedFrom, VIEWS } from "../render/action-value.ts";
import { decide, type Decided, type DecisionResult } from "./decide.ts";

/** Slack shows an error of its own where a window is not answered within three seconds. */
const CLOSES_AFTER_MS = 2500;

/**
 * The windows that ask for a reason. What could not be recorded is said in the window itself, which stays open with what
 * was typed in it; sent again, it is the same decision. Everything else is answered where the button is.
 * https://docs.slack.dev/surfaces/modals#displaying_errors
 */
export function registerSubmits(app: App, ports: BotPorts): void {
  for (const verdict of ["deny", "revoke"] as const) {
    app.view<ViewSubmitAction>(VIEWS[verdict], async ({ ack, body, view }) => {
      const from = decodeAskedFrom(view.private_metadata);
      if (from === undefined) {
        await ack(reasonError("Not recorded: this window is outdated. Close it and click again."));
        return;
      }
      const reason = reasonIn(view.state.values);
      const decided: Decided = {
        requestId: from.id,
        verdict,
        digest: from.digest,
        by: { userId: body.user.id, teamId: body.user.team_id ?? body.team?.id ?? "" },
        surface: "button",
        eventId: view.id,
        ...(reason === "" ? {} : { reason }),
      };
      await onSubmit(ports, { decided, from, ack });
    });
  }
}

interface Submit {
  readonly decided: Decided;
  readonly from: AskedFrom;
  readonly ack: (answer?: ReasonError) => Promise<void>;
}

async function onSubmit(ports: BotPorts, { decided, from, ack }: Submit): Promise<void> {
  let open = true;
  /** True where this was the window's answer: it has one. */
  async function answer(problem?: ReasonError): Promise<boolean> {
    if (!open) return false;
    open = false;
    await ack(problem);
    return true;
  }
  const timer = setTimeout(() => {
    answer().catch((error: unknown) =>
      ports.log.warn({ requestId: from.id, err: error }, "a window could not be closed"),
    );
  }, CLOSES_AFTER_MS);
  const result = await decideOrSay(ports, decided);
  clearTimeout(timer);
  const problem = isRefusal(result) && NOT_DONE.has(result.reason) ? result : undefined;
  const inWindow = await answer(
    problem &&
      reasonError(`Not recorded: ${problem.why}. Your words are still here: ${problem.fix}.`),
  );
  if (problem !== undefined && inWindow) return;
  const message = isRefusal(result) ? renderRefusal(result) : recordedText(decided, result);
  await ports.chat.whisper(from.channel, decided.by.userId, from.threadTs, message);
}

/** The decision may be right, and sending it again may help. */
const NOT_DONE: ReadonlySet<string> = new Set(["NotRecorded", "Failed"]);

/** Whatever happens, the person is told. */
async function decideOrSay(ports: BotPorts, decided: Decided): Promise<DecisionResult> {
  try {
    return await decide(ports, decided);
  } catch (error) {
    ports.log.error({ requestId: decided.requestId, err: error }, "a decision failed");
    return refuse("Failed", {
      what: `your decision on ${decided.requestId} was not recorded`,
      why: "something is wrong in Sallyport or its store, and its log says what",
      fix: "tell who runs it, and try again then",
    });
  }
}

function recordedText(
  { verdict, requestId }: Decided,
  { record }: Exclude<DecisionResult, { readonly outcome: "refusal" }>,
): ChatMessage {
  return {
    text: verdict === "deny" ? `Recorded: you denied ${code(requestId)}.` : revokedText(record),
  };
}
