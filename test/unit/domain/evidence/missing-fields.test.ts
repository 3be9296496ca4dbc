import { describe, expect, it } from "@jest/globals";
import type { LineField } from "#src/domain/evidence/log/access-log.ts";
import { judge, type Observed } from "#src/domain/evidence/judge.ts";
import { judgeRemoval } from "#src/domain/evidence/removal/judge-removal.ts";
import { parseFormat } from "#src/domain/evidence/log/log-format.ts";
import { ALL, GRANT, HTTP, observed, output, tried } from "./observations.ts";
import { logOf } from "./recorded-lines.ts";

function verdicts(changes: Partial<Observed>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    judge(observed(changes)).checks.map(({ name, verdict }) => [name, verdict]),
  );
}

describe("a field that the access log's format does not write", () => {
  it.each<[LineField, string, Partial<Observed>, Partial<Record<keyof typeof ALL, string>>]>([
    [
      "routeName",
      "%ROUTE_NAME%",
      HTTP,
      { "through-the-gateway": "unknown", "right-source": "unknown", "nobody-else": "unknown" },
    ],
    ["routeName", "", {}, {}],
    [
      "requestedServerName",
      "%REQUESTED_SERVER_NAME%",
      {},
      { "through-the-gateway": "unknown", "right-source": "unknown", "nobody-else": "unknown" },
    ],
    ["requestedServerName", "", HTTP, {}],
    ["downstreamLocalAddress", "%DOWNSTREAM_LOCAL_ADDRESS%", {}, { "right-source": "unknown" }],
    [
      "upstreamCluster",
      "%UPSTREAM_CLUSTER%",
      {},
      {
        "through-the-gateway": "unknown",
        "right-source": "unknown",
        "nothing-else": "unknown",
        "nobody-else": "unknown",
      },
    ],
    [
      "userAgent",
      "%REQ(USER-AGENT)%",
      HTTP,
      { "through-the-gateway": "unknown", "right-source": "unknown", "nobody-else": "unknown" },
    ],
    ["durationMs", "", {}, {}],
  ])(
    "%s makes unknown what needs it, names it, and fails nothing (%s)",
    (field, name, changes, lost) => {
      const missing = { ...changes, missingFields: [field] };
      const { checks } = judge(observed(missing));

      expect(verdicts(missing)).toEqual({ ...ALL, ...lost });
      for (const { verdict, explanation } of checks)
        if (verdict === "unknown")
          expect(explanation).toMatch(/accessLogFormat|no gateway pod was seen|proves nothing/u);
      expect(JSON.stringify(checks)).toContain(name);
    },
  );

  it("never makes a check fail: with lines of the shortest format all is unknown that was proven by them", () => {
    const { missing } = parseFormat("%START_TIME%", "TEXT");
    for (const changes of [{}, HTTP]) {
      const blind = { ...changes, sidecarLog: [], otherAccountSidecarLog: [], gatewayLogs: [] };

      expect(verdicts({ ...blind, missingFields: missing })).toEqual({
        ...ALL,
        "through-the-gateway": "unknown",
        "right-source": "unknown",
        "nothing-else": "unknown",
        "nobody-else": "unknown",
      });
    }
  });

  it("leaves what the probe saw by itself: an answer, and a time-out of what nobody was granted", () => {
    const { missing } = parseFormat("%START_TIME%", "TEXT");
    const probe = output(
      tried("reaches", { localPort: 49_822 }),
      tried("nothing-else", { exit: 28, total: 5, appconnect: 0 }),
    );

    expect(verdicts({ probe, missingFields: missing })).toMatchObject({
      reaches: "passed",
      "nothing-else": "failed",
    });
  });

  it("leaves the end of a grant unproven, unless the probe saw by itself that it is open", () => {
    const removal = {
      grant: GRANT,
      sidecarLog: logOf("orders"),
      gatewayLogs: [],
      outbound: { mode: "REGISTRY_ONLY" },
      stillThere: [],
      missingFields: ["upstreamCluster"],
    } as const;
    const closed = output(tried("refused", { localPort: 51_950, exit: 35, appconnect: 0 }));
    const open = output(tried("refused", { localPort: 1 }));

    expect(judgeRemoval({ ...removal, probe: closed }).checks[0]).toMatchObject({
      verdict: "unknown",
      explanation: expect.stringContaining("%UPSTREAM_CLUSTER%"),
    });
    expect(judgeRemoval({ ...removal, probe: open }).checks[0]?.verdict).toBe("failed");
  });
});
