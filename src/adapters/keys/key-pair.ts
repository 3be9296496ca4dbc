import { openStatement } from "#src/domain/request/signed/signature.ts";
import { createKeyRing } from "./key-ring.ts";
import { createSigner } from "./keys.ts";

/**
 * Whether what the private key signs now is believed by who trusts the public one, which may be a list of several with
 * their times. @throws where either is no key.
 */
export function isPair(privateKey: string, publicKey: string): boolean {
  const keys = createKeyRing({ decision: publicKey, bot: publicKey, worker: publicKey });
  const { envelope } = createSigner(privateKey, "pair").sign("record", { name: "pair", value: "" });
  const as = { kind: "record", role: "worker", at: Date.now() } as const;
  return openStatement({ instance: "pair", keys }, envelope, as).opened;
}
