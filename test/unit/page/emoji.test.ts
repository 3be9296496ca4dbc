import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "@jest/globals";
import { isEmoji } from "#test/page/client/words/emoji.ts";

const SLACK = new URL("../../../src/slack/", import.meta.url);

/** Every emoji code in what people read. */
function codes(): readonly string[] {
  const files = readdirSync(SLACK, { recursive: true, encoding: "utf8" });
  const text = files
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(name, SLACK), "utf8"))
    .join("\n");
  return [
    ...new Set(
      [...text.matchAll(/(?<![\w:]):([a-z]+(?:_[a-z]+)*):(?!\w)/gu)].flatMap(
        ([, code = ""]) => code,
      ),
    ),
  ];
}

it("knows every emoji Sallyport writes", () => {
  expect(codes().length).toBeGreaterThan(5);
  expect(codes().filter((code) => !isEmoji(code))).toEqual([]);
});
