import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { canonicalJson } from "#src/domain/canonical.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Signer, Verifier } from "#src/ports/keys.ts";

/** A new Ed25519 pair as the environment holds it: base64 of PKCS #8 DER and of SPKI DER (RFC 8410). */
export function generateKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    publicKey: spkiDer(publicKey).toString("base64"),
  };
}

/** @throws FatalError `InvalidKey` where the text is no Ed25519 private key; the text is never repeated. */
export function createSigner(privateKey: string): Signer {
  const key = readKey("private", () =>
    createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" }),
  );
  const keyId = idOf(createPublicKey(key));
  return {
    keyId,
    sign<Payload>(statement: string, payload: Payload): Signed<Payload> {
      const signature = sign(null, signedBytes(statement, payload), key).toString("base64url");
      return { statement, payload, key: keyId, signature };
    },
  };
}

/**
 * Trusts every key given, so that a key can be replaced while old statements are still read.
 * @throws FatalError `InvalidKey` where one of them is no Ed25519 public key, or none is given.
 */
export function createVerifier(publicKeys: readonly string[]): Verifier {
  const keys = new Map<string, KeyObject>();
  for (const text of publicKeys) {
    const key = readKey("public", () =>
      createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" }),
    );
    keys.set(idOf(key), key);
  }
  if (keys.size === 0) throw new FatalError("InvalidKey", "reading the public keys: none is given");
  return {
    verify(statement, signed) {
      if (signed.statement !== statement) return false;
      const key = keys.get(signed.key);
      return key !== undefined && isSignedBy(key, signed);
    },
  };
}

function isSignedBy(key: KeyObject, signed: Signed<unknown>): boolean {
  try {
    const signature = Buffer.from(signed.signature, "base64url");
    return verify(null, signedBytes(signed.statement, signed.payload), key, signature);
  } catch {
    // What is no signature, or a payload JSON cannot hold, comes from outside: a plain no.
    return false;
  }
}

function signedBytes(statement: string, payload: unknown): Buffer {
  return Buffer.from(canonicalJson({ statement, payload }), "utf8");
}

function readKey(kind: "private" | "public", read: () => KeyObject): KeyObject {
  const key = tryRead(kind, read);
  if (key.asymmetricKeyType !== "ed25519") {
    throw new FatalError("InvalidKey", `reading a ${kind} key: it is not an Ed25519 key`);
  }
  return key;
}

function tryRead(kind: "private" | "public", read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new FatalError("InvalidKey", `reading a ${kind} key: it is not base64 of DER`, { cause });
  }
}

function idOf(publicKey: KeyObject): string {
  return createHash("sha256").update(spkiDer(publicKey)).digest("hex").slice(0, 16);
}

function spkiDer(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}
