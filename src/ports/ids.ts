export interface Ids {
  /** A new request id, `EG-` and five characters of Crockford's base32 without I, L, O, U: `EG-7QK4M`. */
  requestId(): string;
  /** Any other identifier: a UUID. */
  unique(): string;
}
