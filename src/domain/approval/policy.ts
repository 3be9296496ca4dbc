/** Approval policy as data: the first rule that matches decides; none matching = `ask` with the default stage. */
export interface Policy {
  readonly rules: readonly PolicyRule[];
  /** The stage of a request no rule matches. */
  readonly approvers: Approvers;
}

export interface PolicyRule {
  /** Shown on the card: "decided by rule `payment providers`". */
  readonly name: string;
  readonly when: PolicyCondition;
  readonly action: PolicyAction;
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
  readonly host: string;
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

export function evaluatePolicy(policy: Policy, input: PolicyInput): PolicyVerdict {
  const rule = policy.rules.find((candidate) => matches(candidate.when, input));
  return rule === undefined
    ? { rule: "default", action: { kind: "ask", approvers: policy.approvers } }
    : { rule: rule.name, action: rule.action };
}

function matches(when: PolicyCondition, input: PolicyInput): boolean {
  const { hosts, longerThanMs } = when;
  return (
    (hosts === undefined || hosts.some((pattern) => hostMatches(pattern, input.host))) &&
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

function hostMatches(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}
