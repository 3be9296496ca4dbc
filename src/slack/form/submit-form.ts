import { fieldOf, type WrongField } from "#src/domain/grammar/form/form-fields.ts";
import { readForm } from "#src/domain/grammar/form/read-form.ts";
import type { AllowCommand } from "#src/domain/grammar/command.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { resolveTeam } from "#src/domain/request/resolve-team.ts";
import type { Person } from "#src/domain/request/request.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { BotPorts } from "../bot-ports.ts";
import { whatIsAsked } from "../commands/allow.ts";
import { type Line, lineIn } from "../commands/asked-text.ts";
import { recordDelivery } from "../intake/record-delivery.ts";
import { namesHere } from "../names-here.ts";
import { recordedView } from "../render/form/ask-view.ts";
import {
  fieldErrors,
  type FieldErrors,
  notRecordedErrors,
  outdatedErrors,
} from "../render/form/field-errors.ts";
import { decodeOpenedFrom, type OpenedFrom } from "../render/form/opened-from.ts";
import { formValues } from "./form-values.ts";

/** A form that was sent, as far as it is believed. */
export interface SentForm {
  readonly by: Person;
  readonly viewId: string;
  readonly metadata: string;
  readonly state: unknown;
}

/** What answers the window: https://docs.slack.dev/surfaces/modals#handling_submissions */
export type FormAnswer =
  | FieldErrors
  | { readonly response_action: "update"; readonly view: ReturnType<typeof recordedView> };

/**
 * Stores what a form asks for, as the line one would have written, to be handled as that is; what can be seen to be wrong
 * before that is said at its field. One window asks once, however often it is sent.
 */
export async function submitForm(ports: BotPorts, sent: SentForm): Promise<FormAnswer> {
  const from = decodeOpenedFrom(sent.metadata);
  if (from === undefined) return outdatedErrors("destinations");
  const receivedAt = ports.clock.now();
  const { directory } = ports.config;
  const names = namesHere(ports.config, { channel: from.channel ?? "", at: receivedAt });
  const read = readForm(formValues(sent.state, directory), names);
  if (read.kind === "wrong") return fieldErrors(read.wrong);
  const { line, command } = read;
  const channel = threadChannel(ports, from, command);
  const wrong = isRefusal(channel) ? channel : problemOf(ports, { by: sent.by, channel }, command);
  if (isRefusal(channel) || wrong !== undefined)
    return fieldErrors(wrong === undefined ? [] : [atField(wrong)]);
  const id = `form-${sent.viewId}`;
  const body: Line = {
    team_id: sent.by.teamId,
    user_id: sent.by.userId,
    channel_id: channel,
    ...(from.threadTs === undefined ? {} : { thread_ts: from.threadTs }),
    source_id: id,
    text: line,
    surface: "form",
  };
  const isRecorded = await recordDelivery(ports, { id, kind: "line", receivedAt, body });
  if (!isRecorded) return notRecordedErrors("destinations");
  return {
    response_action: "update",
    view: recordedView(await storedLine(ports, id, line), channel),
  };
}

/** What counts is what was sent first: where that was stored, though nobody heard of it, it is what is shown. */
async function storedLine({ intake, log }: BotPorts, id: string, sent: string): Promise<string> {
  try {
    const item = await intake.get(id);
    return (item && lineIn(item)) ?? sent;
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    log.warn({ intakeId: id, reason: error }, "what was stored of a form is not known now");
    return sent;
  }
}

function atField(refusal: Refusal): WrongField {
  return { field: fieldOf(refusal), refusal };
}

function problemOf(
  ports: BotPorts,
  asked: { readonly by: Person; readonly channel: string },
  command: AllowCommand,
): Refusal | undefined {
  const found = whatIsAsked(ports, { asked, threadTs: "" }, command);
  return isRefusal(found) ? found : undefined;
}

/** Where it was opened; else the team's channel, else the one the cards are in. */
function threadChannel(
  { config: { directory, approvals } }: BotPorts,
  { channel }: OpenedFrom,
  command: AllowCommand,
): string | Refusal {
  if (channel !== undefined) return channel;
  const found = resolveTeam(directory, { ...command, channel: "" });
  if (isRefusal(found)) return found;
  return (
    found.team.channel ??
    approvals.channel ??
    refuse("NoChannelForCard", {
      what: "nothing was requested",
      why: `team ${found.team.name} has no channel, and there is none for approvals`,
      fix: "open the form in a channel, with `/egress`",
    })
  );
}
