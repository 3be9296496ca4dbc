import { describe, expect, it } from "@jest/globals";
import type { ProbeTry } from "#src/domain/evidence/probe-output.ts";
import { judgeRemoval, type ObservedRemoval } from "#src/domain/evidence/judge-removal.ts";
import { GRANT, HTTP_GRANT, output, ROUTE, tried } from "./observations.ts";
import { logOf, parsedLine, recordedFaults } from "./recorded-lines.ts";

function removal(
  changes: Partial<ProbeTry>,
  observed: Partial<ObservedRemoval> = {},
): ReturnType<typeof judgeRemoval> {
  return judgeRemoval({
    grant: GRANT,
    probe: output(tried("refused", { exit: 35, appconnect: 0, ...changes })),
    sidecarLog: logOf("orders"),
    gatewayLogs: [{ pod: "egw", lines: logOf("egw") }],
    meshMode: "REGISTRY_ONLY",
    ...observed,
  });
}

function faultLine(about: string) {
  return recordedFaults()
    .filter((one) => one.about.startsWith(about))
    .map(parsedLine);
}

describe("the refusal of an ended grant", () => {
  it("is proven by the sidecar's black hole, at once", () => {
    expect(removal({ localPort: 51_950 })).toMatchObject({
      verdict: "enforced",
      advisories: [],
      checks: [
        { name: "refused", verdict: "passed", lines: [expect.stringContaining("BlackHole")] },
      ],
    });
  });

  it("is proven by the gateway: an account its tunnel does not admit, and a 404 of its own", () => {
    const other = { sidecarLog: logOf("other") };

    expect(removal({ localPort: 47_360 }, other).checks[0]?.verdict).toBe("passed");
    expect(
      removal({ localPort: 37_276, exit: 0, status: 404 }, { ...other, grant: HTTP_GRANT }).verdict,
    ).toBe("enforced");
  });

  it("fails where the gateway still lets it pass", () => {
    const tunnel = removal({ localPort: 49_822, exit: 0, appconnect: 0.01 });
    const request = removal(
      { localPort: 59_472, exit: 0, status: 200 },
      { grant: { ...HTTP_GRANT, routeNames: [ROUTE] } },
    );

    for (const evidence of [tunnel, request])
      expect(evidence).toMatchObject({
        verdict: "unproven",
        checks: [
          { verdict: "failed", explanation: expect.stringContaining("through the gateway") },
        ],
      });
  });

  it("fails in a mesh that is ALLOW_ANY, and says that a revoke there does not block", () => {
    const sidecarLog = faultLine("sidecar of orders: ALLOW_ANY: ungranted TLS");
    const evidence = removal(
      { localPort: 53_602, exit: 0, appconnect: 0.01 },
      { sidecarLog, meshMode: "ALLOW_ANY" },
    );

    expect(evidence).toMatchObject({
      verdict: "advisory",
      checks: [
        { verdict: "failed", explanation: expect.stringContaining("a revoke does not block") },
      ],
    });
    expect(evidence.advisories).toEqual([evidence.checks[0]?.explanation]);
  });

  it.each([
    ["a time-out", { localPort: 51_950, exit: 28, total: 5 }],
    ["a slow end", { localPort: 51_950, total: 3 }],
    ["a line nobody logged", { localPort: 1 }],
    ["no connection", { localPort: 0, exit: 6, connect: 0 }],
  ])("is unknown for %s", (_what, changes) => {
    const evidence = removal(changes);

    expect(evidence.checks[0]?.verdict).toBe("unknown");
    expect(evidence.verdict).not.toBe("enforced");
  });

  it("is not proven by a destination that is merely broken", () => {
    const sidecarLog = faultLine("sidecar of orders: the same tunnel, client side");

    expect(removal({ localPort: 41_658 }, { sidecarLog }).checks[0]?.verdict).toBe("unknown");
  });

  it("is not looked for where another grant still allows it, nor known where nothing ran", () => {
    expect(
      removal({ localPort: 49_822, exit: 0, appconnect: 0.01 }, { stillGrantedBy: ["EG-7QK4M"] })
        .checks[0],
    ).toMatchObject({ verdict: "unknown", explanation: expect.stringContaining("EG-7QK4M") });
    expect(removal({}, { probe: undefined }).checks[0]?.verdict).toBe("unknown");
  });
});
