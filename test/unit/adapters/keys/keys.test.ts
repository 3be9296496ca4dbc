import { describe, expect, it } from "@jest/globals";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { createSigner, generateKeyPair } from "#src/adapters/keys/keys.ts";
import type { Envelope } from "#src/domain/request/signed/envelope.ts";
import {
  openStatement,
  type SignerRole,
  type Trust,
} from "#src/domain/request/signed/signature.ts";
import type { StatementKind } from "#src/domain/request/signed/statements.ts";
import { aKeyring, anEnd, aRequest, NINE } from "#test/support/signed-request.ts";

const KEYS = aKeyring();

describe("a signature", () => {
  it("is Ed25519 over the bytes DSSE names, which anybody can check without us", () => {
    const { envelope } = KEYS.bot.sign("record", { name: "lane:x", value: "é" });

    // Written by hand from https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
    const body = '{"name":"lane:x","value":"é","instance":"test"}';
    expect(Buffer.from(envelope.payload, "base64").toString("utf8")).toBe(body);
    expect(Buffer.byteLength(body)).toBe(48);
    const bytes = Buffer.from(
      `DSSEv1 40 application/vnd.sallyport.record.v1+json 48 ${body}`,
      "utf8",
    );
    const key = createPublicKey({
      key: Buffer.from(KEYS.public.bot, "base64"),
      format: "der",
      type: "spki",
    });
    const [{ sig, keyid }] = envelope.signatures;
    expect(verify(null, bytes, key, Buffer.from(sig, "base64"))).toBe(true);
    expect(keyid).toBe(KEYS.bot.keyId);
  });

  it("names its key by 16 hex digits that differ from key to key", () => {
    const ids = [KEYS.decision.keyId, KEYS.bot.keyId, KEYS.worker.keyId];

    expect(ids.filter((id) => /^[0-9a-f]{16}$/.test(id))).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });
});

function opened(
  envelope: unknown,
  as: { readonly kind?: StatementKind; readonly role?: SignerRole; readonly at?: number } = {},
  trust = KEYS.trust,
): string {
  const result = openStatement(trust, envelope, { kind: "record", role: "bot", at: NINE, ...as });
  return result.opened ? "opened" : result.problem;
}

const { envelope } = KEYS.bot.sign("record", { name: "lane:x", value: { a: [1, "b"] } });

describe("a signed statement is not believed", () => {
  it("as what another signer would say", () => {
    expect(opened(envelope)).toBe("opened");
    for (const role of ["worker", "decision"] as const)
      expect(opened(envelope, { role })).toBe("unknown-key");
  });

  it("in another instance, which has the same keys", () => {
    const there = { ...KEYS.trust, instance: "another" };

    expect(opened(envelope, {}, there)).toBe("other-instance");
  });

  it("as a statement of another kind, even where the kind is rewritten", () => {
    const end = anEnd(KEYS, aRequest(KEYS)).envelope;
    const asRecord = { ...end, payloadType: envelope.payloadType };

    expect(opened(end, { kind: "end" })).toBe("opened");
    expect(opened(end, { kind: "activation" })).toBe("other-kind");
    expect(opened(asRecord, { role: "worker" })).toBe("forged");
  });

  it("when another key signed it, also under the trusted key's id", () => {
    const stranger = createSigner(generateKeyPair().privateKey, "test");
    const forged = stranger.sign("record", { name: "lane:x", value: 1 }).envelope;
    const [{ sig }] = forged.signatures;

    expect(opened(forged)).toBe("unknown-key");
    expect(opened({ ...forged, signatures: [{ keyid: KEYS.bot.keyId, sig }] })).toBe("forged");
  });

  it.each(["", "!!!", "AAAA", "====", "A".repeat(88), "a".repeat(100_000), 7, null, undefined, {}])(
    "and nothing is thrown, with the signature %j",
    (sig) => {
      const [{ keyid }] = envelope.signatures;

      expect(opened({ ...envelope, signatures: [{ keyid, sig }] })).toMatch(/^(malformed|forged)$/);
    },
  );

  it("with one byte of its payload changed, wherever", () => {
    const bytes = Buffer.from(envelope.payload, "base64");
    const believed = [...bytes.keys()].filter((at) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      return opened({ ...envelope, payload: changed.toString("base64") }) !== "forged";
    });

    expect(believed).toEqual([]);
  });
});

function trustOf(bot: string): Trust {
  return { ...KEYS.trust, keys: createKeyRing({ ...KEYS.public, bot }) };
}

describe("a retired key", () => {
  const until = NINE + 1000;

  it("is believed up to its time, and in objects made before", () => {
    const trust = trustOf(`${KEYS.public.bot};until=${new Date(until).toISOString()}`);

    expect(opened(envelope, { at: until }, trust)).toBe("opened");
    expect(opened(envelope, { at: until + 1 }, trust)).toBe("retired-key");
  });

  it("stands beside the new one", () => {
    const fresh = generateKeyPair();
    const text = ` ${fresh.publicKey} , ${KEYS.public.bot};until=${new Date(until).toISOString()} `;
    const trust = trustOf(text);
    const signed = createSigner(fresh.privateKey, "test").sign("record", { name: "x", value: 1 });

    expect(opened(envelope, {}, trust)).toBe("opened");
    expect(opened(signed.envelope, { at: until + 1 }, trust)).toBe("opened");
  });

  it("does not become valid again by having been verified before", () => {
    const trust = trustOf(`${KEYS.public.bot};until=${new Date(until).toISOString()}`);
    const forged: Envelope = { ...envelope, payload: Buffer.from("{}").toString("base64") };

    expect(opened(envelope, {}, trust)).toBe("opened");
    expect(opened(forged, {}, trust)).toBe("forged");
    expect(opened(envelope, { at: until + 1 }, trust)).toBe("retired-key");
  });

  it.each([";until=", ";until=soon", ";after=2027-01-31T00:00:00Z", ";", ";until=2027-01-31;x"])(
    "with another ending is refused at start: %j",
    (ending) => {
      expect(() => trustOf(`${KEYS.public.bot}${ending}`)).toThrow(/^reading a public key: after/);
    },
  );
});

describe("keys", () => {
  it("that are not Ed25519, not DER or absent are refused at start, without being repeated", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const ec = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");

    expect(() => createSigner(ec, "test")).toThrow("it is not an Ed25519 key");
    expect(() => createSigner("secret text", "test")).toThrow(
      /^reading a private key: it is not base64 of DER$/,
    );
    for (const worker of ["secret text", "", " , "])
      expect(() => createKeyRing({ ...KEYS.public, worker })).toThrow(
        /^reading (a public key: it is not base64 of DER|the public keys: none is given)$/,
      );
  });
});
