import type { Order } from "../admin/order.ts";
import type { ReachedToday } from "../admin/registry-only/reached.ts";
import type { Destination, GatewayRef, Grant, Scope } from "../grant.ts";
import type { RequestState } from "./lifecycle.ts";
import type { END_CAUSES, STEP_KINDS } from "./shapes.ts";
import type { Refusal } from "../outcome.ts";
import type { Placement, Team } from "../directory.ts";
import type { Approvers, PolicyAction } from "../approval/policy.ts";
import type { Signed } from "./signed/signature.ts";
import type { CardStatement, PlanStatement, RequestStatement } from "./signed/statements.ts";
import type { EndedAlone, StoredEvidence } from "./stored-evidence.ts";
import type { AdoptionText } from "../plan/adoption/adoption-text.ts";

/**
 * One request for egress and everything that happened to it: what is stored under one key.
 * It gives nobody a right: what is open in a cluster is what the signed EgressGrants in that cluster say. What stands
 * here of an admitted request is a copy, for people.
 */
export interface RequestRecord extends AnyRecord {
  readonly kind: "grant";
  readonly asked: Asked;
  /** The plan last shown. */
  readonly plan?: Plan;
  readonly admission?: Signed<Admission>;
  readonly activation?: Signed<Activation>;
  readonly end?: Signed<End>;
  /** Of several grants, by id: what ended alone, while others go on. */
  readonly endedAlone?: Readonly<Record<string, EndedAlone>>;
  readonly evidence?: StoredEvidence;
}

/** One request for something to be done to a cluster. What is being done stands in its EgressCluster. */
export interface AdminRecord extends AnyRecord {
  readonly kind: "admin";
  readonly asked: AdminAsked;
  readonly plan?: AdminPlan;
  /** What stayed when it was done, and why. */
  readonly left?: readonly string[];
  readonly admission?: never;
  readonly activation?: never;
  readonly end?: never;
  readonly endedAlone?: never;
  readonly evidence?: never;
}

/** What people can ask and decide on. */
export type AnyRequest = RequestRecord | AdminRecord;

/** One that is not stored yet. */
export type NewRequest = Omit<RequestRecord, "version"> | Omit<AdminRecord, "version">;

/** What changes of a stored one. */
export type RequestPatch = Partial<
  Omit<RequestRecord, "id" | "kind" | "version" | "asked" | "plan"> & {
    readonly plan: Plan | AdminPlan;
    readonly left: readonly string[];
  }
>;

/** What all kinds have in common. */
interface AnyRecord {
  readonly id: string;
  /** Raised by one with every write; the store refuses a write made from another version. */
  readonly version: number;
  readonly state: RequestState;
  /** When `state` was entered. Epoch milliseconds. */
  readonly since: number;
  /** What was asked, as the bot signed it. */
  readonly request: Signed<RequestStatement>;
  /** That plan, as the worker signed it. */
  readonly planned?: Signed<PlanStatement>;
  /** Which message shows that plan: nobody decides on another. */
  readonly card?: Signed<CardStatement>;
  /** Plans that were approved and no longer hold, oldest first, at most the last 5. */
  readonly superseded?: readonly SupersededPlan[];
  /** In the order they were recorded. */
  readonly decisions: readonly Signed<RequestDecision>[];
  /** Why the request was refused, sent back to pending or could not be applied; for people. */
  readonly refusal?: Refusal;
}

/** A person in Slack; an id alone says nothing without its workspace. */
export interface Person {
  readonly userId: string;
  readonly teamId: string;
}

/** One destination of a request, as somebody typed it. */
export interface AskedDestination {
  readonly destination: Destination;
  /** As typed, Unicode; differs from `destination.host` for an internationalised name. */
  readonly typedHost: string;
  readonly registrableDomain: string;
}

