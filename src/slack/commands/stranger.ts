import { memberRefusal } from "#src/domain/approval/entitlement.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import type { BotPorts } from "../bot-ports.ts";

/** Guests may ask and read; bots, deactivated people and those of other organisations may not even that. */
export async function strangerRefusal(
  { identity }: Pick<BotPorts, "identity">,
  userId: string,
  what: string,
): Promise<Refusal | undefined> {
  const refusal = memberRefusal(await identity.person(userId), await identity.homeTeam());
  return refusal === undefined || refusal.reason === "GuestCannotDecide"
    ? undefined
    : { ...refusal, what };
}
