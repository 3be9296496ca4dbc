import { describe, expect, it } from "@jest/globals";
import { judge, type Observed } from "#src/domain/evidence/judge.ts";
import { judgeRemoval } from "#src/domain/evidence/removal/judge-removal.ts";
import { GRANT, HTTP_GRANT, observed, output, tried } from "./observations.ts";
import { line } from "./recorded.ts";
import { logOf } from "./recorded-lines.ts";

/** What only looks like a proof. */

const TUNNEL = line("gateway", "198.18.1.10:46998");
const REQUEST = line("gateway", "115aa9c8");
const OTHER = line("sidecar", "198.18.1.11:54056");
const OTHER_AT_GATEWAY = line("gateway", "198.18.1.11:54056");

function verdictOf(name: string, changes: Partial<Observed>): string | undefined {
  return judge(observed(changes)).checks.find((one) => one.name === name)?.verdict;
}

describe("a grant is not proven", () => {
  it.each([{ bytesReceived: 0 }, { bytesSent: 0 }])(
    "by a tunnel with %j: bytes must have gone both ways",
    (none) => {
      const gatewayLogs = [{ pod: "egw", lines: [{ ...TUNNEL, ...none }] }];
      expect(verdictOf("through-the-gateway", { gatewayLogs })).toBe("failed");
    },
  );

  it("by its own route's name on an answer that the gateway made itself", () => {
    const lines = [{ ...REQUEST, responseCodeDetails: "direct_response" }];
    const changes = {
      grant: HTTP_GRANT,
      probe: output(tried("reaches", { localPort: 59_472, status: 200, appconnect: 0 })),
      gatewayLogs: [{ pod: "egw", lines }],
    };
    expect(verdictOf("through-the-gateway", changes)).toBe("failed");
  });

  it("by a first try: the last one is the result, healed or broken", () => {
    const good = tried("reaches", { localPort: 49_822 });
    const bad = tried("reaches", { exit: 35, appconnect: 0 });
    expect(verdictOf("reaches", { probe: output(bad, good) })).toBe("passed");
    expect(verdictOf("reaches", { probe: output(good, bad) })).toBe("failed");
  });
});

describe("that nothing else gets out is not proven", () => {
  it("by the sidecar's line alone, where curl saw no end of the connection", () => {
    const probe = output(
      tried("reaches", { localPort: 49_822 }),
      tried("nothing-else", { localPort: 39_824, exit: 0, status: 200 }),
    );
    expect(verdictOf("nothing-else", { probe })).toBe("unknown");
  });
});

describe("that nobody else gets out is not proven", () => {
  it("by curl alone, though its handshake was closed at once", () => {
    expect(verdictOf("nobody-else", { otherAccountSidecarLog: [] })).toBe("unknown");
  });

  it("by another HTTP status than the granted account's, where no log says whose it is", () => {
    const changes = {
      grant: HTTP_GRANT,
      probe: output(tried("reaches", { localPort: 59_472, status: 200, appconnect: 0 })),
      otherAccountProbe: output(tried("nobody-else", { status: 404, appconnect: 0 })),
      otherAccountSidecarLog: [],
    };
    expect(verdictOf("nobody-else", changes)).toBe("unknown");
  });

  it("by its refusal, while the granted account does not get through either", () => {
    const probe = output(tried("reaches", { localPort: 51_950, exit: 35, appconnect: 0 }));
    expect(verdictOf("nobody-else", { probe })).toBe("unknown");
  });

  it("by a time-out, however short, over a line that shows a refusal", () => {
    const changes = { localPort: 47_360, exit: 28, total: 1, appconnect: 0 };
    const otherAccountProbe = output(tried("nobody-else", changes));
    expect(verdictOf("nobody-else", { otherAccountProbe })).toBe("unknown");
  });

  it("by a tunnel that carried bytes, although curl was closed in the end", () => {
    const bytes = { bytesReceived: 517, bytesSent: 1702 };
    const changes = {
      otherAccountSidecarLog: [{ ...OTHER, ...bytes }],
      gatewayLogs: [{ pod: "egw", lines: [TUNNEL, { ...OTHER_AT_GATEWAY, ...bytes }] }],
    };
    expect(verdictOf("nobody-else", changes)).toBe("failed");
  });
});

describe("advisories", () => {
  it("say once that the mesh lets everything out", () => {
    const probe = output(
      tried("reaches", { localPort: 49_822 }),
      tried("nothing-else", { exit: 28, total: 5, appconnect: 0 }),
    );
    expect(judge(observed({ outbound: { mode: "ALLOW_ANY" }, probe })).advisories).toEqual([
      expect.stringMatching(/ALLOW_ANY.*outboundTrafficPolicy.*REGISTRY_ONLY/u),
    ]);
  });

  it("name the Sidecar that lets everything out in the mesh's place, and not the mesh", () => {
    const outbound = { mode: "ALLOW_ANY", sidecar: "team-x/own" } as const;
    const probe = output(
      tried("reaches", { localPort: 49_822 }),
      tried("nothing-else", { exit: 28, total: 5, appconnect: 0 }),
    );
    const { advisories, checks } = judge(observed({ outbound, probe }));
    const found = checks.find(({ name }) => name === "nothing-else");

    expect(advisories).toEqual([
      "Sidecar team-x/own lets everything else out (ALLOW_ANY), and a revoke does not block: set outboundTrafficPolicy of Sidecar team-x/own to REGISTRY_ONLY",
    ]);
    expect(found?.explanation).toContain("set outboundTrafficPolicy of Sidecar team-x/own");
  });

  it("have one sentence for each requirement that is not met", () => {
    const changes = {
      network: { kind: "none" as const },
      otherAccountProbe: undefined,
      probe: output(tried("reaches", { localPort: 49_822 })),
    };
    expect(judge(observed(changes)).advisories).toEqual([
      expect.stringContaining("host without a grant"),
      expect.stringContaining("other account"),
      expect.stringContaining("NetworkPolicy"),
    ]);
  });
});

describe("of a grant that ended", () => {
  const removal = {
    grant: GRANT,
    sidecarLog: logOf("orders"),
    gatewayLogs: [{ pod: "egw", lines: logOf("egw") }],
    outbound: { mode: "REGISTRY_ONLY" },
    stillThere: [],
  } as const;
  const open = tried("refused", { localPort: 49_822 });
  const closed = tried("refused", { localPort: 51_950, exit: 35, appconnect: 0 });

  it("the last try counts: refused in the end is refused", () => {
    expect(judgeRemoval({ ...removal, probe: output(open, closed) }).verdict).toBe("enforced");
    expect(judgeRemoval({ ...removal, probe: output(closed, open) }).verdict).toBe("unproven");
  });

  it("the verdict is advisory, not unproven, where a refusal could not be proven", () => {
    for (const probe of [
      undefined,
      output(tried("refused", { exit: 28, total: 5, appconnect: 0 })),
    ])
      expect(judgeRemoval({ ...removal, probe }).verdict).toBe("advisory");
  });

  it("a destination that answers with an error by its old route is still open", () => {
    const sidecar = line("sidecar", "8c04b91f");
    const evidence = judgeRemoval({
      ...removal,
      grant: HTTP_GRANT,
      probe: output(tried("refused", { localPort: 59_472, status: 404, appconnect: 0 })),
      sidecarLog: [{ ...sidecar, responseCode: 404 }],
      gatewayLogs: [{ pod: "egw", lines: [{ ...REQUEST, responseCode: 404 }] }],
    });
    expect(evidence.verdict).toBe("unproven");
  });
});
