/**
 * A statement somebody signed. What lanes and admission believe is only ever read out of one of these:
 * storage is not trusted. The signature is Ed25519 over the canonical JSON (RFC 8785) of
 * `{ "statement": kind, "payload": payload }`, so a statement of one kind is never taken for another.
 */
export interface Signed<Payload> {
  readonly statement: string;
  readonly payload: Payload;
  /** Id of the signing key: the first 16 hex digits of the SHA-256 of its SPKI DER. */
  readonly key: string;
  /** base64url */
  readonly signature: string;
}
