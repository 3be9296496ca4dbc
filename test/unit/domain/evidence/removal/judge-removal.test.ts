import { describe, expect, it } from "@jest/globals";
import type { ProbeTry } from "#src/domain/evidence/probe/probe-output.ts";
import { judgeRemoval, type ObservedRemoval } from "#src/domain/evidence/removal/judge-removal.ts";
import { GRANT, HTTP_GRANT, output, ROUTE, tried } from "../observations.ts";
import { line } from "../recorded.ts";
import { logOf, parsedLine, recordedFaults } from "../recorded-lines.ts";

function removal(
  changes: Partial<ProbeTry>,
  observed: Partial<ObservedRemoval> = {},
): ReturnType<typeof judgeRemoval> {
  return judgeRemoval({
    grant: GRANT,
    probe: output(tried("refused", { exit: 35, appconnect: 0, ...changes })),
    sidecarLog: logOf("orders"),
    gatewayLogs: [{ pod: "egw", lines: logOf("egw") }],
    outbound: { mode: "REGISTRY_ONLY" },
    stillThere: [],
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

  it("is proven by a 404 of the gateway's own", () => {
    expect(
      removal(
        { localPort: 37_276, exit: 0, status: 404 },
        { sidecarLog: logOf("other"), grant: HTTP_GRANT },
      ).verdict,
    ).toBe("enforced");
  });

  it("is proven by an account refused at its tunnel only while that stays open for others", () => {
    const other = { sidecarLog: logOf("other") };

    expect(removal({ localPort: 47_360 }, { ...other, keptOpenBy: ["EG-00007"] }).verdict).toBe(
      "enforced",
    );
    expect(removal({ localPort: 47_360 }, other)).toMatchObject({
      verdict: "advisory",
      checks: [{ verdict: "unknown" }],
    });
  });

  it("is proven by a missing tunnel at the gateway, if the line names this very door", () => {
    const sidecarLog = faultLine("sidecar of orders: the same tunnel, client side");
    const missing = faultLine("gateway: upstream host does not exist (NXDOMAIN), tunnel");
    function at(requestedServerName: string) {
      const lines = missing.map((one) => ({
        ...one,
        requestedServerName,
        responseFlags: "NR",
        responseCodeDetails: "filter_chain_not_found",
      }));
      const gatewayLogs = [{ pod: "egw", lines }];
      return removal({ localPort: 41_658 }, { sidecarLog, gatewayLogs }).verdict;
    }

    expect(at(GRANT.doorName)).toBe("enforced");
    expect(at(`x${GRANT.doorName}`)).toBe("advisory");
  });

  it.each([
    ["a tunnel cut", GRANT, { localPort: 41_000 }, '"- - -"'],
    [
      "a request refused with 403",
      HTTP_GRANT,
      { localPort: 41_000, exit: 0, status: 403 },
      "403 -",
    ],
  ] as const)(
    "is not proven by %s by the gateway's policy, which passes",
    (_what, grant, changes, words) => {
      const gateway = line("gateway", "rbac_access_denied", words);
      const sidecar = {
        ...gateway,
        downstreamRemoteAddress: "198.18.1.10:41000",
        upstreamLocalAddress: gateway.downstreamRemoteAddress,
      };

      const evidence = removal(changes, {
        grant,
        sidecarLog: [sidecar],
        gatewayLogs: [{ pod: "egw", lines: [gateway] }],
      });

      expect(evidence).toMatchObject({
        verdict: "advisory",
        checks: [{ verdict: "unknown", explanation: expect.stringContaining("policy alone") }],
      });
    },
  );

  describe.each([
    [
      "a DENY policy of others",
      "rbac_access_denied_matched_policy[ns[aks-istio-system]-policy[deny-all]-rule[0]]",
      "AuthorizationPolicy aks-istio-system/deny-all, which is not Sallyport's, denied it",
    ],
    ["an authorizer of others", "ext_authz_denied", "an external authorizer refused it"],
  ])("by %s", (_what, details, said) => {
    it.each([
      ["a tunnel", GRANT, { localPort: 41_000 }, '"- - -"', "connectionTerminationDetails"],
      [
        "a request",
        HTTP_GRANT,
        { localPort: 41_000, exit: 0, status: 403 },
        "403 -",
        "responseCodeDetails",
      ],
    ] as const)(
      "of %s does not show that its own door is closed, and names that",
      (_kind, grant, changes, words, field) => {
        const gateway = { ...line("gateway", "rbac_access_denied", words), [field]: details };
        const sidecar = {
          ...gateway,
          downstreamRemoteAddress: "198.18.1.10:41000",
          upstreamLocalAddress: gateway.downstreamRemoteAddress,
        };

        expect(
          removal(changes, {
            grant,
            sidecarLog: [sidecar],
            gatewayLogs: [{ pod: "egw", lines: [gateway] }],
          }),
        ).toMatchObject({
          verdict: "advisory",
          checks: [
            {
              verdict: "unknown",
              explanation: expect.stringMatching(
                new RegExp(`not for want of a way out, so that nothing shows .*: ${said}`),
              ),
            },
          ],
        });
      },
    );
  });

  it("is not proven by an account refused at a kept tunnel where a filter of others may have closed it", () => {
    const observed = { sidecarLog: logOf("other"), keptOpenBy: ["EG-00007"] };
    const changes = { localPort: 47_360 };
    const text = "EnvoyFilter egress-gw/x changes what the proxy does in the gateway's pods";

    for (const effect of ["not-judged", "may-deny", "denies"] as const)
      expect(removal(changes, { ...observed, others: [{ effect, text }] })).toMatchObject({
        verdict: "advisory",
        checks: [{ verdict: "unknown", explanation: expect.stringContaining(text) }],
      });
    for (const effect of ["cuts-some", "lets-in"] as const)
      expect(removal(changes, { ...observed, others: [{ effect, text }] }).verdict).toBe(
        "enforced",
      );
    // The sidecar's own black hole is nobody else's doing.
    expect(
      removal(
        { localPort: 51_950 },
        { keptOpenBy: ["EG-00007"], others: [{ effect: "not-judged", text }] },
      ).verdict,
    ).toBe("enforced");
  });

  it("names what cut the probe off, where it waited or did not run", () => {
    const text =
      "NetworkPolicy team-a/closed cuts namespace team-a off from the gateway (egress-gw)";
    const others = [{ effect: "cuts-gateway", text } as const];

    expect(
      removal({ localPort: 1, exit: 28, total: 5 }, { sidecarLog: [], others }).checks[0],
    ).toMatchObject({ verdict: "unknown", explanation: expect.stringContaining(text) });
    expect(
      removal({}, { probe: undefined, problem: "its sidecar is not ready", others }).checks[0],
    ).toMatchObject({
      verdict: "unknown",
      explanation: expect.stringContaining(
        `the probe could not run in the namespace: its sidecar is not ready; ${text}`,
      ),
    });
  });

  describe("with a gateway's log that was not read to its end", () => {
    const cutLogs = ["egw-b"];
    const unjoined = faultLine("sidecar of orders: the same tunnel, client side");

    it("is unknown and says so, where the probe's line may be there unseen", () => {
      const observed = { sidecarLog: unjoined, gatewayLogs: [], cutLogs };

      expect(removal({ localPort: 41_658 }, observed).checks[0]).toMatchObject({
        verdict: "unknown",
        explanation: expect.stringContaining("the log of egw-b took too long to read to its end"),
      });
    });

    it("is not proven by a line beside it, which is proof in a whole log", () => {
      const missing = faultLine("gateway: upstream host does not exist (NXDOMAIN), tunnel");
      const lines = missing.map((one) => ({
        ...one,
        requestedServerName: GRANT.doorName,
        responseFlags: "NR",
        responseCodeDetails: "filter_chain_not_found",
      }));
      const observed = { sidecarLog: unjoined, gatewayLogs: [{ pod: "egw", lines }] };

      expect(removal({ localPort: 41_658 }, observed).verdict).toBe("enforced");
      expect(removal({ localPort: 41_658 }, { ...observed, cutLogs })).toMatchObject({
        verdict: "advisory",
        checks: [{ verdict: "unknown", explanation: expect.stringContaining("egw-b") }],
      });
    });

    it("is proven by the sidecar's own refusal, and fails where the gateway's line shows it open", () => {
      expect(removal({ localPort: 51_950 }, { cutLogs }).verdict).toBe("enforced");
      expect(removal({ localPort: 49_822, exit: 0, appconnect: 0.01 }, { cutLogs }).verdict).toBe(
        "unproven",
      );
    });

    it("says nothing of it where no probe ran", () => {
      expect(removal({}, { probe: undefined, cutLogs }).checks[0]?.explanation).toContain(
        "was not asked for",
      );
    });
  });

  it("fails while an object of its own is left on the gateway, whatever the sidecar refuses", () => {
    const stillThere = ["Gateway egress-gw/x", "VirtualService egress-gw/x"];

    for (const more of [{}, { stillGrantedBy: ["EG-7QK4M"] }, { probe: undefined }])
      expect(removal({ localPort: 51_950 }, { ...more, stillThere })).toMatchObject({
        verdict: "unproven",
        checks: [
          {
            verdict: "failed",
            explanation: expect.stringContaining("Gateway egress-gw/x, VirtualService"),
          },
        ],
      });
  });

  it("fails while something of it is deleted and still there, whatever the sidecar refuses", () => {
    const held = ["ServiceEntry team-x/x is deleted, but finalizer example.com/hold holds it"];

    for (const more of [{}, { stillGrantedBy: ["EG-7QK4M"] }, { probe: undefined }])
      expect(removal({ localPort: 51_950 }, { ...more, held })).toMatchObject({
        verdict: "unproven",
        checks: [{ verdict: "failed", explanation: expect.stringContaining("example.com/hold") }],
      });
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
      { sidecarLog, outbound: { mode: "ALLOW_ANY" } },
    );

    expect(evidence).toMatchObject({
      verdict: "advisory",
      checks: [
        { verdict: "failed", explanation: expect.stringContaining("a revoke does not block") },
      ],
    });
    expect(evidence.advisories).toEqual([evidence.checks[0]?.explanation]);
  });

  it("names the Sidecar that is ALLOW_ANY in the mesh's place", () => {
    const outbound = { mode: "ALLOW_ANY", sidecar: "team-a/own" } as const;
    const sidecarLog = faultLine("sidecar of orders: ALLOW_ANY: ungranted TLS");
    const { advisories } = removal(
      { localPort: 53_602, exit: 0, appconnect: 0.01 },
      { sidecarLog, outbound },
    );

    expect(advisories).toEqual([
      expect.stringMatching(
        /where Sidecar team-a\/own is ALLOW_ANY a revoke does not block.*set outboundTrafficPolicy of Sidecar team-a\/own to REGISTRY_ONLY$/u,
      ),
    ]);
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
