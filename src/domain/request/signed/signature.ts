import { z } from "zod";
import { jsonIn } from "../../json.ts";
import { Envelope, preAuthEncoding } from "./envelope.ts";
import { parsePayload, type PayloadOf, type StatementKind } from "./statements.ts";

/** A statement whose envelope was made or verified here: what it says, and the bytes it was signed as. */
export interface Signed<Payload> {
  readonly payload: Payload;
  readonly envelope: Envelope;
}

/** The three keys: the bot's for decisions, its own for records, and the worker's. */
export type SignerRole = "decision" | "bot" | "worker";

/** `decision` statements are the decision key's alone; a record is of whoever wrote it. */
export const SIGNER_OF: Readonly<Record<StatementKind, SignerRole | undefined>> = {
  request: "decision",
  decision: "decision",
  plan: "worker",
  card: "worker",
  admission: "worker",
  activation: "worker",
  end: "worker",
  record: undefined,
};

/** What a key says of a signature. `unknown`: no key of that id; `retired`: not valid any more at that time. */
export type SignatureVerdict = "genuine" | "forged" | "unknown" | "retired";

/** The public keys this process trusts. Pure: reads no clock and no store. */
export interface KeyRing {
  /**
   * `at` (epoch ms) is a time the signer could not choose: when the API server made the object that holds the
   * statement, or now for one that is acted on for the first time.
   */
  verdict(role: SignerRole, signature: SignatureOf, at: number): SignatureVerdict;
}

export interface SignatureOf {
  readonly keyid: string;
  readonly bytes: Uint8Array;
  /** Base64. */
  readonly sig: string;
}

export interface Trust {
  readonly instance: string;
  readonly keys: KeyRing;
}

export type OpenProblem =
  | "malformed"
  | "other-kind"
  | "unknown-key"
  | "retired-key"
  | "forged"
  | "unreadable"
  | "other-instance";

export type Opened<Payload> =
  | { readonly opened: true; readonly statement: Signed<Payload> }
  | { readonly opened: false; readonly problem: OpenProblem };

const PROBLEM_OF: Readonly<Record<Exclude<SignatureVerdict, "genuine">, OpenProblem>> = {
  forged: "forged",
  unknown: "unknown-key",
  retired: "retired-key",
};

const Said = z.looseObject({ instance: z.string() });

export function payloadTypeOf(kind: StatementKind): string {
  return `application/vnd.sallyport.${kind}.v1+json`;
}

/**
 * Verifies an envelope and only then reads it. Never throws, whatever it is given. `as.role` is needed for records
 * alone: all other kinds have one signer.
 */
export function openStatement<Kind extends StatementKind>(
  { instance, keys }: Trust,
  raw: unknown,
  as: { readonly kind: Kind; readonly at: number; readonly role?: SignerRole },
): Opened<PayloadOf<Kind>> {
  const envelope = Envelope.safeParse(raw).data;
  if (envelope === undefined) return { opened: false, problem: "malformed" };
  if (envelope.payloadType !== payloadTypeOf(as.kind))
    return { opened: false, problem: "other-kind" };
  const [{ keyid, sig }] = envelope.signatures;
  const role = SIGNER_OF[as.kind] ?? as.role;
  const verdict =
    role === undefined
      ? "unknown"
      : keys.verdict(role, { keyid, sig, bytes: preAuthEncoding(envelope) }, as.at);
  if (verdict !== "genuine") return { opened: false, problem: PROBLEM_OF[verdict] };
  return readPayload(envelope, as.kind, instance);
}

/**
 * Reads an envelope without verifying it: for what is shown, and for what is verified by whoever acts on it. Never throws.
 */
export function decodeStatement<Kind extends StatementKind>(
  { instance }: Pick<Trust, "instance">,
  raw: unknown,
  kind: Kind,
): Opened<PayloadOf<Kind>> {
  const envelope = Envelope.safeParse(raw).data;
  if (envelope === undefined) return { opened: false, problem: "malformed" };
  return envelope.payloadType === payloadTypeOf(kind)
    ? readPayload(envelope, kind, instance)
    : { opened: false, problem: "other-kind" };
}

function readPayload<Kind extends StatementKind>(
  envelope: Envelope,
  kind: Kind,
  instance: string,
): Opened<PayloadOf<Kind>> {
  const said = Said.safeParse(jsonIn(Buffer.from(envelope.payload, "base64").toString("utf8")));
  if (!said.success) return { opened: false, problem: "unreadable" };
  const { instance: of, ...rest } = said.data;
  if (of !== instance) return { opened: false, problem: "other-instance" };
  const payload = parsePayload(kind, rest);
  return payload === undefined
    ? { opened: false, problem: "unreadable" }
    : { opened: true, statement: { payload, envelope } };
}
