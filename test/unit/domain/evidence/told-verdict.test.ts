import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Evidence } from "#src/domain/evidence/check.ts";
import { type Told, tellVerdict, verdictsOf } from "#src/domain/evidence/told-verdict.ts";

const SETTLE = 300_000;
const VERDICTS = ["enforced", "advisory", "unproven"] as const;

/** Verdicts as they follow each other; each a second name where another gap is another verdict. */
type Step = readonly [at: number, verdict: Evidence["verdict"], which?: string];

function told(steps: readonly Step[]): readonly (Told | undefined)[] {
  let known: Told | undefined;
  return steps.map(([at, verdict, which = ""]) => {
    known = tellVerdict(
      known,
      { verdicts: `${verdict}${which}`, verdict, words: `${verdict}${which} at ${at}` },
      { at, settleMs: SETTLE },
    );
    return known;
  });
}

/** The lines there are in the end, in words. */
function lines(steps: readonly Step[]): readonly string[] {
  const byTime = new Map(
    told(steps).flatMap((each) =>
      each?.line === undefined
        ? []
        : [[each.line.at, `${each.line.words}${back(each.line)}`] as const],
    ),
  );
  return [...byTime.values()];
}

function back({ backWords }: { readonly backWords?: string }): string {
  return backWords === undefined ? "" : ` / ${backWords}`;
}

describe("what people are told of a verdict", () => {
  it.each<[string, readonly Step[], readonly string[]]>([
    ["the first is the result's to tell", [[0, "enforced"]], []],
    [
      "the same again is no news",
      [
        [0, "enforced"],
        [9, "enforced"],
      ],
      [],
    ],
    [
      "a change is one line",
      [
        [0, "enforced"],
        [5, "unproven"],
      ],
      ["unproven at 5"],
    ],
    [
      "down and soon up again is that one line",
      [
        [0, "enforced"],
        [5, "unproven"],
        [SETTLE, "enforced"],
      ],
      [`unproven at 5 / enforced at ${SETTLE}`],
    ],
    [
      "later it is another line",
      [
        [0, "enforced"],
        [5, "unproven"],
        [SETTLE + 5, "enforced"],
      ],
      ["unproven at 5", `enforced at ${SETTLE + 5}`],
    ],
    [
      "down once more is a line of its own: an edit calls nobody",
      [
        [0, "enforced"],
        [5, "unproven"],
        [6, "enforced"],
        [7, "unproven"],
      ],
      ["unproven at 5 / enforced at 6", "unproven at 7"],
    ],
    [
      "up and down again is two lines: the second is no good news",
      [
        [0, "unproven"],
        [5, "enforced"],
        [6, "unproven"],
      ],
      ["enforced at 5", "unproven at 6"],
    ],
    [
      "up to something else than before is a line",
      [
        [0, "enforced"],
        [5, "unproven"],
        [6, "advisory"],
      ],
      ["unproven at 5", "advisory at 6"],
    ],
    [
      "another gap is news",
      [
        [0, "advisory", "A"],
        [5, "advisory", "B"],
      ],
      ["advisoryB at 5"],
    ],
  ])("%s", (_, steps, expected) => {
    expect(lines(steps)).toEqual(expected);
  });

  it("never ends worse than the newest line that called somebody says", () => {
    const step = fc.tuple(fc.nat(SETTLE), fc.constantFrom(...VERDICTS));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (waits) => {
        let at = 0;
        const steps = waits.map(([wait, verdict]): Step => {
          at += wait + 1;
          return [at, verdict];
        });
        const last = told(steps).at(-1);
        const posted = last?.line === undefined ? steps[0]?.[1] : last.line.words.split(" ")[0];
        expect(rank(last?.verdict)).toBeLessThanOrEqual(rank(posted));
        expect(last?.verdict).toBe(steps.at(-1)?.[1]);
      }),
    );
  });
});

/** 0 is the best. */
function rank(verdict: string | undefined): number {
  return VERDICTS.findIndex((each) => each === verdict);
}

function evidence(
  verdict: Evidence["verdict"],
  nothingElse: "passed" | "failed" | "unknown",
  explanation = "as seen",
): Evidence {
  const check = { name: "nothing-else", verdict: nothingElse, explanation, lines: [] } as const;
  return { verdict, checks: [check], advisories: [] };
}

describe("two verdicts are the same to people", () => {
  it.each([
    [true, evidence("advisory", "failed"), evidence("advisory", "failed", "other words")],
    [true, evidence("unproven", "failed"), evidence("unproven", "unknown")],
    [false, evidence("advisory", "failed"), evidence("advisory", "unknown")],
    [false, evidence("advisory", "failed"), evidence("enforced", "passed")],
  ])("%s: of %j and %j", (same, one, other) => {
    expect(verdictsOf(one) === verdictsOf(other)).toBe(same);
    const whole = { verdict: "advisory", checks: [] } as const;
    expect(
      verdictsOf({ ...whole, grants: { "EG-7QK4M.1": { ...one, at: 0 } } }) ===
        verdictsOf({ ...whole, grants: { "EG-7QK4M.1": { ...other, at: 0 } } }),
    ).toBe(same);
  });
});
