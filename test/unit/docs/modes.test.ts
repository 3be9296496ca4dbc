import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { pathMatch } from "#src/domain/compile/paths.ts";
import { GUESS_KINDS } from "#src/domain/evidence/probe/wrong-guess.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { MODES } from "#src/domain/grant.ts";
import { isWildcard } from "#src/domain/network/wildcard.ts";

const PAGE = readFileSync(new URL("../../../docs/modes.md", import.meta.url), "utf8");

function sectionOf(title: string): string {
  return PAGE.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? "";
}

function destinationsIn(section: string) {
  return [...section.matchAll(/^`(allow [^`]+)`$/gm)].map(([, line = ""]) => {
    const parsed = interpret(line, { team: "team-x" });
    if (parsed.kind !== "command" || parsed.command.kind !== "allow")
      throw new Error(`not accepted: ${line}`);
    return parsed.command.destination;
  });
}

describe("docs/modes.md", () => {
  it.each(MODES)("has lines of mode %s that are accepted, and of no other", (mode) => {
    const found = destinationsIn(sectionOf(mode));

    expect(found.length).toBeGreaterThan(0);
    expect(found.every((each) => each.mode === mode)).toBe(true);
  });

  it("has lines of wildcards that are accepted", () => {
    const found = destinationsIn(sectionOf("Wildcards"));

    expect(found.map(({ mode }) => mode)).toEqual(["tls", "http"]);
    expect(found.every(({ host }) => isWildcard(host))).toBe(true);
  });

  it("says of paths what the compiled routes do", () => {
    const match = pathMatch("/v1/*");
    const rows = [...sectionOf("http").matchAll(/^\| `(\/v1[^`]*)` +\| (yes|no) +\|$/gm)];

    expect(rows.length).toBeGreaterThan(8);
    for (const [, path = "", says] of rows)
      expect([path, "regex" in match && new RegExp(`^(?:${match.regex})$`).test(path)]).toEqual([
        path,
        says === "yes",
      ]);
  });

  it("explains every guess", () => {
    expect(GUESS_KINDS.filter((kind) => !PAGE.includes(`| \`${kind}\``))).toEqual([]);
  });
});
