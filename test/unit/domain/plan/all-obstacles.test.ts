import { describe, expect, it } from "@jest/globals";
import { refuse, type Refusal } from "#src/domain/outcome.ts";
import { allObstacles } from "#src/domain/plan/several/all-obstacles.ts";
import { renderRefusal } from "#src/slack/render/refusal.ts";

function obstacle(name: string, length = 0): Refusal {
  return refuse("ForeignObject", {
    what: "api.example.com:443 for team team-x was not planned",
    why: `${name} is in the way${"!".repeat(length)}`,
    fix: `remove ${name}`,
  });
}

const HIDDEN = { ...obstacle("lean"), reason: "SidecarHides" } as const;
const MANY = Array.from({ length: 40 }, (_, at) => obstacle(`object-${at}`, 100));

describe("one refusal for all that is in the way", () => {
  it.each([
    ["nothing", [], undefined, undefined],
    ["one, as it is", [HIDDEN], "lean is in the way", "remove lean"],
    ["one that was found twice", [HIDDEN, { ...HIDDEN }], "lean is in the way", "remove lean"],
    [
      "two of different kinds",
      [HIDDEN, obstacle("theirs")],
      "2 things are in the way: (1) lean is in the way; (2) theirs is in the way",
      "(1) remove lean; (2) remove theirs",
    ],
  ] as const)("of %s", (_what, refusals, why, fix) => {
    const found = allObstacles(refusals);

    expect([found?.why, found?.fix]).toEqual([why, fix]);
    expect(found?.reason).toBe(refusals[0]?.reason);
  });

  it("counts what has no room, and loses nothing of what it shows", () => {
    const found = allObstacles(MANY);
    const shown = [...(found?.why.matchAll(/\((\d+)\) object-\d+ is in the way!{100}/gu) ?? [])];
    const left = MANY.length - shown.length;

    expect(shown.length).toBeGreaterThan(5);
    expect(found?.why).toContain("40 things are in the way: (1) object-0");
    expect(found?.why.endsWith(`; and ${left} more`)).toBe(true);
    expect(found?.fix.match(/remove/gu)).toHaveLength(shown.length);
    expect(found?.fix).toMatch(/then ask again, to see what is left$/u);
  });

  it("fits into the message", () => {
    const found = allObstacles(MANY);
    const shown = JSON.stringify(found && renderRefusal(found).blocks);

    expect(shown).toContain(found?.why);
    expect(shown).toContain(found?.fix);
  });
});
