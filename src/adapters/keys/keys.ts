import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import { preAuthEncoding } from "#src/domain/request/signed/envelope.ts";
import { payloadTypeOf } from "#src/domain/request/signed/signature.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";

/** A new Ed25519 pair as the environment holds it: base64 of PKCS #8 DER and of SPKI DER (RFC 8410). */
export function generateKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    publicKey: spkiDer(publicKey).toString("base64"),
  };
}

/** As `JSON.stringify` escapes one; a typed backslash before the letters is doubled there. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud/;

/** @throws FatalError `InvalidKey` where the text is no Ed25519 private key; the text is never repeated. */
export function createSigner(privateKey: string, instance: string): Signer {
  const key = readKey("private", () =>
    createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" }),
  );
  const keyid = keyIdOf(createPublicKey(key));
  return {
    keyId: keyid,
    sign(kind, payload) {
      const text = JSON.stringify({ ...payload, instance });
      // What UTF-8 cannot hold would be another text once it is read back.
      if (!text.isWellFormed() || LONE_SURROGATE.test(text))
        throw new FatalError("Unsignable", `signing a ${kind} statement: its text is no Unicode`);
      const unsigned = {
        payloadType: payloadTypeOf(kind),
        payload: Buffer.from(text, "utf8").toString("base64"),
      };
      const sig = sign(null, preAuthEncoding(unsigned), key).toString("base64");
      return { payload, envelope: { ...unsigned, signatures: [{ keyid, sig }] } };
    },
  };
}

/** @throws FatalError `InvalidKey` */
export function readPublicKey(text: string): KeyObject {
  return readKey("public", () =>
    createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" }),
  );
}

/** First 16 hex digits of the SHA-256 of the key's SPKI DER. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash("sha256").update(spkiDer(publicKey)).digest("hex").slice(0, 16);
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

function spkiDer(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}
