import { includes, isWildcard, overlaps } from "../network/wildcard.ts";

/** Approval policy as data: the first rule that matches decides; none matching = `ask` with the default stage. */
export interface Policy {
  readonly rules: readonly PolicyRule[];
  /** The stage of a request no rule matches. */
  readonly approvers: Approvers;
  /** Whether a wildcard may be asked for, where the deciding rule does not say. */
  readonly wildcards: boolean;
}

export interface PolicyRule {
  /** Shown on the card: "decided by rule `payment providers`". */
  readonly name: string;
  readonly when: PolicyCondition;
  readonly action: PolicyAction;
  /** Whether a wildcard may be asked for by this rule. */
  readonly wildcards?: boolean;
}

/** Every given condition must hold; a list holds if one of its entries does. */
export interface PolicyCondition {
  /** Exact host, or `*.example.com` for every host below (not example.com itself). */
  readonly hosts?: readonly string[];
  readonly ports?: readonly number[];
  readonly modes?: readonly string[];
  readonly teams?: readonly string[];
  readonly clusters?: readonly string[];
  /** Slack user ids. */
  readonly requesters?: readonly string[];
  /** Holds for durations longer than this. Milliseconds. */
  readonly longerThanMs?: number;
}

export type PolicyAction =
  | { readonly kind: "deny"; readonly reason: string }
  | { readonly kind: "ask"; readonly approvers: Approvers };

/** One stage of quorum 1: any one of these may approve. At least one group or user. */
export interface Approvers {
  /** Slack user group ids. */
  readonly groups: readonly string[];
  /** Slack user ids. */
  readonly users: readonly string[];
}

/** The facts a rule looks at. */
export interface PolicyInput {
  /** A host, or a wildcard. */
  readonly host: string;
  /** Of a wildcard: the host the gateway connects to. */
  readonly via?: string;
  readonly port: number;
  readonly mode: string;
  readonly team: string;
  readonly cluster: string;
  readonly requester: string;
  readonly durationMs: number;
}

export interface PolicyVerdict {
  /** The rule's name, or `default`. */
  readonly rule: string;
  readonly action: PolicyAction;
}

/**
 * A wildcard is asked for only as each of its names, and the host it goes via, would be by themselves: by the same rule.
 * Where a rule decides about some of them alone, it is denied.
 */
export function evaluatePolicy(policy: Policy, input: PolicyInput): PolicyVerdict {
  for (const { name, when, action, wildcards = policy.wildcards } of policy.rules) {
    const named = isMatching(when, input) ? namedBy(when.hosts, input) : "none";
    if (named === "none") continue;
    if (action.kind === "deny") return { rule: name, action };
    if (named === "some") return { rule: name, action: { kind: "deny", reason: PARTLY } };
    return { rule: name, action: forWildcard(input, wildcards) ?? action };
  }
  const asking: PolicyAction = { kind: "ask", approvers: policy.approvers };
  return { rule: "default", action: forWildcard(input, policy.wildcards) ?? asking };
}

const PARTLY =
  "it decides about some of the names this wildcard stands for, or about its via host, and not about all of them; name each host";

function forWildcard({ host }: PolicyInput, isAllowed: boolean): PolicyAction | undefined {
  return isAllowed || !isWildcard(host)
    ? undefined
    : { kind: "deny", reason: "it allows no wildcards (`wildcards: true`); name each host" };
}

/** Everything that a rule looks at but hosts. */
function isMatching(when: PolicyCondition, input: PolicyInput): boolean {
  const { longerThanMs } = when;
  return (
    isIn(when.ports, input.port) &&
    isIn(when.modes, input.mode) &&
    isIn(when.teams, input.team) &&
    isIn(when.clusters, input.cluster) &&
    isIn(when.requesters, input.requester) &&
    (longerThanMs === undefined || input.durationMs > longerThanMs)
  );
}

function isIn<Value>(list: readonly Value[] | undefined, value: Value): boolean {
  return list === undefined || list.includes(value);
}

/** How many of the names that are asked for a rule names: of a wildcard, the host it goes via is one of them. */
function namedBy(
  hosts: readonly string[] | undefined,
  { host, via }: PolicyInput,
): "all" | "some" | "none" {
  if (hosts === undefined) return "all";
  const asked = via === undefined ? [host] : [host, via];
  if (asked.every((name) => hosts.some((pattern) => includes(pattern, name)))) return "all";
  const isNamed = asked.some((name) => hosts.some((pattern) => overlaps(pattern, name)));
  return isNamed ? "some" : "none";
}

/** Those who may decide on each of several: a group or user that is named for one of them alone may not. */
export function approversOfAll(each: readonly Approvers[]): Approvers {
  return {
    groups: inAll(each.map(({ groups }) => groups)),
    users: inAll(each.map(({ users }) => users)),
  };
}

/** Those who may decide on any of several. */
export function approversOfAny(each: readonly Approvers[]): Approvers {
  return {
    groups: [...new Set(each.flatMap(({ groups }) => groups))],
    users: [...new Set(each.flatMap(({ users }) => users))],
  };
}

function inAll([first = [], ...others]: readonly (readonly string[])[]): readonly string[] {
  return first.filter((name) => others.every((each) => each.includes(name)));
}
