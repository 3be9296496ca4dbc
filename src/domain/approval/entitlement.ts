import { type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import type { Approvers } from "./policy.ts";
import type { Entitlement } from "../request/request.ts";

/** What is known of the person who decides, gathered beforehand. */
export interface DecisionMaker {
  readonly userId: string;
  readonly teamId: string;
  readonly deactivated: boolean;
  readonly bot: boolean;
  readonly guest: boolean;
  readonly stranger: boolean;
}

/** A user group as Slack lists it now. */
export interface GroupMembers {
  readonly group: string;
  readonly users: readonly string[];
  readonly checkedAt: number;
}

/** Why somebody is no live, full member of the home workspace. */
export type MemberProblem = "unknown" | "deactivated" | "bot" | "other-organisation" | "guest";

export function memberProblem(
  person: DecisionMaker | undefined,
  homeTeam: string,
): MemberProblem | undefined {
  if (person === undefined) return "unknown";
  if (person.deactivated) return "deactivated";
  if (person.bot) return "bot";
  if (person.stranger || person.teamId !== homeTeam) return "other-organisation";
  return person.guest ? "guest" : undefined;
}

const MEMBER_REFUSALS: Readonly<Record<MemberProblem, Refusal>> = {
  unknown: no(
    "UnknownPerson",
    "Slack does not know this account",
    "ask somebody of your workspace",
  ),
  deactivated: no(
    "Deactivated",
    "this account is deactivated",
    "ask a current colleague to decide",
  ),
  bot: no("BotCannotDecide", "bots and apps cannot decide", "a person has to do it"),
  "other-organisation": no(
    "OtherOrganisation",
    "this account belongs to another organisation",
    "ask a member of this workspace",
  ),
  guest: no("GuestCannotDecide", "guests cannot decide", "ask a full member of this workspace"),
};

/** Nobody but a live, full member of the home workspace decides anything. */
export function memberRefusal(
  person: DecisionMaker | undefined,
  homeTeam: string,
): Refusal | undefined {
  const problem = memberProblem(person, homeTeam);
  return problem === undefined ? undefined : MEMBER_REFUSALS[problem];
}

/** The same person, where they are one. */
export function asMember(
  person: DecisionMaker | undefined,
  homeTeam: string,
): DecisionMaker | Refusal {
  if (person === undefined) return MEMBER_REFUSALS.unknown;
  return memberRefusal(person, homeTeam) ?? person;
}

function no(reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: "your decision was not recorded", why, fix });
}

/** Where a message or click comes from, beside the account it names. */
export interface ActSource {
  readonly teamId: string;
  /** An app sent it, with a person's token: https://docs.slack.dev/authentication/tokens#user */
  readonly byApp: boolean;
}

/** Messages and clicks of apps, or of people of another workspace, decide nothing. */
export function sourceRefusal({ teamId, byApp }: ActSource, homeTeam: string): Refusal | undefined {
  if (byApp)
    return no(
      "ByApp",
      "an app wrote this in your name, and apps cannot decide",
      "write it yourself, or use the button",
    );
  return teamId === homeTeam ? undefined : MEMBER_REFUSALS["other-organisation"];
}

/** Whether this person may approve or deny: never who asked, and only by the groups or the list the rule names. */
export function approverEntitlement(
  person: DecisionMaker,
  request: { readonly requester: string; readonly approvers: Approvers; readonly now: number },
  groups: readonly GroupMembers[],
): Entitlement | Refusal {
  if (person.userId === request.requester) {
    return no("OwnRequest", "you asked for this yourself", "another approver has to decide");
  }
  const group = groups.find((candidate) => candidate.users.includes(person.userId));
  if (group !== undefined) return { kind: "group", group: group.group, checkedAt: group.checkedAt };
  if (request.approvers.users.includes(person.userId))
    return { kind: "user", checkedAt: request.now };
  return {
    ...no("NotAnApprover", "you are not among the approvers of this request", "ask one of them"),
    ask: request.approvers,
  };
}
