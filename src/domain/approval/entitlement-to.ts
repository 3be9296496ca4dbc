import { isRefusal, type Refusal, refuse } from "../outcome.ts";
import type { DecisionVerdict, Entitlement } from "../request/request.ts";
import {
  approverEntitlement,
  asMember,
  type DecisionMaker,
  type GroupMembers,
} from "./entitlement.ts";
import type { Approvers } from "./policy.ts";

/** Who has a say in a request, by the configuration in force. */
export interface Rights {
  readonly approvers: Approvers;
  /** The team's own user group: its members may close what was opened for the team. */
  readonly teamGroup: string | undefined;
}

export interface Asking {
  readonly requestId: string;
  /** User id. */
  readonly requester: string;
  /** Who decides; undefined for an account Slack does not know. */
  readonly person: DecisionMaker | undefined;
  readonly homeTeam: string;
  /** Those of `groupsFor`. */
  readonly groups: readonly GroupMembers[];
  readonly rights: Rights;
  readonly now: number;
}

/** The groups to look up before `entitlementTo` is asked: a requester needs none to close what they asked for. */
export function groupsFor(
  verdict: DecisionVerdict,
  { rights, byRequester }: { readonly rights: Rights; readonly byRequester: boolean },
): readonly string[] {
  switch (verdict) {
    case "approve":
    case "deny":
      return rights.approvers.groups;
    case "cancel":
      return [];
    case "revoke":
      return byRequester ? [] : revokers(rights).groups;
    default:
      return verdict satisfies never;
  }
}

/** What gives this person the right to decide so, or why they have none. */
export function entitlementTo(verdict: DecisionVerdict, asking: Asking): Entitlement | Refusal {
  switch (verdict) {
    case "approve":
    case "deny":
      return asApprover(asking);
    case "cancel":
      return isRequester(asking) ? requesterEntitlement(asking) : mayNotCancel(asking);
    case "revoke":
      return isRequester(asking) ? requesterEntitlement(asking) : asRevoker(asking);
    default:
      return verdict satisfies never;
  }
}

/** Guests too: a live account of a person is all it takes to take back what one asked for. */
function isRequester({ person, requester }: Asking): boolean {
  return person?.userId === requester && !person.deactivated && !person.bot;
}

function requesterEntitlement({ now }: Asking): Entitlement {
  return { kind: "requester", checkedAt: now };
}

function asApprover(asking: Asking): Entitlement | Refusal {
  const { requester, groups, now } = asking;
  const { approvers } = asking.rights;
  const person = asMember(asking.person, asking.homeTeam);
  return isRefusal(person)
    ? person
    : approverEntitlement(person, { requester, approvers, now }, groups);
}

function asRevoker(asking: Asking): Entitlement | Refusal {
  const { rights, groups, now, requestId, requester } = asking;
  const person = asMember(asking.person, asking.homeTeam);
  if (isRefusal(person)) return person;
  const approvers = revokers(rights);
  // Nobody contributed to a revoke: who asked may end it too.
  const entitled = approverEntitlement(person, { requester: "", approvers, now }, groups);
  if (!isRefusal(entitled)) return entitled;
  return refuse("MayNotRevoke", {
    what: `${requestId} was not revoked`,
    why: "only who asked for it, the team and the approvers can revoke it",
    fix: "ask one of them",
    ask: { groups: approvers.groups, users: [requester, ...approvers.users] },
  });
}

function mayNotCancel({ requestId, requester }: Asking): Refusal {
  return refuse("NotRequester", {
    what: `${requestId} was not cancelled`,
    why: "only who asked for it can cancel it",
    fix: "ask them, or an approver, who can deny it instead",
    ask: { groups: [], users: [requester] },
  });
}

function revokers({ approvers, teamGroup }: Rights): Approvers {
  return teamGroup === undefined
    ? approvers
    : { ...approvers, groups: [teamGroup, ...approvers.groups] };
}
