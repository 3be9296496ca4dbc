import { describe, expect, it } from "@jest/globals";
import { keptEvidence } from "#src/domain/request/egress-grant/grant-status.ts";

describe("what is left of the proof that a grant is refused", () => {
  it.each([
    ["passed", "enforced"],
    ["unknown", "advisory"],
  ] as const)("%s reads as %s", (refused, verdict) => {
    const evidence = keptEvidence({ at: Date.UTC(2026, 2, 2, 9), verdict: refused });

    expect(evidence).toMatchObject({ verdict, checks: [{ name: "refused", verdict: refused }] });
    expect(evidence.checks[0]?.explanation).toContain("2026-03-02T09:00:00");
  });
});
