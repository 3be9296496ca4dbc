import { z } from "zod";
import type { AdminAsked, Asked, Decision, Admission, Activation, End } from "../request.ts";
import * as shape from "../shapes.ts";

/*
 * request ─▶ plan ─▶ card ─▶ decision(s) ─▶ admission ─▶ activation ─▶ end
 *
 * Each names, by digest, what it rests on. `request` and `decision` are signed with the bot's decision key, the others
 * with the worker's. A `record` is anything else a process signs because it keeps it where others can write.
 */
export const STATEMENT_KINDS = [
  "request",
  "plan",
  "card",
  "decision",
  "admission",
  "activation",
  "end",
  "record",
] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/** Who asked what, by which Slack event. */
export interface RequestStatement {
  readonly requestId: string;
  readonly cluster: string;
  readonly asked: Asked | AdminAsked;
  /** Slack's id of the event or command it was made from. */
  readonly eventId: string;
}

/** What would be done for a request, and who may approve it. */
export interface PlanStatement {
  readonly requestId: string;
  readonly cluster: string;
  /** Digest of the `request` statement. */
  readonly request: string;
  readonly grantDigest: string;
  readonly namespaceUid: string;
  readonly steps: Admission["steps"];
  readonly rule: string;
  readonly approvers: { readonly groups: readonly string[]; readonly users: readonly string[] };
  readonly at: number;
}

/** Which message shows which plan: what people decide on. */
export interface CardStatement {
  readonly requestId: string;
  readonly cluster: string;
  /** Digest of the `plan` statement. */
  readonly plan: string;
  readonly channel: string;
  /** Slack's id of the message. */
  readonly ts: string;
  /** The thread typed decisions are written in. */
  readonly threadTs: string;
  readonly at: number;
}

/** Anything a process keeps in Redis: `name` says what it is and where it belongs, so that one is never read as another. */
export interface RecordStatement {
  readonly name: string;
  readonly value: unknown;
}

interface Payloads {
  readonly request: RequestStatement;
  readonly plan: PlanStatement;
  readonly card: CardStatement;
  readonly decision: Decision;
  readonly admission: Admission;
  readonly activation: Activation;
  readonly end: End;
  readonly record: RecordStatement;
}
export type PayloadOf<Kind extends StatementKind> = Payloads[Kind];

const EventId = z.string().min(1).max(256);
const Uid = z.string().min(1).max(64);
const Cluster = z.string().min(1).max(63);
const About = { requestId: shape.RequestId, cluster: Cluster };

const Entitlement = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("group"), group: z.string().max(32), checkedAt: shape.EpochMs }),
  z.object({ kind: z.literal("user"), checkedAt: shape.EpochMs }),
  z.object({ kind: z.literal("requester"), checkedAt: shape.EpochMs }),
]);

const Common = {
  id: z.string().min(1).max(64),
  cluster: Cluster,
  by: shape.Person,
  entitlement: Entitlement,
  surface: z.enum(["button", "typed"]),
  eventId: EventId,
  at: shape.EpochMs,
  reason: z.string().max(4000).optional(),
  config: shape.Digest.optional(),
};

const DecisionPayload = z.discriminatedUnion("about", [
  z.object({
    about: z.literal("request"),
    ...Common,
    requestId: shape.RequestId,
    verdict: z.enum(["approve", "deny", "cancel", "revoke"]),
    grantIds: z.exactOptional(z.array(shape.GrantId).min(1).max(shape.MOST_DESTINATIONS)),
    request: shape.Digest,
    plan: shape.Digest.optional(),
    card: shape.Digest.optional(),
    grantDigest: shape.Digest.optional(),
  }),
  z.object({
    about: z.literal("cluster"),
    ...Common,
    verdict: z.enum(["freeze", "unfreeze"]),
    lifts: z.array(z.string().min(1).max(64)).max(64).optional(),
  }),
]);

/** How each payload is read, once its signature is known to be good. */
export const PAYLOADS: Readonly<Record<StatementKind, z.ZodType>> = {
  request: z.object({
    ...About,
    asked: z.union([shape.Asked, shape.AdminAsked]),
    eventId: EventId,
  }),
  plan: z.object({
    ...About,
    request: shape.Digest,
    grantDigest: shape.Digest,
    namespaceUid: Uid,
    steps: z.array(shape.Step).max(64),
    rule: z.string().max(253),
    approvers: shape.Approvers,
    at: shape.EpochMs,
  }),
  card: z.object({
    ...About,
    plan: shape.Digest,
    channel: z.string().max(64),
    ts: z.string().max(64),
    threadTs: z.string().max(64),
    at: shape.EpochMs,
  }),
  decision: DecisionPayload,
  admission: z.object({
    ...About,
    uid: Uid,
    namespaceUid: Uid,
    clusterUid: Uid,
    request: shape.Digest,
    plan: shape.Digest,
    decisions: z.array(shape.Digest).min(1).max(10),
    grantDigest: shape.Digest,
    grants: z.array(shape.Grant).min(1).max(10),
    steps: z.array(shape.Step).max(64),
    latestEnd: shape.EpochMs,
    at: shape.EpochMs,
  }),
  activation: z.object({
    ...About,
    uid: Uid,
    admission: shape.Digest,
    at: shape.EpochMs,
    endsAt: shape.EpochMs,
  }),
  end: z.object({
    ...About,
    /** Which of its grants; all where left out. */
    grantIds: z.array(shape.GrantId).max(10),
    cause: z.enum(shape.END_CAUSES),
    /** Digest of the decision it answers, if one. */
    answers: shape.Digest.optional(),
    by: shape.Person.optional(),
    at: shape.EpochMs,
  }),
  record: z.object({ name: z.string().min(1).max(512), value: z.unknown() }),
};

/** A payload of this kind; undefined where it is none. */
export function parsePayload<Kind extends StatementKind>(
  kind: Kind,
  value: unknown,
): PayloadOf<Kind> | undefined {
  const parsed = PAYLOADS[kind].safeParse(value);
  // The schema boundary: each kind's schema gives that kind's payload.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return parsed.success ? (parsed.data as PayloadOf<Kind>) : undefined;
}
