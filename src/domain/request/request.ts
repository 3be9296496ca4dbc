import type { Destination, GatewayRef, Grant, Scope } from "../grant.ts";
import type { RequestState } from "./lifecycle.ts";
import type { Refusal } from "../outcome.ts";
import type { Placement, Team } from "../directory.ts";
import type { Approvers, PolicyAction } from "../approval/policy.ts";
import type { Signed } from "./signature.ts";
import type { Evidence } from "../evidence/judge.ts";

/**
 * One request and everything that happened to it: what is stored under one key.
 * `state` and the other plain fields are what people are shown; what lanes act on is read only out of the
 * signed statements, through `believe` in `belief.ts`.
 */
export interface RequestRecord {
  readonly id: string;
  /** What is asked. Other kinds come with their own `asked`. */
  readonly kind: "grant";
  /** Raised by one with every write; the store refuses a write made from another version. */
  readonly version: number;
  readonly state: RequestState;
  /** When `state` was entered. Epoch milliseconds. */
  readonly since: number;
  readonly asked: Asked;
  /** The plan last shown. */
  readonly plan?: Plan;
  /** Plans that were approved and no longer hold, oldest first, at most the last 5. */
  readonly superseded?: readonly SupersededPlan[];
  /** In the order they were recorded. */
  readonly decisions: readonly Signed<Decision>[];
  readonly admission?: Signed<Admission>;
  readonly activation?: Signed<Activation>;
  readonly end?: Signed<End>;
  readonly evidence?: StoredEvidence;
  /** Why the request was refused, sent back to pending or could not be applied; for people. */
  readonly refusal?: Refusal;
}

/** A person in Slack; an id alone says nothing without its workspace. */
export interface Person {
  readonly userId: string;
  readonly teamId: string;
}

export interface Asked {
  readonly by: Person;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Where it was asked; its thread is the request's thread. */
  readonly channel: string;
  readonly threadTs: string;
  readonly team: string;
  readonly cluster: string;
  readonly gateway: GatewayRef;
  readonly scope: Scope;
  readonly destination: Destination;
  /** As typed, Unicode; differs from `destination.host` for an internationalised name. */
  readonly typedHost: string;
  readonly registrableDomain: string;
  readonly reason: string;
  readonly durationMs: number | undefined;
  readonly latestEnd: number;
}

export interface SupersededPlan {
  readonly grantDigest: string;
  /** When it was made. */
  readonly at: number;
  /** Why it no longer holds. */
  readonly why: string;
  /** Between it and the plan made in its place. */
  readonly differences: readonly PlanDifference[];
}

/** One thing that is another in two plans. */
export interface PlanDifference {
  /** Such as `rule.action.approvers.groups` or `ServiceEntry team-x/egress-cnn-com.spec.ports.0.number`. */
  readonly path: string;
  /** JSON, as `after`; "" = it is not there. */
  readonly before: string;
  readonly after: string;
}

/** One step the gateways lane would take before the grant can work. */
export interface Step {
  readonly kind:
    | "static-egress-feature"
    | "gateway-node-pool"
    | "namespace"
    | "static-gateway-configuration"
    | "egress-gateway";
  /** The thing: the cluster's name, a pool's name, `namespace/name`. */
  readonly target: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly madeAt: number;
  /** SHA-256 in hex; see `plan/grant-digest.ts`. Its first four digits are the short code of the card. */
  readonly grantDigest: string;
  /** What the digest is of, beside the objects. */
  readonly basis: PlanBasis;
  readonly namespaceUid: string;
  readonly steps: readonly Step[];
  /** Istio objects this grant alone compiles to. */
  readonly objectCount: number;
  /** Those objects as YAML, gateway facts symbolic where not observed yet. */
  readonly yaml: string;
  readonly warnings: readonly string[];
  /** Name of the policy rule that decided, and who may approve by it. */
  readonly rule: string;
  readonly approvers: Approvers;
  /** Addresses the name resolved to when the plan was made. */
  readonly addresses: readonly string[];
}

/** What an approval is bound to, beside the objects this grant alone compiles to. */
export interface PlanBasis {
  /** Azure resource id of the managed cluster, lower case. */
  readonly cluster: string;
  readonly gateway: GatewayRef;
  readonly namespaceUid: string;
  readonly scope: Scope;
  readonly destination: Destination;
  /** Milliseconds from activation; null where only the end is asked. */
  readonly durationMs: number | null;
  readonly latestEnd: number;
  /** Content of the policy rule that decided. */
  readonly rule: { readonly name: string; readonly action: PolicyAction };
  /** The team's whole entry in the directory. */
  readonly team: Team;
  readonly placement: Placement;
}

export type DecisionVerdict = "approve" | "deny" | "revoke";

/** What the bot signs for a person. Statement kind `decision`. */
export interface Decision {
  /** Unique; spent once. */
  readonly id: string;
  readonly requestId: string;
  readonly verdict: DecisionVerdict;
  /** The plan the person had before them. */
  readonly grantDigest: string;
  readonly by: Person;
  /** What gave the right: a group the person was in, the list of users, or being the requester (revoke). */
  readonly entitlement: Entitlement;
  readonly surface: "button" | "typed";
  /** Slack's id of the event or click. */
  readonly eventId: string;
  readonly at: number;
  readonly reason?: string;
}

export type Entitlement =
  | { readonly kind: "group"; readonly group: string; readonly checkedAt: number }
  | { readonly kind: "user"; readonly checkedAt: number }
  | { readonly kind: "requester"; readonly checkedAt: number };

/** What the worker signs when it admits. Statement kind `admission`. */
export interface Admission {
  readonly requestId: string;
  readonly grants: readonly Grant[];
  readonly grantDigest: string;
  /** Ids of the decisions it spent. */
  readonly decisions: readonly string[];
  readonly namespaceUid: string;
  readonly steps: readonly Step[];
  readonly at: number;
}

/** Statement kind `activation`: the clock of the grant starts. */
export interface Activation {
  readonly requestId: string;
  readonly at: number;
  /** Never after the admitted grants' `latestEnd`. */
  readonly endsAt: number;
}

/** Statement kind `end`: the positive evidence without which nothing is deleted. */
export interface End {
  readonly requestId: string;
  readonly cause: EndCause;
  readonly at: number;
}

export type EndCause = "revoked" | "expired" | "unproven";

export interface StoredEvidence extends Evidence {
  readonly at: number;
  /** Raised by one whenever a verdict changes: people are told once per number. */
  readonly serial: number;
  readonly egressIpPrefix: string | undefined;
  /** Of a request that ended: whether the refusal was proven. */
  readonly removal?: Evidence;
}

/** What lanes do and wait for on a request's behalf; for people. Kept beside the record: it changes often. */
export interface Progress {
  readonly lines: readonly ProgressLine[];
}

export interface ProgressLine {
  readonly step: Step["kind"] | "egress-ip-prefix" | "istio-objects" | "verification";
  readonly status: "done" | "running" | "waiting" | "failed" | "todo";
  /** For what, in words. */
  readonly text: string;
  readonly since?: number;
  /** How long it usually takes. */
  readonly usually?: string;
}
