import { createHash, type KeyObject, verify } from "node:crypto";
import type {
  KeyRing,
  SignatureOf,
  SignatureVerdict,
  SignerRole,
} from "#src/domain/request/signed/signature.ts";
import { FatalError } from "#src/ports/errors.ts";
import { keyIdOf, readPublicKey } from "./keys.ts";

interface TrustedKey {
  readonly key: KeyObject;
  /** What it signed is believed only in objects made before. Epoch ms. */
  readonly until: number;
}

/** Statements are few and read often: each is verified once for its bytes. */
const REMEMBERED = 50_000;

/**
 * The public keys of each signer, comma-separated. `KEY;until=2027-01-31T00:00:00Z` retires one (rotated, or stolen): it
 * signs nothing new, and what it signed stays believed in objects the API server made before that time.
 * @throws FatalError `InvalidKey` where one is no Ed25519 public key, has another ending, or a signer has none.
 */
export function createKeyRing(texts: Readonly<Record<SignerRole, string>>): KeyRing {
  const keys: Readonly<Record<SignerRole, ReadonlyMap<string, TrustedKey>>> = {
    decision: readKeys(texts.decision),
    bot: readKeys(texts.bot),
    worker: readKeys(texts.worker),
  };
  const genuine = new Set<string>();
  return {
    verdict(role, signature, at): SignatureVerdict {
      const trusted = keys[role].get(signature.keyid);
      if (trusted === undefined) return "unknown";
      if (!isGenuine(genuine, role, { trusted, signature })) return "forged";
      return at > trusted.until ? "retired" : "genuine";
    },
  };
}

function isGenuine(
  genuine: Set<string>,
  role: SignerRole,
  { trusted, signature }: { readonly trusted: TrustedKey; readonly signature: SignatureOf },
): boolean {
  const { keyid, sig, bytes } = signature;
  const known = `${role} ${keyid} ${sig} ${createHash("sha256").update(bytes).digest("base64")}`;
  if (genuine.has(known)) return true;
  if (!verify(null, bytes, trusted.key, Buffer.from(sig, "base64"))) return false;
  if (genuine.size >= REMEMBERED) genuine.clear();
  genuine.add(known);
  return true;
}

function readKeys(text: string): ReadonlyMap<string, TrustedKey> {
  const keys = text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map(readTrusted);
  if (keys.length === 0)
    throw new FatalError("InvalidKey", "reading the public keys: none is given");
  return new Map(keys.map((trusted) => [keyIdOf(trusted.key), trusted]));
}

function readTrusted(text: string): TrustedKey {
  const [key = "", ...rest] = text.split(";");
  const until = /^until=(.+)$/.exec(rest.join(";"))?.[1];
  const time = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  if ((rest.length > 0 && until === undefined) || Number.isNaN(time)) {
    throw new FatalError(
      "InvalidKey",
      "reading a public key: after it only ;until=TIME may stand, as in ;until=2027-01-31T00:00:00Z",
    );
  }
  return { key: readPublicKey(key), until: time };
}
