// This file is the schema boundary: a checked value gets the domain's own type here.
/* oxlint-disable typescript/no-unsafe-type-assertion */
import { z } from "zod";
import { Envelope } from "#src/domain/request/envelope.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { Asked, EpochMs, Step } from "#src/domain/request/shapes.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import { PAYLOADS, type PayloadOf, type StatementKind } from "#src/domain/request/statements.ts";
import type { IntakeItem } from "#src/ports/intake.ts";
import type { AuditEntry } from "#src/ports/request-store.ts";
import type { Surface } from "#src/ports/surfaces.ts";

/*
 * What is inside a record that one of us signed: what decisions are made on is demanded, fields added by another version
 * of us pass through. Statements inside a request are kept as their envelopes alone; whoever acts on one verifies it.
 */

const Plan = z.looseObject({
  madeAt: EpochMs,
  grantDigest: z.string(),
  namespaceUid: z.string(),
  steps: z.array(Step),
  objectCount: z.number(),
  basis: z.looseObject({ namespaceUid: z.string() }),
  yaml: z.string(),
  warnings: z.array(z.string()),
  rule: z.string(),
  approvers: z.object({ groups: z.array(z.string()), users: z.array(z.string()) }),
  addresses: z.array(z.string()),
});

function signed<Kind extends StatementKind>(kind: Kind) {
  return Envelope.transform((envelope, context): Signed<PayloadOf<Kind>> => {
    const payload = PAYLOADS[kind].safeParse(decoded(envelope));
    if (payload.success) return { payload: payload.data as PayloadOf<Kind>, envelope };
    context.addIssue({ code: "custom", message: `is no ${kind} statement` });
    return z.NEVER;
  });
}

function decoded({ payload }: Envelope): unknown {
  try {
    return JSON.parse(Buffer.from(payload, "base64").toString("utf8"));
  } catch {
    return undefined;
  }
}

const StoredRequest = z.looseObject({
  id: z.string(),
  kind: z.literal("grant"),
  version: z.number().int().min(1),
  state: z.enum(REQUEST_STATES),
  since: EpochMs,
  asked: Asked,
  request: signed("request"),
  plan: Plan.exactOptional(),
  planned: signed("plan").exactOptional(),
  card: signed("card").exactOptional(),
  superseded: z
    .array(
      z.looseObject({
        grantDigest: z.string(),
        at: EpochMs,
        why: z.string(),
        differences: z.array(z.object({ path: z.string(), before: z.string(), after: z.string() })),
      }),
    )
    .exactOptional(),
  decisions: z.array(signed("decision")),
  admission: signed("admission").exactOptional(),
  activation: signed("activation").exactOptional(),
  end: signed("end").exactOptional(),
  evidence: z.looseObject({ at: EpochMs }).exactOptional(),
  refusal: z
    .looseObject({ reason: z.string(), what: z.string(), why: z.string(), fix: z.string() })
    .exactOptional(),
});

/** A request as it stands in its record: statements as envelopes. */
export function toStored(record: RequestRecord): unknown {
  const { request, planned, card, decisions, admission, activation, end, ...rest } = record;
  return {
    ...rest,
    request: request.envelope,
    decisions: decisions.map(({ envelope }) => envelope),
    planned: planned?.envelope,
    card: card?.envelope,
    admission: admission?.envelope,
    activation: activation?.envelope,
    end: end?.envelope,
  };
}

export const Request = StoredRequest as unknown as z.ZodType<RequestRecord>;

export const Entry = z.object({
  subject: z.string(),
  sequence: z.number().int(),
  previous: z.string(),
  at: EpochMs,
  actor: z.string(),
  event: z.string(),
  details: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<AuditEntry>;

export const Item = z.object({
  id: z.string(),
  kind: z.enum(["event", "command"]),
  receivedAt: EpochMs,
  body: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<IntakeItem>;

/** `undefined` fields are absent in JSON; both read the same. */
export const StoredSurface = z
  .object({
    key: z.string(),
    channel: z.string(),
    threadTs: z.string().optional(),
    ts: z.string().optional(),
    shown: z.string(),
  })
  .transform((surface): Surface => ({ ...surface, threadTs: surface.threadTs, ts: surface.ts }));
