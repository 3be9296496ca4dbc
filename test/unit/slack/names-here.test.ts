import { describe, expect, it } from "@jest/globals";
import { loadConfig } from "#src/config/config.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { namesHere } from "#src/slack/names-here.ts";

const CONFIG = loadConfig("deploy/sallyport.yaml");
const DAY = 86_400_000;

function lineOf(text: string): string | undefined {
  const names = namesHere(
    { ...CONFIG, durations: { defaultMs: DAY, maximumMs: 90 * DAY } },
    { channel: "C0TEAMX000", at: Date.parse("2026-11-26T10:00:00Z") },
  );
  const found = interpret(text, names);
  return found.kind === "suggestion" ? found.line : undefined;
}

describe("the grammar is given what this installation knows:", () => {
  it.each([
    ["its teams", "please open a.example.com:443 for the x team", "for team-x"],
    ["their groups", "please open a.example.com:443 for @S0TEAMX000", "for team-x"],
    ["their channels", "please open a.example.com:443 for #C0TEAMX000", "for team-x"],
    ["teams in a reason", "allow a.example.com:443 because feeds for team-y", "for team-y"],
    ["its clusters", "open a.example.com:443 on prod because x", "in prod"],
    ["the day of writing", "allow a.example.com:443 until friday because x", "until 2026-11-27"],
    ["the longest time", "allow a.example.com:443 for 2y because x", "for 90d"],
  ])("%s", (_what, text, part) => {
    expect(lineOf(text)).toContain(part);
  });
});