/** Who asked, where and why; `latestEnd` is when a grant is over at the latest, and an order can no longer be admitted. */
export interface AskedBy {
  readonly by: Person;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Where it was asked; its thread is the request's thread. */
  readonly channel: string;
  readonly threadTs: string;
  readonly cluster: string;
  readonly reason: string;
  readonly latestEnd: number;
}

/** What is asked; its own destination is the first. */
export interface Asked extends AskedDestination, AskedBy {
  readonly team: string;
  readonly gateway: GatewayRef;
  readonly scope: Scope;
  /** The other destinations, in the order in which they were written; there only where there are several. */
  readonly also?: readonly AskedDestination[];
  readonly durationMs: number | undefined;
  /** The request whose grants go on by this one: they end once it is active. */
  readonly follows?: string;
  /** Of one that gives otherwise than those grants: other limits, accounts or another end of the same door. */
  readonly amends?: true;
  /** Of one that moves them to another gateway: not before this long after its admission. Milliseconds. */
  readonly takesOverAfterMs?: number;
}

/** What an approver asks to be done to a cluster. */
export interface AdminAsked extends AskedBy {
  readonly order: Order;
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
  readonly kind: (typeof STEP_KINDS)[number];
  /** The thing: the cluster's name, a pool's name, `namespace/name`. */
  readonly target: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly madeAt: number;
  /** SHA-256 in hex; see `plan/grant-digest.ts`. Its first eight digits are the short code of the card. */
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
  /** What nobody could look at, in words; there only where there is some. */
  readonly notJudged?: readonly string[];
  /** What is given now, of each destination in their order; there only where that is amended. */
  readonly before?: readonly GivenBefore[];
  /** How the namespace moves from what others show it for the host, where they do. */
  readonly adoption?: AdoptionText;
  /** Name of the policy rule that decided, and who may approve by it. */
  readonly rule: string;
  readonly approvers: Approvers;
  /** Addresses the name resolved to when the plan was made; of several names, of all. */
  readonly addresses: readonly string[];
  /** Of several destinations, in the order they were asked: what is said of each alone. */
  readonly each?: readonly PlannedDestination[];
}

/** What an open grant gives, and until when. Epoch ms. */
export interface GivenBefore {
  readonly scope: Scope;
  readonly destination: Destination;
  readonly endsAt: number;
}

/** What would be done for an order. */
export interface AdminPlan {
  readonly madeAt: number;
  /** SHA-256 in hex; see `admin/order-digest.ts`. */
  readonly grantDigest: string;
  /** What the digest is of. */
  readonly basis: AdminBasis;
  /** UID of the cluster's namespace kube-system. */
  readonly namespaceUid: string;
  /** What is taken away or written, in this order. */
  readonly steps: readonly Step[];
  /** What stays as it is, or open, and why. */
  readonly left: readonly string[];
  /** Of an order that closes: what it will refuse, as far as logs show. */
  readonly reached?: ReachedToday;
  readonly rule: string;
  readonly approvers: Approvers;
}

export interface AdminBasis {
  /** Azure resource id of the managed cluster, lower case. */
  readonly cluster: string;
  readonly clusterUid: string;
  readonly order: Order;
  readonly rule: DecidingRule;
}

export interface PlannedDestination {
  readonly addresses: readonly string[];
  readonly warnings: readonly string[];
  readonly adoption?: AdoptionText;
}

/** What an approval is bound to, beside the objects this grant alone compiles to. */
export interface PlanBasis {
  /** Azure resource id of the managed cluster, lower case. */
  readonly cluster: string;
  readonly gateway: GatewayRef;
  readonly namespaceUid: string;
  readonly scope: Scope;
  readonly destination: Destination;
  /** The others, in their order; there only where there are several. */
  readonly also?: readonly Destination[];
  /** Milliseconds from activation; null where only the end is asked. */
  readonly durationMs: number | null;
  readonly latestEnd: number;
  /** Content of the policy rule that decided. */
  readonly rule: DecidingRule;
  /** Of each destination, in their order; there only where there are several. */
  readonly rules?: readonly DecidingRule[];
  /** The request that this one ends once it is active. */
  readonly follows?: string;
  /** There only where it gives otherwise than that one. */
  readonly amends?: true;
  /** Milliseconds from admission; there only where it moves that one to another gateway. */
  readonly takesOverAfterMs?: number;
  /** The team's whole entry in the directory. */
  readonly team: Team;
  readonly placement: Placement;
}

