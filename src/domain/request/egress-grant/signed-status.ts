import { z } from "zod";
import { isRecord } from "../../json.ts";
import { type KubernetesObject, madeAt } from "../../kubernetes-object.ts";
import { VerifiedOnce } from "../../remembered.ts";
import { EpochMs, GrantId } from "../shapes.ts";
import { openStatement, type Trust } from "../signed/signature.ts";

/*
 * What an EgressGrant's status says that something rests on: each field with a record the worker signed for this very
 * object. Whoever may write a status could say the same; only what is signed counts, whatever stands beside it. Of a
 * request with one grant it is said plainly, of several by grant id: `{grants: {"EG-7QK4M.1": …}}`.
 */

/** `status.removal`: when it was looked at (epoch ms), and whether what ended was seen to be refused. */
export const Removal = z.object({ at: EpochMs, verdict: z.enum(["passed", "unknown"]) });
export type Removal = z.infer<typeof Removal>;

/** `status.applied`: since when its objects are seen in place. Epoch ms. */
const Applied = z.object({ at: EpochMs });

/** `status.evidence`: what the last proof saw. */
export const Proof = z.object({
  at: EpochMs,
  verdict: z.enum(["enforced", "advisory", "unproven"]),
  serial: z.int().min(0),
  egressIpPrefix: z.string().max(43).exactOptional(),
  /** Since when no proof passed. Epoch ms. */
  unprovenSince: EpochMs.exactOptional(),
  /** Of several: it was seen to work once. Of one grant its activation says so. */
  wasProven: z.literal(true).exactOptional(),
});
export type Proof = z.infer<typeof Proof>;

const SIGNED = { removal: Removal, applied: Applied, evidence: Proof } as const;
type SignedField = keyof typeof SIGNED;
type Said<Field extends SignedField> = z.infer<(typeof SIGNED)[Field]>;

/** The name of the record that is signed for a field of one object's status. */
export function statusRecordName(
  field: SignedField,
  requestId: string,
  uid: string | undefined,
): string {
  return `${field}:${requestId}:${uid ?? ""}`;
}

/** Verified once for what is said, and for which object: up to three fields of each. */
const REMEMBERED = 60_000;
const verified = new VerifiedOnce<Readonly<Record<string, Said<SignedField>>>>(REMEMBERED);

/** By grant id: what the worker signed of a field of this object's status. */
export function signedStatus<Field extends SignedField>(
  field: Field,
  object: KubernetesObject,
  { requestId, trust }: { readonly requestId: string; readonly trust: Trust },
): Readonly<Partial<Record<string, Said<Field>>>> {
  const written = object.status?.[field];
  if (!isRecord(written)) return {};
  const { statement } = written;
  const at = madeAt(object);
  const name = statusRecordName(field, requestId, object.metadata.uid);
  const found = verified.get(trust, [name, at, statement], () => {
    const opened = openStatement(trust, statement, { kind: "record", role: "worker", at });
    if (!opened.opened || opened.statement.payload.name !== name) return {};
    const { value } = opened.statement.payload;
    if (isRecord(value) && "grants" in value)
      return z.record(GrantId, SIGNED[field]).safeParse(value["grants"]).data ?? {};
    const of = SIGNED[field].safeParse(value).data;
    return of === undefined ? {} : { [requestId]: of };
  });
  // The name says the field, and what is remembered under it is of that field's schema.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return found as Readonly<Record<string, Said<Field>>>;
}

/** The record to be signed for a field of one object's status, given what is to be said of each grant. */
export function statusRecord<Field extends SignedField>(
  field: Field,
  { requestId, uid }: { readonly requestId: string; readonly uid: string | undefined },
  said: Readonly<Partial<Record<string, Said<Field>>>>,
): { readonly name: string; readonly value: unknown } {
  return {
    name: statusRecordName(field, requestId, uid),
    value: said[requestId] ?? { grants: said },
  };
}
