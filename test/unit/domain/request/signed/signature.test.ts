import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  decodeStatement,
  type KeyRing,
  openStatement,
  type Signed,
  SIGNER_OF,
} from "#src/domain/request/signed/signature.ts";
import { STATEMENT_KINDS } from "#src/domain/request/signed/statements.ts";
import {
  aKeyring,
  anActivation,
  anActiveRequest,
  anEnd,
  NINE,
} from "#test/support/signed-request.ts";

const KEYS = aKeyring();
const RECORD = anActiveRequest(KEYS);
const [DECISION] = RECORD.decisions;

/** One of each kind. */
const STATEMENTS: readonly (readonly [kind: keyof typeof SIGNER_OF, signed: Signed<unknown>])[] = [
  ["request", RECORD.request],
  ...(RECORD.planned === undefined ? [] : [["plan", RECORD.planned] as const]),
  ...(RECORD.card === undefined ? [] : [["card", RECORD.card] as const]),
  ...(DECISION === undefined ? [] : [["decision", DECISION] as const]),
  ...(RECORD.admission === undefined ? [] : [["admission", RECORD.admission] as const]),
  ["activation", anActivation(KEYS, RECORD)],
  ["end", anEnd(KEYS, RECORD)],
];

/** Every path to a value that is no object, and the value. */
function leaves(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function changed(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return typeof value === "number" ? value + 1 : `${String(value)}x`;
  const entries = Object.entries(value ?? {}).map(
    ([name, inner]) => [name, name === key ? changed(inner, rest) : inner] as const,
  );
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

describe.each(STATEMENTS)("a signed %s", (kind, { payload, envelope }) => {
  it("is opened as what was said, and as no other kind", () => {
    const others = STATEMENT_KINDS.filter((other) => other !== kind);

    expect(openStatement(KEYS.trust, envelope, { kind, at: NINE })).toEqual({
      opened: true,
      statement: { payload, envelope },
    });
    for (const other of others)
      expect(openStatement(KEYS.trust, envelope, { kind: other, at: NINE, role: "bot" })).toEqual({
        opened: false,
        problem: "other-kind",
      });
  });

  it("is not opened with any one field saying something else", () => {
    const said: unknown = JSON.parse(Buffer.from(envelope.payload, "base64").toString("utf8"));
    const paths = leaves(said);
    const opened = paths.filter((path) => {
      const text = JSON.stringify(changed(said, path));
      const forged = { ...envelope, payload: Buffer.from(text, "utf8").toString("base64") };
      return openStatement(KEYS.trust, forged, { kind, at: NINE }).opened;
    });

    expect(paths.length).toBeGreaterThan(4);
    expect(opened).toEqual([]);
  });

  it("is its own signer's: the two others say nothing of this kind", () => {
    const others = (["decision", "bot", "worker"] as const).filter(
      (role) => role !== SIGNER_OF[kind],
    );

    for (const role of others) {
      // The very payload, signed by whom it is not to be.
      const forged = KEYS[role].sign(kind, payload as never).envelope;
      expect(openStatement(KEYS.trust, forged, { kind, at: NINE, role })).toEqual({
        opened: false,
        problem: "unknown-key",
      });
    }
  });
});

describe("an envelope that is opened", () => {
  it("is judged without throwing, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 3 }), (raw) => {
        return !openStatement(KEYS.trust, raw, { kind: "record", at: NINE, role: "bot" }).opened;
      }),
    );
  });

  it.each(["null", "[]", "7", '"x"', "{", `${"[".repeat(20_000)}${"]".repeat(20_000)}`])(
    "has to be an object that names its instance, though the signature is good: %.20s",
    (text) => {
      const genuine = KEYS.bot.sign("record", { name: "x", value: 1 }).envelope;
      const payload = Buffer.from(text, "utf8").toString("base64");
      const anyKey: KeyRing = { verdict: () => "genuine" };

      expect(
        openStatement(
          { instance: "test", keys: anyKey },
          { ...genuine, payload },
          { kind: "record", at: NINE, role: "bot" },
        ),
      ).toEqual({ opened: false, problem: "unreadable" });
    },
  );

  it("can be decoded unverified, as this instance's and of this kind alone", () => {
    const { envelope } = anEnd(KEYS, RECORD);
    const [{ keyid }] = envelope.signatures;
    const forged = { ...envelope, signatures: [{ keyid, sig: `${"A".repeat(86)}==` }] };

    expect(decodeStatement(KEYS.trust, forged, "end").opened).toBe(true);
    expect(decodeStatement(KEYS.trust, forged, "activation")).toMatchObject({
      problem: "other-kind",
    });
    expect(decodeStatement({ instance: "another" }, forged, "end")).toMatchObject({
      problem: "other-instance",
    });
    expect(decodeStatement(KEYS.trust, { ...forged, more: 1 }, "end")).toMatchObject({
      problem: "malformed",
    });
  });
});
