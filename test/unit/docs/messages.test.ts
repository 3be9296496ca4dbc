import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { REFUSAL_REASONS } from "#src/domain/refusal-reasons.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import { END_CAUSES } from "#src/domain/request/shapes.ts";

const PAGE = readFileSync(new URL("../../../docs/messages.md", import.meta.url), "utf8");

describe("docs/messages.md", () => {
  it.each([
    ["reason", REFUSAL_REASONS],
    ["state", REQUEST_STATES],
    ["cause of an end", END_CAUSES],
    ["verdict", ["enforced", "advisory", "unproven", "passed", "failed", "unknown"]],
    [
      "check",
      [
        "reaches",
        "through-the-gateway",
        "right-source",
        "nothing-else",
        "nobody-else",
        "no-bypass",
        "refused",
      ],
    ],
  ] as const)("explains every %s", (_what, words) => {
    expect(words.filter((word) => !PAGE.includes(`\`${word}\``))).toEqual([]);
  });

  it("explains no reason there is not", () => {
    const section = PAGE.slice(
      PAGE.indexOf("## Why something is refused"),
      PAGE.indexOf("## Alarms"),
    );
    const named = [...section.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, word = ""]) => word);

    expect(named.filter((word) => !REFUSAL_REASONS.some((reason) => reason === word))).toEqual([]);
  });
});
