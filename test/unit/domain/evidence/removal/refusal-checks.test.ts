import { describe, expect, it } from "@jest/globals";
import type { Check } from "#src/domain/evidence/check.ts";
import { judge } from "#src/domain/evidence/judge.ts";
import { GRANT, observed, output, tried } from "../observations.ts";
import { fault, line } from "../recorded.ts";
import { logOf, parsedLine } from "../recorded-lines.ts";

function checkOf(changes: Parameters<typeof observed>[0], name: string): Check {
  const found = judge(observed(changes)).checks.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no check ${name}`);
  return found;
}

function nothingElse(changes: Parameters<typeof tried>[1], sidecarLog = logOf("orders")) {
  const probe = output(
    tried("reaches", { localPort: 49_822 }),
    tried("nothing-else", { localPort: 39_824, exit: 35, appconnect: 0, ...changes }),
  );
  return checkOf({ probe, sidecarLog }, "nothing-else");
}

function nobodyElse(changes: Parameters<typeof tried>[1], sidecarLog = logOf("other")) {
  return checkOf(
    {
      otherAccountProbe: output(
        tried("nobody-else", { localPort: 47_360, exit: 35, appconnect: 0, ...changes }),
      ),
      otherAccountSidecarLog: sidecarLog,
    },
    "nobody-else",
  );
}

describe("nothing else", () => {
  it("passes for a closed handshake and for the sidecar's 502, at once", () => {
    expect(nothingElse({}).verdict).toBe("passed");
    expect(nothingElse({ localPort: 44_950, exit: 0, status: 502 }).verdict).toBe("passed");
    expect(nothingElse({ exit: 56 }).verdict).toBe("passed");
  });

  it("fails for a time-out, even under a line of the black hole: the packet left the pod", () => {
    expect(nothingElse({ exit: 28, total: 5 }).verdict).toBe("failed");
    expect(nothingElse({ exit: 28, total: 5 }, []).verdict).toBe("failed");
  });

  it("fails for a line of the pass-through, even where curl was closed at once", () => {
    const direct = parsedLine(fault("ALLOW_ANY: TLS to 192.0.2.1"));

    expect(nothingElse({ localPort: 42_028 }, [direct])).toMatchObject({
      verdict: "failed",
      explanation: expect.stringContaining("REGISTRY_ONLY"),
    });
  });

  it("fails where a tcp grant carried it elsewhere, or something answered", () => {
    const swallowed = parsedLine(fault("TCP grant pg:5432"));

    expect(nothingElse({ localPort: 39_712 }, [swallowed]).verdict).toBe("failed");
    expect(nothingElse({ exit: 0, appconnect: 0.1 }, []).verdict).toBe("failed");
  });

  it("is unknown without the sidecar's line, when it took long, and when it did not run", () => {
    expect(nothingElse({}, []).verdict).toBe("unknown");
    expect(nothingElse({ total: 3 }).verdict).toBe("unknown");
    expect(
      checkOf({ probe: output(tried("reaches", { localPort: 49_822 })) }, "nothing-else").verdict,
    ).toBe("unknown");
  });
});

describe("nobody else", () => {
  it("fails where the other account completed a handshake", () => {
    expect(nobodyElse({ exit: 0, appconnect: 0.1 }).verdict).toBe("failed");
  });

  it("is unknown after a time-out, after a broken upstream, and when it did not run", () => {
    expect(nobodyElse({ exit: 28, total: 5 }).verdict).toBe("unknown");
    expect(
      nobodyElse({ localPort: 41_658 }, [
        parsedLine(fault("sidecar of orders: the same tunnel, client side")),
      ]).verdict,
    ).toBe("unknown");
    expect(checkOf({ otherAccountProbe: undefined }, "nobody-else").verdict).toBe("unknown");
  });

  it("says nothing while the door is not proven open", () => {
    expect(checkOf({ gatewayLogs: [] }, "nobody-else").verdict).toBe("unknown");
  });

  it("is not proven by the gateway's policy, which would refuse the granted account too", () => {
    const cut = line("gateway", "rbac_access_denied", '"- - -"');
    const sidecar = {
      ...cut,
      downstreamRemoteAddress: "198.18.1.11:41000",
      upstreamLocalAddress: cut.downstreamRemoteAddress,
    };

    expect(nobodyElse({ localPort: 41_000 }, [sidecar]).verdict).toBe("unknown");
  });

  it("cannot be seen of a grant to the account default: the reply says why", () => {
    const grant = { ...GRANT, scope: { namespace: "team-a", serviceAccounts: ["default"] } };
    const check = checkOf({ grant, otherAccountProbe: undefined }, "nobody-else");

    expect(check).toMatchObject({
      verdict: "unknown",
      explanation: expect.stringMatching(/names the account default.*application's own/u),
    });
  });

  it("has nothing to refuse where a live grant lets the other account through: the reply names it", () => {
    const check = checkOf({ otherGrantedBy: ["EG-00007"] }, "nobody-else");

    expect(check).toMatchObject({
      verdict: "unknown",
      explanation: expect.stringContaining("EG-00007"),
    });
  });
});
