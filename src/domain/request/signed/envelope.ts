import { createHash } from "node:crypto";
import { z } from "zod";

/**
 * A DSSE envelope: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md. The signature is over the bytes
 * of the payload and its type, so nothing has to be parsed or brought into a canonical form before it is verified.
 */
export interface Envelope {
  readonly payloadType: string;
  /** Base64 (RFC 4648 §4) of the payload's UTF-8 JSON. */
  readonly payload: string;
  /** Exactly one. `keyid`: first 16 hex digits of the SHA-256 of the key's SPKI DER. `sig`: base64 of 64 bytes. */
  readonly signatures: readonly [{ readonly keyid: string; readonly sig: string }];
}

/** Longest payload that is looked at, in characters of base64: bounds what an unknown writer can make us read. */
export const MAX_PAYLOAD = 512 * 1024;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const Envelope = z.strictObject({
  payloadType: z.string().max(128),
  payload: z.string().min(4).max(MAX_PAYLOAD).regex(BASE64),
  signatures: z.tuple([
    z.strictObject({
      keyid: z.string().regex(/^[0-9a-f]{16}$/),
      sig: z.string().length(88).regex(BASE64),
    }),
  ]),
}) satisfies z.ZodType<Envelope>;

/** The bytes that are signed ("pre-authentication encoding"): https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
export function preAuthEncoding({ payloadType, payload }: Omit<Envelope, "signatures">): Buffer {
  const body = Buffer.from(payload, "base64");
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `, "utf8"),
    type,
    Buffer.from(` ${body.length} `, "utf8"),
    body,
  ]);
}

/** SHA-256 (hex) of the signed bytes: how one statement names another. The same for every signature over them. */
export function envelopeDigest(envelope: Omit<Envelope, "signatures">): string {
  return createHash("sha256").update(preAuthEncoding(envelope)).digest("hex");
}
