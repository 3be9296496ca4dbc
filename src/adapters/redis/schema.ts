// This file is the schema boundary: a checked value gets the domain's own type here.
/* oxlint-disable typescript/no-unsafe-type-assertion */
import { z } from "zod";
import { MODES } from "#src/domain/grant.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import type { IntakeItem } from "#src/ports/intake.ts";
import type { Freeze, StoredAuditEntry } from "#src/ports/request-store.ts";
import type { Surface } from "#src/ports/surfaces.ts";
import { FatalError } from "#src/ports/errors.ts";

/*
 * What is read from Redis was perhaps not written by us, or by another version of us: what decisions are made on is
 * demanded, fields added later pass through untouched (a checked value is given back as it was read, so that its
 * digest stays that of what was written).
 */

const EpochMs = z.number();
const Person = z.object({ userId: z.string(), teamId: z.string() });
const Scope = z.object({ namespace: z.string(), serviceAccounts: z.array(z.string()) });
const GatewayRef = z.object({ namespace: z.string(), name: z.string() });
const Destination = z.object({
  host: z.string(),
  port: z.number().int(),
  mode: z.enum(MODES),
});

const Asked = z.object({
  by: Person,
  at: EpochMs,
  channel: z.string(),
  threadTs: z.string(),
  team: z.string(),
  cluster: z.string(),
  gateway: GatewayRef,
  scope: Scope,
  destination: Destination,
  typedHost: z.string(),
  registrableDomain: z.string(),
  reason: z.string(),
  durationMs: z.number().optional(),
  latestEnd: EpochMs,
});

const Step = z.object({
  kind: z.string(),
  target: z.string(),
  spec: z.record(z.string(), z.unknown()),
});

const Plan = z.object({
  madeAt: EpochMs,
  grantDigest: z.string(),
  namespaceUid: z.string(),
  steps: z.array(Step),
  objectCount: z.number(),
  basis: z.object({ namespaceUid: z.string() }),
  yaml: z.string(),
  warnings: z.array(z.string()),
  rule: z.string(),
  approvers: z.object({ groups: z.array(z.string()), users: z.array(z.string()) }),
  addresses: z.array(z.string()),
});

function signed<Payload extends z.ZodType>(payload: Payload) {
  return z.object({
    statement: z.string(),
    payload,
    key: z.string(),
    signature: z.string(),
  });
}

const Decision = z.object({
  id: z.string(),
  requestId: z.string(),
  verdict: z.enum(["approve", "deny", "revoke"]),
  grantDigest: z.string(),
  by: Person,
  entitlement: z.object({ kind: z.enum(["group", "user", "requester"]), checkedAt: EpochMs }),
  surface: z.enum(["button", "typed"]),
  eventId: z.string(),
  at: EpochMs,
  reason: z.string().optional(),
});

const Grant = z.object({
  id: z.string(),
  cluster: z.string(),
  team: z.string(),
  gateway: GatewayRef,
  scope: Scope,
  destination: Destination,
  durationMs: z.number().optional(),
  latestEnd: EpochMs,
});

const Admission = z.object({
  requestId: z.string(),
  grants: z.array(Grant),
  grantDigest: z.string(),
  decisions: z.array(z.string()),
  namespaceUid: z.string(),
  steps: z.array(Step),
  at: EpochMs,
});

const Superseded = z.object({
  grantDigest: z.string(),
  at: EpochMs,
  why: z.string(),
  differences: z.array(z.object({ path: z.string(), before: z.string(), after: z.string() })),
});

const StoredRequest = z.object({
  id: z.string(),
  kind: z.literal("grant"),
  version: z.number().int().min(1),
  state: z.enum(REQUEST_STATES),
  since: EpochMs,
  asked: Asked,
  plan: Plan.optional(),
  superseded: z.array(Superseded).optional(),
  decisions: z.array(signed(Decision)),
  admission: signed(Admission).optional(),
  activation: signed(z.object({ requestId: z.string(), at: EpochMs, endsAt: EpochMs })).optional(),
  end: signed(
    z.object({
      requestId: z.string(),
      cause: z.enum(["revoked", "expired", "unproven"]),
      at: EpochMs,
    }),
  ).optional(),
  evidence: z.object({ at: EpochMs }).optional(),
  refusal: z
    .object({ reason: z.string(), what: z.string(), why: z.string(), fix: z.string() })
    .optional(),
});

const StoredEntry = z.object({
  number: z.number().int(),
  entry: signed(
    z.object({
      subject: z.string(),
      sequence: z.number().int(),
      previous: z.string(),
      at: EpochMs,
      actor: z.string(),
      event: z.string(),
      details: z.record(z.string(), z.unknown()),
    }),
  ),
});

const StoredFreeze = z.object({
  cluster: z.string(),
  by: z.string(),
  at: EpochMs,
  reason: z.string(),
});

const StoredIntakeItem = signed(
  z.object({
    id: z.string(),
    kind: z.enum(["event", "command"]),
    receivedAt: EpochMs,
    body: z.record(z.string(), z.unknown()),
  }),
);

const StoredSurface = z.object({
  key: z.string(),
  channel: z.string(),
  threadTs: z.string().optional(),
  ts: z.string().optional(),
  shown: z.string(),
});

/** @throws FatalError `StoreOverwritten` where the text is not a request of this id. */
export function parseRequest(id: string, text: string): RequestRecord {
  const record = parse(StoredRequest, `request ${id}`, text) as RequestRecord;
  if (record.id === id) return record;
  throw overwritten(`request ${id}`, new Error(`it is ${record.id}, copied`));
}

export function parseAuditEntry(text: string): StoredAuditEntry {
  return parse(StoredEntry, "an audit entry", text) as StoredAuditEntry;
}

export function parseFreeze(text: string): Freeze {
  return parse(StoredFreeze, "a freeze", text) as Freeze;
}

export function parseIntakeItem(text: string): Signed<IntakeItem> {
  return parse(StoredIntakeItem, "an intake item", text) as Signed<IntakeItem>;
}

/** `undefined` fields are absent in JSON; both read the same. */
export function parseSurface(text: string): Surface {
  return parse(StoredSurface, "a surface", text) as Surface;
}

export function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw overwritten(what, cause);
  }
}

function parse(schema: z.ZodType, what: string, text: string): unknown {
  const value = parseJson(what, text);
  const checked = schema.safeParse(value);
  if (!checked.success) throw overwritten(what, checked.error);
  return value;
}

function overwritten(what: string, cause: unknown): FatalError {
  return new FatalError("StoreOverwritten", `reading ${what}: it is not what was written`, {
    cause,
  });
}
