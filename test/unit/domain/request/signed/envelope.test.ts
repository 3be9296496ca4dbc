import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  Envelope,
  envelopeDigest,
  MAX_PAYLOAD,
  preAuthEncoding,
} from "#src/domain/request/signed/envelope.ts";
import { aKeyring } from "#test/support/signed-request.ts";

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

describe("the bytes that are signed", () => {
  it("are those of the example in the DSSE protocol", () => {
    const bytes = preAuthEncoding({
      payloadType: "http://example.com/HelloWorld",
      payload: base64("hello world"),
    });

    expect(bytes.toString("utf8")).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("count bytes, not characters", () => {
    const bytes = preAuthEncoding({ payloadType: "é", payload: base64("😀") });

    expect(bytes.toString("utf8")).toBe("DSSEv1 2 é 4 😀");
  });

  it("are the same for no two pairs of type and payload", () => {
    const text = fc.string({ unit: fc.constantFrom(" ", "1", "a", "DSSEv1"), maxLength: 6 });
    fc.assert(
      fc.property(text, text, text, text, (type, body, otherType, otherBody) => {
        fc.pre(type !== otherType || body !== otherBody);
        const one = { payloadType: type, payload: base64(body) };
        const other = { payloadType: otherType, payload: base64(otherBody) };
        return (
          !preAuthEncoding(one).equals(preAuthEncoding(other)) &&
          envelopeDigest(one) !== envelopeDigest(other)
        );
      }),
    );
  });
});

describe("an envelope", () => {
  const { envelope } = aKeyring().bot.sign("record", { name: "x", value: 1 });
  const [signature] = envelope.signatures;

  it("is read as it was signed", () => {
    expect(Envelope.safeParse(envelope).data).toEqual(envelope);
  });

  it.each<readonly [what: string, raw: unknown]>([
    ["more than it has", { ...envelope, more: 1 }],
    ["two signatures", { ...envelope, signatures: [signature, signature] }],
    ["no signature", { ...envelope, signatures: [] }],
    ["another base64", { ...envelope, payload: `${envelope.payload.slice(0, -1)}-` }],
    ["base64 with spaces", { ...envelope, payload: ` ${envelope.payload}` }],
    ["a payload that is too long", { ...envelope, payload: "AAAA".repeat(MAX_PAYLOAD / 4 + 1) }],
    ["an empty payload", { ...envelope, payload: "" }],
    ["a payload that is no text", { ...envelope, payload: { length: 8 } }],
    ["a type that is too long", { ...envelope, payloadType: "x".repeat(129) }],
    [
      "a key id in capitals",
      { ...envelope, signatures: [{ ...signature, keyid: "A".repeat(16) }] },
    ],
    ["a long signature", { ...envelope, signatures: [{ ...signature, sig: "A".repeat(92) }] }],
    ["nothing", undefined],
  ])("with %s is none", (_what, raw) => {
    expect(Envelope.safeParse(raw).success).toBe(false);
  });

  it("of the longest payload is read, and quickly refused one character above", () => {
    const payload = "AAAA".repeat(MAX_PAYLOAD / 4);

    expect(Envelope.safeParse({ ...envelope, payload }).success).toBe(true);
    expect(Envelope.safeParse({ ...envelope, payload: `${payload}A` }).success).toBe(false);
  });
});
