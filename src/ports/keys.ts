import type { Signed } from "#src/domain/request/signature.ts";

export interface Signer {
  readonly keyId: string;
  sign<Payload>(statement: string, payload: Payload): Signed<Payload>;
}

export interface Verifier {
  /** True only for a signature by a trusted key of this role over exactly this statement kind and payload. */
  readonly verify: (statement: string, signed: Signed<unknown>) => boolean;
}
