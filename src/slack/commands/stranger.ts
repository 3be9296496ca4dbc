import { memberProblem, memberRefusal } from "#src/domain/approval/entitlement.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import type { BotPorts } from "../bot-ports.ts";

/** Guests may ask and read; bots, deactivated people and those of other organisations may not even that. */
export async function strangerRefusal(
  { identity }: Pick<BotPorts, "identity">,
  userId: string,
  what: string,
): Promise<Refusal | undefined> {
  const person = await identity.person(userId);
  const home = await identity.homeTeam();
  if (memberProblem(person, home) === "guest") return undefined;
  const refusal = memberRefusal(person, home);
  return refusal && { ...refusal, what };
}
