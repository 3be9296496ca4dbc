import { describe, expect, it } from "@jest/globals";
import { judge } from "#src/domain/evidence/judge.ts";
import { judgeRemoval } from "#src/domain/evidence/removal/judge-removal.ts";
import { GRANT, observed, output, tried } from "./observations.ts";
import { logOf } from "./recorded-lines.ts";

const WAY = "feeds.example.org:443 directly by ServiceEntry legacy/feeds";

function removal(otherWays: readonly string[]): string | undefined {
  return judgeRemoval({
    grant: GRANT,
    probe: output(tried("refused", {})),
    sidecarLog: logOf("orders"),
    gatewayLogs: [{ pod: "egw", lines: logOf("egw") }],
    outbound: { mode: "REGISTRY_ONLY" },
    stillThere: [],
    otherWays,
  }).checks[0]?.explanation;
}

describe("other ways out of the namespace", () => {
  it("keep a grant advisory, and are named, although the probe's own try was refused", () => {
    expect(judge(observed()).verdict).toBe("enforced");
    const { verdict, advisories, checks } = judge(observed({ otherWays: [WAY] }));

    expect(verdict).toBe("advisory");
    expect(advisories.join()).toContain(WAY);
    expect(checks.find(({ name }) => name === "nothing-else")?.verdict).toBe("failed");
  });

  it("behind ours to the same destination keep it advisory too: ending the grant would not close it", () => {
    const { verdict, advisories, checks } = judge(observed({ waysBehindOurs: [WAY] }));

    expect(verdict).toBe("advisory");
    expect(advisories.join()).toMatch(/when this grant ends, .* is open to the namespace again: /);
    expect(advisories.join()).toContain(WAY);
    expect(checks.find(({ name }) => name === "nothing-else")?.verdict).toBe("passed");
  });

  it("are named up to five of them", () => {
    const many = Array.from({ length: 7 }, (_, at) => `w${at} by ServiceEntry legacy/feeds`);
    const [advisory] = judge(observed({ otherWays: many })).advisories;

    expect(advisory).toContain("w4 by");
    expect(advisory).not.toContain("w5 by");
    expect(advisory).toContain("and 2 more");
  });

  it("are named where an ended grant's destination is still reached", () => {
    expect(removal([WAY])).toContain(`still open by what is not Sallyport's: ${WAY}`);
    expect(removal([])).toContain("look at which objects and grants of the namespace");
  });
});