export interface DecidingRule {
  readonly name: string;
  readonly action: PolicyAction;
}

export type DecisionVerdict = "approve" | "deny" | "cancel" | "revoke";

interface Decided {
  /** Unique; spent once. */
  readonly id: string;
  readonly cluster: string;
  readonly by: Person;
  /** What gave the right: a group the person was in, the list of users, or being the requester. */
  readonly entitlement: Entitlement;
  readonly surface: "button" | "typed";
  /** Slack's id of the event or click: each decides once. */
  readonly eventId: string;
  readonly at: number;
  readonly reason?: string;
  /** Digest of the bot's configuration: a worker with another one admits nothing. */
  readonly config?: string;
}

/** What the bot signs for a person about a request. The digests are of the statements the person had before them. */
export interface RequestDecision extends Decided {
  readonly about: "request";
  readonly requestId: string;
  readonly verdict: DecisionVerdict;
  /** Of a revoke: which of the request's grants. Left out = all. */
  readonly grantIds?: readonly string[];
  readonly request: string;
  /** None where there was no plan yet (a cancel), or none is needed (a revoke). */
  readonly plan?: string;
  readonly card?: string;
  readonly grantDigest?: string;
}

/** Stops everything but expiry and revoke in a cluster, or lifts that. */
export interface ClusterDecision extends Decided {
  readonly about: "cluster";
  readonly verdict: "freeze" | "unfreeze";
  /** Ids of the freezes an `unfreeze` lifts: those its author was shown. */
  readonly lifts?: readonly string[];
}

export type Decision = RequestDecision | ClusterDecision;

export type Entitlement =
  | { readonly kind: "group"; readonly group: string; readonly checkedAt: number }
  | { readonly kind: "user"; readonly checkedAt: number }
  | { readonly kind: "requester"; readonly checkedAt: number };

/** What the worker signs when it admits: from then on the object of this UID in the cluster may open. */
export interface Admission {
  readonly requestId: string;
  readonly cluster: string;
  /** Of the EgressGrant. */
  readonly uid: string;
  readonly namespaceUid: string;
  /** Of the namespace kube-system, which every cluster has once. */
  readonly clusterUid: string;
  /** Digests of the statements it rests on. */
  readonly request: string;
  readonly plan: string;
  readonly decisions: readonly string[];
  readonly grantDigest: string;
  readonly grants: readonly Grant[];
  readonly steps: readonly Step[];
  readonly latestEnd: number;
  readonly at: number;
}

/** The clock of the grant starts. */
export interface Activation {
  readonly requestId: string;
  readonly cluster: string;
  /** Of the EgressGrant. */
  readonly uid: string;
  /** Digest of the admission. */
  readonly admission: string;
  readonly at: number;
  /** Never after the admission's `latestEnd`. */
  readonly endsAt: number;
}

/** The positive evidence without which nothing is deleted. */
export interface End {
  readonly requestId: string;
  readonly cluster: string;
  /** Which of the request's grants. Empty = the request itself, and all of them. */
  readonly grantIds: readonly string[];
  readonly cause: EndCause;
  /** Digest of the decision it carries out, if one. */
  readonly answers?: string;
  /** Who decided it: to be named where the decision itself is nowhere else. */
  readonly by?: Person;
  readonly at: number;
}

/** The decision an end carries out, if one. */
export type Answered = Pick<End, "answers" | "by">;

export type EndCause = (typeof END_CAUSES)[number];

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
