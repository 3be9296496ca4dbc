import {
  type Asking,
  entitlementTo,
  groupsFor,
  type Rights,
} from "#src/domain/approval/entitlement-to.ts";
import { approversOfAll, approversOfAny } from "#src/domain/approval/policy.ts";
import { verdictsOf } from "#src/domain/approval/policy-of-all.ts";
import { isRefusal, type Refusal } from "#src/domain/outcome.ts";
import { asksForEgress } from "#src/domain/request/kinds.ts";
import type { AnyRequest, DecisionVerdict } from "#src/domain/request/request.ts";
import type { DecidePorts } from "./decide-ports.ts";
import { lookUpGroups } from "./look-up-groups.ts";

/** By the configuration in force, not by what is stored. */
export function rightsIn(
  { policy, directory }: DecidePorts["config"],
  { asked }: Pick<AnyRequest, "asked">,
  verdict: DecisionVerdict,
): Rights {
  // Nobody but the approvers have a say in what is done to a cluster.
  if (!asksForEgress(asked)) return { approvers: policy.approvers, teamGroup: undefined };
  const each = verdictsOf(policy, asked).map(({ action }) =>
    action.kind === "ask" ? action.approvers : policy.approvers,
  );
  return {
    approvers: verdict === "revoke" ? approversOfAny(each) : approversOfAll(each),
    teamGroup: directory.teams.find(({ name }) => name === asked.team)?.userGroup,
  };
}

/** Why this person might not decide so on a request, if so; nothing is decided. */
export async function whyMayNot(
  verdict: DecisionVerdict,
  { config, identity, clock }: Pick<DecidePorts, "config" | "identity" | "clock">,
  {
    request: { id, asked },
    userId,
  }: { readonly request: Pick<AnyRequest, "id" | "asked">; readonly userId: string },
): Promise<Refusal | undefined> {
  const rights = rightsIn(config, { asked }, verdict);
  const requester = asked.by.userId;
  const names = groupsFor(verdict, { rights, byRequester: userId === requester });
  const { groups, failure } = await lookUpGroups(identity, names);
  const asking: Asking = {
    requestId: id,
    requester,
    person: await identity.person(userId),
    homeTeam: await identity.homeTeam(),
    groups,
    rights,
    now: clock.now(),
  };
  const entitlement = entitlementTo(verdict, asking);
  if (!isRefusal(entitlement)) return undefined;
  // Whether a group that did not answer would have given the right is not known.
  if (failure !== undefined) throw failure;
  return entitlement;
}
