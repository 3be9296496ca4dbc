import type { Signed } from "#src/domain/request/signed/signature.ts";
import type { PayloadOf, StatementKind } from "#src/domain/request/signed/statements.ts";

/** One private key. Signs for one instance: its name goes into every payload. */
export interface Signer {
  readonly keyId: string;
  sign<Kind extends StatementKind, Payload extends PayloadOf<Kind>>(
    kind: Kind,
    payload: Payload,
  ): Signed<Payload>;
}
