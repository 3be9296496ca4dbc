import { readForm } from "#src/domain/grammar/form/read-form.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import type { BotPorts } from "../bot-ports.ts";
import { runCommand } from "../commands/run-command.ts";
import { namesHere } from "../names-here.ts";
import { withChecked } from "../render/form/ask-view.ts";
import { NOT_CHECKED, problemText } from "../render/form/field-errors.ts";
import { decodeOpenedFrom } from "../render/form/opened-from.ts";
import { formValues } from "./form-values.ts";
import type { SentForm } from "./submit-form.ts";

/** A form in which somebody had what is typed checked. */
export interface TypedForm extends SentForm {
  /** As Slack gave it back: with the ids it has. */
  readonly view: ChatView;
}

/** Shows in the form what `check` says of each destination that is typed. */
export async function checkTyped(ports: BotPorts, typed: TypedForm): Promise<void> {
  const { view, viewId: id } = typed;
  try {
    const said = await whatCheckSays(ports, typed);
    await ports.windows.update({ id }, { ...view, blocks: withChecked(view.blocks, said) });
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    ports.log.warn({ reason: error }, "what is typed could not be checked");
    const blocks = withChecked(view.blocks, [NOT_CHECKED]);
    await ports.windows.update({ id }, { ...view, blocks });
  }
}

async function whatCheckSays(ports: BotPorts, typed: TypedForm): Promise<readonly string[]> {
  const at = ports.clock.now();
  const { channel = "" } = decodeOpenedFrom(typed.metadata) ?? {};
  const names = namesHere(ports.config, { channel, at });
  const read = readForm(formValues(typed.state, ports.config.directory), names);
  if (read.kind === "wrong") return read.wrong.map(problemText);
  const { kind: _kind, also = [], duration: _duration, reason: _reason, ...first } = read.command;
  const id = `check-${typed.viewId}`;
  const asked = {
    by: typed.by,
    byApp: false,
    channel,
    threadTs: undefined,
    sourceId: id,
    at,
    edited: false,
    text: read.line,
    blocks: [],
    surface: "form",
    delivery: { id, receivedAt: at },
  } as const;
  const said: string[] = [];
  for (const each of [first, ...also]) {
    const command = { ...first, ...each, kind: "check" } as const;
    const reply = await runCommand(ports, { asked, threadTs: "" }, command);
    said.push(reply?.text ?? "");
  }
  return said.filter((text) => text !== "");
}
