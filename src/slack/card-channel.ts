import type { Config } from "#src/config/config.ts";
import type { Directory } from "#src/domain/directory.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked, Asked } from "#src/domain/request/request.ts";
import { isDirect } from "./render/direct.ts";

/** Where cards are put: the channel that is configured for them. */
export interface CardPlaces {
  readonly directory: Pick<Directory, "teams">;
  readonly approvalsChannel: string | undefined;
}

export function placesOf({
  directory,
  approvals,
}: Pick<Config, "directory" | "approvals">): CardPlaces {
  return { directory, approvalsChannel: approvals.channel };
}

/**
 * Where the card of a request is, if not in its thread: approvers do not see a direct message, so that of what was asked
 * there is in the team's channel where none is configured.
 */
export function cardChannel(
  { directory, approvalsChannel }: CardPlaces,
  asked: Pick<Asked | AdminAsked, "channel"> & { readonly team?: string },
): string | undefined {
  if (approvalsChannel !== undefined || !isDirect(asked.channel)) return approvalsChannel;
  return directory.teams.find(({ name }) => name === asked.team)?.channel;
}

/** Why something cannot be asked in a direct message, where nobody else would see its card. */
export function cardHidden(
  places: CardPlaces,
  asked: Parameters<typeof cardChannel>[1],
): Refusal | undefined {
  if (!isDirect(asked.channel) || cardChannel(places, asked) !== undefined) return undefined;
  return refuse("NoChannelForCard", {
    what: "nothing was requested",
    why: "nobody but us sees this conversation, and there is no channel in which approvers would see the card",
    fix: "ask in a channel I am in",
  });
}
