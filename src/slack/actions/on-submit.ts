import type { App, ViewSubmitAction } from "@slack/bolt";
import type { Refusal } from "#src/domain/outcome.ts";
import { refuse } from "#src/domain/outcome.ts";
import type { DecisionResult } from "#src/requests/decision/decide.ts";
import type { BotPorts } from "../bot-ports.ts";
import { decodeAskedFrom, VIEWS } from "../render/action-value.ts";
import { reasonError, type ReasonError, reasonIn } from "../views/reason-view.ts";
import { answer } from "./click.ts";
import { answerTo, type ByClick, decideOn } from "./decide-by-click.ts";

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
      const by = { userId: body.user.id, teamId: body.user.team_id ?? body.team?.id ?? "" };
      const reason = reasonIn(view.state.values);
      await onSubmit(ports, { click: { verdict, from, by, reason }, ack });
    });
  }
}

interface Submit {
  readonly click: ByClick;
  readonly ack: (answer?: ReasonError) => Promise<void>;
}

async function onSubmit(ports: BotPorts, { click, ack }: Submit): Promise<void> {
  const { from, by } = click;
  let open = true;
  /** Answers the window once; false where it was answered already. */
  async function answerWindow(problem?: ReasonError): Promise<boolean> {
    if (!open) return false;
    open = false;
    await ack(problem);
    return true;
  }
  const timer = setTimeout(() => {
    answerWindow().catch((error: unknown) =>
      ports.log.warn({ requestId: from.id, err: error }, "a window could not be closed"),
    );
  }, CLOSES_AFTER_MS);
  const result = await decideOrSay(ports, click);
  clearTimeout(timer);
  const problem = result.outcome === "not-recorded" ? result.refusal : undefined;
  const inWindow = await answerWindow(problem && windowError(problem));
  if (problem !== undefined && inWindow) return;
  await answer(ports, { ...from, by }, await answerTo(ports, click, result));
}

function windowError({ why, fix }: Refusal): ReasonError {
  return reasonError(`Not recorded: ${why}. Your words are still here: ${fix}.`);
}

/** Whatever happens, the person is told. */
async function decideOrSay(ports: BotPorts, click: ByClick): Promise<DecisionResult> {
  try {
    return await decideOn(ports, click);
  } catch (error) {
    const { id } = click.from;
    ports.log.error({ requestId: id, err: error }, "a decision failed");
    const refusal = refuse("Failed", {
      what: `your decision on ${id} was not recorded`,
      why: "something is wrong in Sallyport or its store, and its log says what",
      fix: "tell who runs it, and try again then",
    });
    return { outcome: "not-recorded", refusal };
  }
}
