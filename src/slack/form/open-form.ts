import type { Prefill } from "#src/domain/grammar/form/prefill.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { OpenWindow } from "#src/ports/chat/windows.ts";
import type { BotPorts } from "../bot-ports.ts";
import { askView } from "../render/form/ask-view.ts";
import type { OpenedFrom } from "../render/form/opened-from.ts";
import { notOpenedText } from "../render/form/told.ts";
import { teamsOf } from "../teams-of.ts";

export interface Opening {
  readonly userId: string;
  /** Opens a window within three seconds. */
  readonly triggerId: string;
  readonly from: OpenedFrom;
  readonly prefill: Prefill;
}

/** Opens the form at once, and then puts the teams whoever asks is in before the others. */
export async function openForm(ports: BotPorts, opening: Opening): Promise<void> {
  const { config, windows, log } = ports;
  const { userId, triggerId, from, prefill } = opening;
  const parts = {
    teams: config.directory.teams,
    durations: config.durations,
    reasonRequired: config.approvals.reasonRequired,
    from,
    prefill,
  };
  const window = await unlessFailed(
    () => windows.open(triggerId, askView({ ...parts, mine: new Set() })),
    (reason) => log.warn({ reason }, "the form could not be opened"),
  );
  if (window === undefined) return tellNotOpened(ports, userId);
  const mine = await teamsOf(ports, userId);
  if (mine.size === 0) return undefined;
  // It stays as it is where it was closed or sent meanwhile.
  await unlessFailed(
    () => windows.update(window, askView({ ...parts, mine })),
    (reason) => log.info({ reason }, "the form is not sorted by teams"),
  );
  return undefined;
}

async function tellNotOpened({ chat, log }: BotPorts, userId: string): Promise<void> {
  await unlessFailed(
    () => chat.post(userId, undefined, { text: notOpenedText() }),
    (reason) => log.warn({ reason }, "nobody is told that the form did not open"),
  );
}

async function unlessFailed<Answer extends OpenWindow | string | void>(
  work: () => Promise<Answer>,
  onFailure: (reason: unknown) => void,
): Promise<Answer | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    onFailure(error);
    return undefined;
  }
}
