import { describe, expect, it } from "@jest/globals";
import type { Check } from "#src/domain/evidence/check.ts";
import { judge } from "#src/domain/evidence/judge.ts";
import {
  ALL,
  GRANT,
  HTTP,
  HTTP_GRANT,
  NAMESPACE_GRANT,
  ROUTE,
  observed,
  output,
  tried,
} from "./observations.ts";
import { fault } from "./recorded.ts";
import { logOf, parsedLine } from "./recorded-lines.ts";

function verdicts(checks: readonly Check[]): Readonly<Record<string, string>> {
  return Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
}

function checkOf(changes: Parameters<typeof observed>[0], name: string): Check {
  const found = judge(observed(changes)).checks.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no check ${name}`);
  return found;
}

describe("a grant whose every check was seen", () => {
  it("is enforced, with the gateway's own line as evidence", () => {
    const { checks, verdict, advisories } = judge(observed());

    expect(verdicts(checks)).toEqual(ALL);
    expect({ verdict, advisories }).toEqual({ verdict: "enforced", advisories: [] });
    expect(checks[1]?.lines[0]).toContain("edition-cnn-com-443-445c6ef2ac5b.team-a.ns");
    expect(checks[2]?.explanation).toContain("203.0.113.0/28");
  });

  it("is enforced in mode http by the name of its route, on a pooled connection", () => {
    const evidence = judge(observed(HTTP));

    expect(verdicts(evidence.checks)).toEqual(ALL);
    expect(evidence.checks[1]?.lines[0]).toContain(ROUTE);
  });

  it("has no check on other accounts where the whole namespace was granted", () => {
    const { checks, verdict } = judge(
      observed({ grant: NAMESPACE_GRANT, otherAccountProbe: undefined }),
    );

    expect(checks.map(({ name }) => name)).not.toContain("nobody-else");
    expect(verdict).toBe("enforced");
  });
});

describe("reaches", () => {
  it.each([
    ["gateway: upstream host does not exist (NXDOMAIN), HTTP", "does not resolve"],
    ["gateway: new grant, DNS server silent (cluster", "DNS does not answer"],
    ["gateway: upstream refuses connections, HTTP (after", "refused the gateway's connection"],
    ["gateway: RBAC 403", "AuthorizationPolicy"],
  ])("fails with what the gateway saw: %s", (about, words) => {
    const gateway = parsedLine(fault(about));
    const sidecar = {
      ...gateway,
      upstreamLocalAddress: gateway.downstreamRemoteAddress,
      downstreamRemoteAddress: "198.18.1.10:41000",
      responseCodeDetails: "via_upstream",
    };
    const evidence = judge(
      observed({
        grant: HTTP_GRANT,
        probe: output(
          tried("reaches", { localPort: 41_000, status: gateway.responseCode, appconnect: 0 }),
        ),
        sidecarLog: [sidecar],
        gatewayLogs: [{ pod: "egw", lines: [gateway] }],
      }),
    );

    expect(evidence.verdict).toBe("unproven");
    expect(verdicts(evidence.checks)).toMatchObject({
      reaches: "failed",
      "through-the-gateway": "failed",
      "right-source": "unknown",
      "nobody-else": "unknown",
    });
    expect(evidence.checks[0]?.explanation).toContain(words);
  });

  it("passes with an HTTP error that is the destination's own", () => {
    const gateway = parsedLine(fault("gateway: upstream answers 503 itself"));
    const sidecar = {
      ...gateway,
      upstreamLocalAddress: gateway.downstreamRemoteAddress,
      downstreamRemoteAddress: "198.18.1.10:41000",
    };
    const evidence = judge(
      observed({
        grant: { ...HTTP_GRANT, routeNames: [gateway.routeName ?? ""] },
        probe: output(tried("reaches", { localPort: 41_000, status: 503, appconnect: 0 })),
        sidecarLog: [sidecar],
        gatewayLogs: [{ pod: "egw", lines: [gateway] }],
      }),
    );

    expect(verdicts(evidence.checks)).toMatchObject({
      reaches: "passed",
      "through-the-gateway": "passed",
    });
  });

  it("is unknown where an HTTP 404 may be anybody's", () => {
    const probe = output(tried("reaches", { localPort: 41_000, status: 404, appconnect: 0 }));

    expect(
      checkOf({ grant: HTTP_GRANT, probe, sidecarLog: [], gatewayLogs: [] }, "reaches").verdict,
    ).toBe("unknown");
  });

  it("fails where no handshake was completed, whatever curl's exit code", () => {
    for (const exit of [0, 28, 35, 56])
      expect(
        checkOf(
          { probe: output(tried("reaches", { localPort: 1, exit, appconnect: 0 })) },
          "reaches",
        ).verdict,
      ).toBe("failed");
  });
});

describe("through the gateway", () => {
  it.each([
    ["nothing was logged by the sidecar", { sidecarLog: [] }],
    ["the gateway's log could not be read", { gatewayLogs: [] }],
    ["the gateway's log has other lines only", { gatewayLogs: [{ pod: "egw", lines: [] }] }],
    ["the probe did not run", { probe: undefined }],
  ])("is unknown, and unproven, where %s", (_why, changes) => {
    expect(checkOf(changes, "through-the-gateway").verdict).toBe("unknown");
    expect(judge(observed(changes)).verdict).toBe("unproven");
  });

  it("says where a log was not read to its end, which may hold the line", () => {
    const cut = { gatewayLogs: [{ pod: "egw", lines: [] }], cutLogs: ["egw"] };

    expect(checkOf(cut, "through-the-gateway")).toMatchObject({
      verdict: "unknown",
      explanation: expect.stringContaining("the log of egw took too long"),
    });
    expect(checkOf({ cutLogs: ["egw"] }, "through-the-gateway").verdict).toBe("passed");
  });

  it("fails where the sidecar sent it past the gateway, though the destination answered", () => {
    const direct = parsedLine(fault("sidecar of orders: ALLOW_ANY: ungranted TLS"));
    const changes = {
      probe: output(tried("reaches", { localPort: 53_602 })),
      sidecarLog: [direct],
    };

    expect(checkOf(changes, "reaches").verdict).toBe("passed");
    expect(checkOf(changes, "through-the-gateway")).toMatchObject({
      verdict: "failed",
      explanation: expect.stringContaining("past the gateway"),
    });
  });

  it("fails for a line that looks like success and carried no byte", () => {
    const changes = {
      probe: output(tried("reaches", { localPort: 47_360 })),
      sidecarLog: logOf("other"),
    };

    expect(checkOf(changes, "through-the-gateway")).toMatchObject({
      verdict: "failed",
      explanation: expect.stringContaining("subjectAltNames"),
    });
  });

  it("fails for another grant's door or route, also one whose name only begins alike", () => {
    const other = {
      ...GRANT,
      doorName: "edition-cnn-com-443-445c6ef2ac5.team-a.ns.egress.internal",
    };
    expect(checkOf({ grant: other }, "through-the-gateway").verdict).toBe("failed");

    const probe = output(tried("reaches", { localPort: 59_472, status: 200, appconnect: 0 }));
    for (const routeNames of [[], ["r-0fa995a5d0d4"], [`${ROUTE}.x`]])
      expect(
        checkOf({ grant: { ...HTTP_GRANT, routeNames }, probe }, "through-the-gateway").verdict,
      ).toBe("failed");
  });

  it("does not take a connection of somebody else's for the probe's", () => {
    const lines = logOf("egw").map((line) => ({
      ...line,
      downstreamRemoteAddress: line.downstreamRemoteAddress.replace("198.18.1.10", "198.18.1.99"),
    }));

    expect(checkOf({ gatewayLogs: [{ pod: "egw", lines }] }, "through-the-gateway").verdict).toBe(
      "unknown",
    );
  });

  it("finds the line on whichever of the gateway's pods has it", () => {
    const gatewayLogs = [
      { pod: "egw-2", lines: [] },
      { pod: "egw", lines: logOf("egw") },
    ];

    expect(checkOf({ gatewayLogs }, "through-the-gateway").explanation).toContain("pod egw ");
  });
});

describe("right source", () => {
  const pod = { name: "egw", ip: "198.18.9.10" };

  it.each([
    ["failed", "bound to another configuration", { gatewayPods: [{ ...pod, boundTo: "else" }] }],
    ["failed", "bound to none", { gatewayPods: [{ ...pod, boundTo: undefined }] }],
    ["failed", "without a prefix", { egressIpPrefix: undefined }],
    ["unknown", "gone since", { gatewayPods: [] }],
    [
      "unknown",
      "another under the same name",
      { gatewayPods: [{ name: "egw", ip: "198.18.9.11", boundTo: "egw" }] },
    ],
  ])("is %s where the pod that carried the probe is %s", (verdict, _what, changes) => {
    expect(checkOf(changes, "right-source").verdict).toBe(verdict);
    expect(judge(observed(changes)).verdict).toBe("unproven");
  });
});

describe("no by-pass", () => {
  it.each([
    ["failed", "connected", {}, { connect: 0.01, exit: 0, appconnect: 0.1 }],
    ["failed", "no NetworkPolicy", { network: { kind: "none" as const } }, {}],
    ["unknown", "no admission policy", { admission: { kind: "unclear" as const, why: [] } }, {}],
    ["unknown", "a time-out", {}, { exit: 28, total: 5 }],
    ["unknown", "an unknown name", {}, { exit: 6 }],
    ["unknown", "a late refusal", {}, { total: 3 }],
  ])("is %s for %s", (verdict, _what, changes, bare) => {
    const noSidecarProbe = output(
      tried("no-bypass", { exit: 7, connect: 0, appconnect: 0, localPort: 0, ...bare }),
    );
    const evidence = judge(observed({ ...changes, noSidecarProbe }));

    expect(verdicts(evidence.checks)["no-bypass"]).toBe(verdict);
    expect(evidence.verdict).toBe("advisory");
    expect(evidence.advisories).toHaveLength(1);
  });

  it("is unknown where it could not run", () => {
    expect(checkOf({ noSidecarProbe: undefined }, "no-bypass").verdict).toBe("unknown");
  });
});

describe("the verdict", () => {
  it("is advisory in a mesh that is ALLOW_ANY, and says that a revoke does not block", () => {
    const { verdict, advisories } = judge(observed({ outbound: { mode: "ALLOW_ANY" } }));

    expect(verdict).toBe("advisory");
    expect(advisories).toEqual([expect.stringContaining("revoke does not block")]);
  });

  it("is advisory where Sidecar objects choose other pods than the probe, and lists them", () => {
    const { verdict, advisories } = judge(observed({ partialBy: ["team-a/one", "team-a/two"] }));

    expect(verdict).toBe("advisory");
    expect(advisories[0]).toContain("team-a/one, team-a/two");
  });

  it("is not changed by a mesh mode nobody could read: the probe saw it", () => {
    expect(judge(observed({ outbound: { mode: "unknown" } })).verdict).toBe("enforced");
  });

  it("is unproven where nothing was observed at all, and nothing failed but what is known to lack", () => {
    const evidence = judge(
      observed({
        probe: undefined,
        sidecarLog: [],
        gatewayLogs: [],
        otherAccountProbe: undefined,
        noSidecarProbe: undefined,
      }),
    );

    expect(evidence.verdict).toBe("unproven");
    expect(evidence.checks.every(({ verdict }) => verdict === "unknown")).toBe(true);
  });

  it("shows at most five lines with each check, and one sentence", () => {
    for (const { lines, explanation } of judge(observed()).checks) {
      expect(lines.length).toBeLessThanOrEqual(5);
      expect(explanation).not.toMatch(/\n|\.\s*$/u);
    }
  });
});
