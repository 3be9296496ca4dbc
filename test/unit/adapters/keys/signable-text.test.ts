import { describe, expect, it } from "@jest/globals";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import { aKeyring, NINE } from "#test/support/signed-request.ts";

const KEYS = aKeyring();

describe("what is signed", () => {
  it.each(["\\ud83d", "\\\\udead", "a\\b", "😀", "ü", "\u0000"])(
    "may be any text a person types, and is read back as it was: %j",
    (text) => {
      const { envelope } = KEYS.bot.sign("record", { name: "x", value: text });

      expect(
        openStatement(KEYS.trust, envelope, { kind: "record", role: "bot", at: NINE }),
      ).toMatchObject({ opened: true, statement: { payload: { value: text } } });
    },
  );

  it.each(["\ud83d", "\\\ud83d", "a\udc00b"])("is never half a character: %j", (text) => {
    expect(() => KEYS.bot.sign("record", { name: "x", value: text })).toThrow(
      expect.objectContaining({ code: "Unsignable" }),
    );
  });
});
