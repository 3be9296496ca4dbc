import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parse } from "./in-words.ts";
import { USAGE } from "#src/domain/grammar/strict/usage.ts";

describe("parse is total", () => {
  it("never throws, whatever the text", () => {
    const word = fc.constantFrom(
      "for",
      "in",
      "until",
      "because",
      "a.com:443",
      "30d",
      "EG-7QK4M",
      "/",
      "port",
      "443",
      "an",
      "hour",
      "team",
      "\n>",
      '"',
      "https:/",
      "and",
    );
    // Any UTF-16, halves of surrogate pairs too.
    const units = fc
      .array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 20 })
      .map((codes) => String.fromCharCode(...codes));
    const words = fc.array(fc.oneof(word, units, fc.string({ unit: "binary" })), { maxLength: 12 });
    const verb = fc.constantFrom(...Object.keys(USAGE), "", "please");
    fc.assert(
      fc.property(verb, words, (first, rest) => {
        expect(["command", "reply", "refusal"]).toContain(parse([first, ...rest].join(" ")).kind);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["words", "word ".repeat(1_000_000)],
    ["hosts", "a.example.com:443 ".repeat(100_000)],
    ["one word", "x".repeat(5_000_000)],
    ["quoted lines", "> allow a.example.com:443\n".repeat(100_000)],
    ["commands", "allow a.example.com:443 because x\n".repeat(50_000)],
  ])("is not impressed by megabytes of %s", (_what, text) => {
    expect(parse(text)).toMatchObject({ kind: "refusal" });
  });

  it.each([
    ["dots", "a.".repeat(990)],
    ["colons", ":".repeat(1990)],
    ["digits", "1".repeat(1990)],
    ["numbers", "for 1 ".repeat(300)],
    ["spans", `for ${"1d".repeat(900)}`],
    ["ports", `a.example.com ${"443,".repeat(400)}`],
    ["schemes", "https:/".repeat(280)],
    ["at signs", "a@".repeat(990)],
    ["slashes", "/".repeat(1990)],
    ["quotation marks", `allow a.example.com:443 because ${'"'.repeat(1900)}`],
    ["spaces", `a.example.com${" ".repeat(1900)}443`],
    ["lines and stops", "\n,.".repeat(600)],
    ["reasons", "because ".repeat(240)],
    ["verbs", "allow ".repeat(330)],
    ["hosts", "a.example.com:443 ".repeat(110)],
    ["lines", "\n".repeat(900) + "allow".repeat(200)],
  ])("reads the longest text of %s", (_what, text) => {
    expect(["command", "reply", "refusal"]).toContain(parse(`allow ${text}`.slice(0, 2000)).kind);
    expect(["command", "reply", "refusal"]).toContain(parse(text.slice(0, 2000)).kind);
  });
});
