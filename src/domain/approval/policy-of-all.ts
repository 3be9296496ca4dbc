import { endpoint } from "../grant.ts";
import { type Refusal, refuse } from "../outcome.ts";
import { asksSeveral, destinationsAsked } from "../request/destinations-asked.ts";
import type { Asked, DecidingRule } from "../request/request.ts";
import {
  type Approvers,
  approversOfAll,
  evaluatePolicy,
  type Policy,
  type PolicyVerdict,
} from "./policy.ts";

/** What policy says of each destination a request asks for. */
export function verdictsOf(policy: Policy, asked: Asked): readonly PolicyVerdict[] {
  return destinationsAsked(asked).map(({ destination }) =>
    evaluatePolicy(policy, {
      ...destination,
      team: asked.team,
      cluster: asked.cluster,
      requester: asked.by.userId,
      durationMs: asked.durationMs ?? asked.latestEnd - asked.at,
    }),
  );
}

export function deniedBy(
  asked: Asked,
  verdicts: readonly PolicyVerdict[],
  at: number,
): Refusal | undefined {
  const verdict = verdicts[at];
  const destination = destinationsAsked(asked)[at]?.destination;
  if (verdict?.action.kind !== "deny" || destination === undefined) return undefined;
  return refuse("DeniedByPolicy", {
    what: `${endpoint(destination)} for team ${asked.team} is denied`,
    why: `policy rule "${verdict.rule}" says: ${verdict.action.reason}`,
    fix: "talk to the approvers if the rule should not cover this",
  });
}

/** One approval is for all destinations of a request, so it takes somebody who may approve each. */
export function nobodyForAll(
  asked: Asked,
  verdicts: readonly PolicyVerdict[],
): Refusal | undefined {
  const { approvers } = decidedBy(verdicts);
  if (!asksSeveral(asked) || approvers.groups.length + approvers.users.length > 0) return undefined;
  const whose = destinationsAsked(asked).map(
    ({ destination }, at) => `${endpoint(destination)} by ${ruleText(verdicts[at])}`,
  );
  return refuse("OtherApprovers", {
    what: `egress to ${whose.length} destinations for team ${asked.team} was not planned`,
    why: `one approval is for all of them, and nobody may approve each: ${whose.join(", ")}`,
    fix: "ask for those that other people decide on in a message of their own",
  });
}

function ruleText(verdict: PolicyVerdict | undefined): string {
  return verdict === undefined || verdict.rule === "default"
    ? "the default approvers"
    : `rule "${verdict.rule}"`;
}

/** The longest a signed plan takes. Characters. */
const LONGEST_NAMES = 253;

/** What decides about all of them: each rule, and who may approve each destination. */
export function decidedBy(verdicts: readonly PolicyVerdict[]): {
  readonly rule: DecidingRule;
  readonly rules: readonly DecidingRule[];
  /** Of the rules, each once. */
  readonly names: string;
  readonly approvers: Approvers;
} {
  const rules = verdicts.map(({ rule: name, action }) => ({ name, action }));
  const [rule = NOBODYS] = rules;
  const asking = rules.flatMap(({ action }) => (action.kind === "ask" ? [action.approvers] : []));
  return {
    rule,
    rules,
    names: [...new Set(rules.map(({ name }) => name))].join(", ").slice(0, LONGEST_NAMES),
    approvers: approversOfAll(asking),
  };
}

const NOBODYS: DecidingRule = { name: "", action: { kind: "deny", reason: "nothing is asked" } };
