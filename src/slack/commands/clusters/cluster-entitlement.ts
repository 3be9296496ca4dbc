import { approverEntitlement, asMember } from "#src/domain/approval/entitlement.ts";
import { isRefusal, type Refusal } from "#src/domain/outcome.ts";
import type { Entitlement } from "#src/domain/request/request.ts";
import { lookUpGroups } from "#src/requests/decision/look-up-groups.ts";
import type { BotPorts } from "../../bot-ports.ts";

/** What gives this person a say in a whole cluster: to be an approver now. `why`: told where they are none. */
export async function clusterEntitlement(
  { identity, config, clock }: BotPorts,
  userId: string,
  why: string,
): Promise<Entitlement | Refusal> {
  const person = asMember(await identity.person(userId), await identity.homeTeam());
  if (isRefusal(person)) return person;
  const { approvers } = config.policy;
  const { groups, failure } = await lookUpGroups(identity, approvers.groups);
  const request = { requester: "", approvers, now: clock.now() };
  const entitled = approverEntitlement(person, request, groups);
  if (isRefusal(entitled) && failure !== undefined) throw failure;
  return isRefusal(entitled) ? { ...entitled, why } : entitled;
}
