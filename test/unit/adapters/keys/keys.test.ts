import { describe, expect, it } from "@jest/globals";
import { generateKeyPairSync } from "node:crypto";
import { createIds } from "#src/wiring/ids.ts";
import { createSigner, createVerifier, generateKeyPair } from "#src/adapters/keys/keys.ts";
import type { Signed } from "#src/domain/request/signature.ts";

const pair = generateKeyPair();
const signer = createSigner(pair.privateKey);
const verifier = createVerifier([pair.publicKey]);
const decision = { id: "d1", verdict: "approve", at: 1, reason: undefined };

function overTheWire(signed: Signed<unknown>): Signed<unknown> {
  return JSON.parse(JSON.stringify(signed)) as Signed<unknown>;
}

describe("a signed statement", () => {
  it("is believed after a way through JSON, also with undefined fields in its payload", () => {
    const stored = overTheWire(signer.sign("decision", decision));

    expect(verifier.verify("decision", stored)).toBe(true);
    expect(stored.key).toBe(signer.keyId);
    expect(stored.key).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is believed whatever the order of its keys", () => {
    const { signature, key, statement } = signer.sign("decision", decision);

    const reordered = {
      signature,
      key,
      statement,
      payload: { at: 1, verdict: "approve", id: "d1" },
    };

    expect(verifier.verify("decision", reordered)).toBe(true);
  });

  it("is not believed as a statement of another kind, even where the kind is rewritten", () => {
    const signed = signer.sign("decision", decision);

    expect(verifier.verify("admission", signed)).toBe(false);
    expect(verifier.verify("admission", { ...signed, statement: "admission" })).toBe(false);
  });

  it.each([
    ["a changed field", { ...decision, verdict: "deny" }],
    ["an added field", { ...decision, more: true }],
    ["a missing field", { id: "d1", verdict: "approve" }],
    ["a number as text", { ...decision, at: "1" }],
    ["a lone surrogate", { ...decision, id: "\ud800" }],
  ])("is not believed with %s", (_name, payload) => {
    const signed: Signed<unknown> = { ...signer.sign("decision", decision), payload };

    expect(verifier.verify("decision", signed)).toBe(false);
  });

  it("is not believed when another key signed it, also under the trusted key's id", () => {
    const forged = createSigner(generateKeyPair().privateKey).sign("decision", decision);

    expect(verifier.verify("decision", forged)).toBe(false);
    expect(verifier.verify("decision", { ...forged, key: signer.keyId })).toBe(false);
  });

  it.each(["", "!!!", "AAAA", "\u0000", "====", "a".repeat(10_000)])(
    "is not believed, and nothing is thrown, with the signature %j",
    (signature) => {
      const signed = { ...signer.sign("decision", decision), signature };

      expect(verifier.verify("decision", signed)).toBe(false);
    },
  );

  it("is not believed, and nothing is thrown, where fields have other types", () => {
    const broken = { statement: "decision", payload: 1n, key: signer.keyId, signature: null };

    expect(verifier.verify("decision", broken as unknown as Signed<unknown>)).toBe(false);
  });
});

describe("keys", () => {
  it("are all trusted that are given, so that an old statement outlives a new key", () => {
    const both = createVerifier([generateKeyPair().publicKey, pair.publicKey]);

    expect(both.verify("decision", signer.sign("decision", decision))).toBe(true);
  });

  it("that are not Ed25519, not DER or absent are refused at start, without being repeated", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const ec = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");

    expect(() => createSigner(ec)).toThrow("it is not an Ed25519 key");
    expect(() => createSigner("secret text")).toThrow(
      /^reading a private key: it is not base64 of DER$/,
    );
    expect(() => createVerifier(["secret text"])).toThrow("reading a public key");
    expect(() => createVerifier([])).toThrow("none is given");
  });
});

describe("ids", () => {
  it("of requests are EG- and five characters of Crockford's base32", () => {
    const ids = createIds();
    const made = Array.from({ length: 500 }, () => ids.requestId());

    expect(made.filter((id) => !/^EG-[0-9A-HJKMNP-TV-Z]{5}$/.test(id))).toEqual([]);
    expect(new Set(made).size).toBeGreaterThan(490);
    expect(ids.unique()).not.toBe(ids.unique());
  });
});
