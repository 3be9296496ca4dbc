import { digest } from "#src/domain/canonical.ts";
import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import { refuse } from "#src/domain/outcome.ts";
import type { AnyRequest, Person } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { BotPorts } from "../bot-ports.ts";
import { cardChannel, placesOf } from "../card-channel.ts";
import type { Line } from "../commands/asked-text.ts";
import { recordDelivery } from "../intake/record-delivery.ts";
import { isDirect } from "../render/direct.ts";
import { homeNotRecordedText, homeRecordedText } from "../render/home/home-view.ts";
import { renderRefusal } from "../render/refusal.ts";

/** What somebody did on the tab about a grant, as the line of the grammar it stands for. */
export interface HomeLine {
  readonly by: Person;
  readonly grantId: string;
  readonly line: string;
  /** The same however often it is pressed or sent: the tab as it was shown, or the window. */
  readonly source: readonly string[];
}

export interface Told {
  readonly kind: "recorded" | "not-recorded" | "unknown";
  /** With mark-up of ours. */
  readonly text: string;
}

/** Stores it, to be handled as if it was written in the thread of the grant's request; what to say of that. */
export async function recordHomeLine(ports: BotPorts, wanted: HomeLine): Promise<Told> {
  try {
    return await record(ports, wanted);
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    ports.log.warn({ grantId: wanted.grantId, reason: error }, "a click was not recorded");
    return NOT_RECORDED;
  }
}

const NOT_RECORDED: Told = { kind: "not-recorded", text: homeNotRecordedText() };

async function record(ports: BotPorts, { by, grantId, line, source }: HomeLine): Promise<Told> {
  const known = await ports.store.get(requestIdOf(grantId));
  if (known === undefined)
    return { kind: "unknown", text: renderRefusal(unknownRequest(grantId)).text };
  const place = placeFor(ports, known, by.userId);
  if (place === undefined) return { kind: "unknown", text: renderRefusal(NOWHERE).text };
  const { channel, threadTs } = place;
  const id = `home-${digest([by.userId, line, ...source]).slice(0, 32)}`;
  const body: Line = {
    team_id: by.teamId,
    user_id: by.userId,
    channel_id: channel,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    source_id: id,
    text: line,
    surface: "home",
  };
  const receivedAt = ports.clock.now();
  const isRecorded = await recordDelivery(ports, { id, kind: "line", receivedAt, body });
  return isRecorded ? { kind: "recorded", text: homeRecordedText(line, channel) } : NOT_RECORDED;
}

/** The thread of what it is about; where that is somebody else's conversation with the bot, one in a channel. */
function placeFor(
  { config }: Pick<BotPorts, "config">,
  { asked }: AnyRequest,
  userId: string,
): { readonly channel: string; readonly threadTs: string | undefined } | undefined {
  if (!isDirect(asked.channel) || asked.by.userId === userId) return asked;
  const channel = cardChannel(placesOf(config), asked);
  return channel === undefined ? undefined : { channel, threadTs: undefined };
}

const NOWHERE = refuse("NoChannelForCard", {
  what: "nothing was requested",
  why: "this was asked for in a conversation of somebody else, and there is no channel for it to go on in",
  fix: "write it in a channel I am in",
});
