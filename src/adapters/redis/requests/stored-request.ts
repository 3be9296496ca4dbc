// This file is a schema boundary: a checked value gets the domain's own type here.
/* oxlint-disable typescript/no-unsafe-type-assertion */
import { GUESS_KINDS } from "#src/domain/evidence/probe/wrong-guess.ts";
import { z } from "zod";
import { jsonIn } from "#src/domain/json.ts";
import type { Envelope } from "#src/domain/request/signed/envelope.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import { asksForEgress } from "#src/domain/request/kinds.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import * as shape from "#src/domain/request/shapes.ts";
import { decodeStatement, type Signed, type Trust } from "#src/domain/request/signed/signature.ts";
import type { PayloadOf, StatementKind } from "#src/domain/request/signed/statements.ts";
import type { Signer } from "#src/ports/keys.ts";
import { openRecord, overwritten, parseText, type Reader, sealRecord } from "../records.ts";

/*
 * {"version":3,"cluster":"prod-1","team":"team-x","state":"pending","record":{…envelope…}}
 *
 * The script compares the version, and lists skip what does not match, by the head of the text. Nothing of the head is
 * believed: the record says all of it again, under its signature, and one with another head is nobody's.
 */

const HEAD =
  /^\{"version":\d{1,15},"cluster":("(?:[^"\\]|\\.)*"),"team":("(?:[^"\\]|\\.)*"),"state":"([a-z]*)","record":/;

/** Bytes of a text that hold its head; one with longer names is read whole. */
export const HEAD_BYTES = 256;

export interface Head {
  readonly cluster: string;
  readonly team: string;
  readonly state: string;
}

/** Undefined where the text has none: then only the whole of it says what it is. */
export function headOf(text: string): Head | undefined {
  const [found, cluster, team, state] = HEAD.exec(text) ?? [];
  if (found === undefined) return undefined;
  const names = Names.safeParse(jsonIn(`[${cluster},${team}]`)).data;
  return names && { cluster: names[0], team: names[1], state: state ?? "" };
}

const Names = z.tuple([z.string(), z.string()]);

export function versionOf(text: string): number {
  return Number(/^\{"version":(\d{1,15}),/.exec(text)?.[1] ?? 0);
}

export function requestText(signer: Signer, record: AnyRequest): string {
  return textOf(record, sealRecord(signer, `request:${record.id}`, toStored(record)));
}

function textOf({ version, asked, state }: AnyRequest, envelope: Envelope): string {
  const { cluster } = asked;
  return JSON.stringify({ version, cluster, team: teamOf(asked), state, record: envelope });
}

/** Whose request it is; "" of what concerns a cluster. */
export function teamOf(asked: AnyRequest["asked"]): string {
  return asksForEgress(asked) ? asked.team : "";
}

/** @throws FatalError `StoreOverwritten` where the text is not what one of us wrote as the request of this id. */
export function parseRequest(reader: Reader, id: string, text: string): AnyRequest {
  const what = `request ${id}`;
  const envelope = Outer.safeParse(parseText(what, text)).data?.record;
  const value = openRecord(reader, `request:${id}`, envelope);
  const checked = StoredRequest.safeParse(value);
  if (!checked.success) throw overwritten(what, checked.error);
  const record = fromStored(reader.trust, what, value as Stored);
  // `envelope` was verified, so it has an envelope's shape.
  if (record.id !== id || textOf(record, envelope as Envelope) !== text)
    throw overwritten(what, new Error("what stands around the record differs from it"));
  return record;
}

const Outer = z.object({ record: z.unknown() });

/** A statement is stored as its envelope alone: whoever acts on it verifies it. */
type Stored = Omit<AnyRequest, StatementField | "decisions"> & {
  readonly [Field in StatementField]?: unknown;
} & { readonly decisions: readonly unknown[] };

const STATEMENTS = {
  request: "request",
  planned: "plan",
  card: "card",
  admission: "admission",
  activation: "activation",
  end: "end",
} as const satisfies Readonly<Partial<Record<keyof AnyRequest, StatementKind>>>;
type StatementField = keyof typeof STATEMENTS;
const FIELDS = Object.keys(STATEMENTS) as readonly StatementField[];

function toStored(record: AnyRequest): Stored {
  const { request, planned, card, admission, activation, end, decisions, ...rest } = record;
  const statements = { request, planned, card, admission, activation, end };
  return {
    ...rest,
    ...Object.fromEntries(FIELDS.map((field) => [field, statements[field]?.envelope])),
    decisions: decisions.map(({ envelope }) => envelope),
  };
}

function fromStored(trust: Trust, what: string, stored: Stored): AnyRequest {
  function decode<Kind extends StatementKind>(kind: Kind, raw: unknown): Signed<PayloadOf<Kind>> {
    const decoded = decodeStatement(trust, raw, kind);
    if (decoded.opened) return decoded.statement;
    throw overwritten(what, new Error(`its ${kind} statement: ${decoded.problem}`));
  }
  const statements = FIELDS.filter((field) => stored[field] !== undefined).map(
    (field) => [field, decode(STATEMENTS[field], stored[field])] as const,
  );
  return {
    ...stored,
    ...Object.fromEntries(statements),
    decisions: stored.decisions.map((raw) => decode("decision", raw)),
  } as AnyRequest;
}

const Adoption = z.object({ headline: z.string(), steps: z.array(z.string()) });

const Guess = z.object({
  kind: z.enum(GUESS_KINDS),
  instead: z.array(shape.Destination).min(1).max(4),
});

const Plan = z.object({
  madeAt: shape.EpochMs,
  grantDigest: shape.Digest,
  basis: z.object({ namespaceUid: z.string() }),
  namespaceUid: z.string(),
  steps: z.array(shape.Step),
  objectCount: z.number(),
  yaml: z.string(),
  warnings: z.array(z.string()),
  notJudged: z.array(z.string()).exactOptional(),
  before: z
    .array(z.object({ scope: shape.Scope, destination: shape.Destination, endsAt: shape.EpochMs }))
    .exactOptional(),
  adoption: Adoption.optional(),
  rule: z.string(),
  approvers: shape.Approvers,
  addresses: z.array(z.string()),
});

const Superseded = z.object({
  grantDigest: z.string(),
  at: shape.EpochMs,
  why: z.string(),
  differences: z.array(z.object({ path: z.string(), before: z.string(), after: z.string() })),
});

const AdminPlan = z.object({
  madeAt: shape.EpochMs,
  grantDigest: shape.Digest,
  basis: z.object({ clusterUid: z.string() }),
  namespaceUid: z.string(),
  steps: z.array(shape.Step),
  left: z.array(z.string()),
  rule: z.string(),
  approvers: shape.Approvers,
});

const Common = {
  id: shape.RequestId,
  version: z.number().int().min(1),
  state: z.enum(REQUEST_STATES),
  since: shape.EpochMs,
  request: z.unknown().refine((statement) => statement !== undefined, "it is missing"),
  superseded: z.array(Superseded).optional(),
  decisions: z.array(z.unknown()),
  refusal: z
    .object({
      reason: z.string(),
      what: z.string(),
      why: z.string(),
      fix: z.string(),
      steps: z.array(z.string()).optional(),
    })
    .optional(),
};

/** Demanded of a stored request; what a later version adds is read along. */
const StoredRequest = z.discriminatedUnion("kind", [
  z.object({
    ...Common,
    kind: z.literal("grant"),
    asked: shape.Asked,
    plan: Plan.optional(),
    evidence: z
      .object({ at: shape.EpochMs, adoption: Adoption.optional(), guess: Guess.optional() })
      .optional(),
  }),
  z.object({
    ...Common,
    kind: z.literal("admin"),
    asked: shape.AdminAsked,
    plan: AdminPlan.optional(),
    left: z.array(z.string()).optional(),
  }),
]);
