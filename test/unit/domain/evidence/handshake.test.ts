import { describe, expect, it } from "@jest/globals";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { judge } from "#src/domain/evidence/judge.ts";
import { GRANT, observed, output, tried } from "./observations.ts";
import { line } from "./recorded.ts";
import { parsedLine, recordedFaults } from "./recorded-lines.ts";

/** TLS destinations that do not complete a handshake, seen from the probe, its sidecar and the gateway. */

interface Seen {
  readonly exit: number;
  readonly error: string;
  readonly sidecarLog: readonly AccessLogLine[];
  readonly gateway: readonly AccessLogLine[];
}

function checksOf({ exit, error, sidecarLog, gateway }: Seen) {
  const { checks, verdict } = judge(
    observed({
      probe: output(tried("reaches", { localPort: 49_822, exit, error, appconnect: 0, total: 1 })),
      sidecarLog,
      gatewayLogs: [{ pod: "egw", lines: gateway }],
    }),
  );
  return { verdict, reaches: checks[0], passage: checks[1] };
}

const SIDECAR = line("sidecar", "198.18.1.10:49822");
const TUNNEL = line("gateway", SIDECAR.upstreamLocalAddress ?? "");

describe("a handshake that was broken off", () => {
  it.each([
    "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to edition.cnn.com:443",
    "error:0A00045C:SSL routines::tlsv13 alert certificate required",
    "Recv failure: Connection reset by peer",
  ])("after bytes went both ways was reached: %s", (error) => {
    const seen = checksOf({
      exit: 35,
      error,
      sidecarLog: [SIDECAR],
      gateway: [{ ...TUNNEL, bytesReceived: 517, bytesSent: 93 }],
    });

    expect(seen).toMatchObject({
      reaches: { verdict: "passed", explanation: expect.stringContaining("client certificate") },
      passage: { verdict: "passed" },
    });
  });

  it.each([
    ["no byte came back", { bytesSent: 0 }, "SSL_ERROR_SYSCALL"],
    ["what came back is no TLS", {}, "error:0A00010B:SSL routines::wrong version number"],
    ["it was another door's", { requestedServerName: `x${GRANT.doorName}` }, "SSL_ERROR_SYSCALL"],
    [
      "the gateway's policy cut it",
      { connectionTerminationDetails: "rbac_access_denied_matched_policy[none]" },
      "SSL_ERROR_SYSCALL",
    ],
  ])("was not reached where %s", (_why, changes, error) => {
    const gateway = [{ ...TUNNEL, ...changes }];

    expect(checksOf({ exit: 35, error, sidecarLog: [SIDECAR], gateway }).reaches?.verdict).toBe(
      "failed",
    );
  });
});

describe("a destination that takes the connection and says nothing", () => {
  const timedOut = { exit: 28, error: "SSL connection timeout" };

  it.each([
    ["neither proxy has written a line yet", { sidecarLog: [], gateway: [] }],
    ["the gateway has not written its line yet", { sidecarLog: [SIDECAR], gateway: [] }],
  ])("is told as still open, not as a log that is off, while %s", (_what, logs) => {
    const { passage, reaches } = checksOf({ ...timedOut, ...logs });

    expect(reaches?.verdict).toBe("failed");
    expect(passage).toMatchObject({
      verdict: "unknown",
      explanation: expect.stringContaining("still open"),
    });
    expect(passage?.explanation).not.toContain("Telemetry");
  });

  it("is looked for in the access log where curl was closed and nothing was logged", () => {
    const { passage } = checksOf({ exit: 35, error: "", sidecarLog: [], gateway: [] });

    expect(passage?.explanation).toContain("Telemetry");
  });
});

describe("a tunnel that fails at the gateway", () => {
  it("has one cause: a name that does not resolve blames no pod of the gateway", () => {
    const about = [
      "gateway: upstream host does not exist (NXDOMAIN), tunnel",
      "sidecar of orders: the same tunnel, client side",
    ];
    const [gateway, sidecar] = about.map((what) =>
      recordedFaults()
        .filter((one) => one.about === what)
        .map(parsedLine),
    );

    const { checks } = judge(
      observed({
        probe: output(tried("reaches", { localPort: 41_658, exit: 35, appconnect: 0 })),
        sidecarLog: sidecar ?? [],
        gatewayLogs: [{ pod: "egw", lines: gateway ?? [] }],
      }),
    );

    const [reaches, passage] = checks;
    expect(reaches?.explanation).toContain("does not resolve");
    expect(passage).toMatchObject({
      verdict: "failed",
      explanation: expect.stringMatching(
        /came to the gateway and ended there: .*does not resolve/u,
      ),
    });
    expect(passage?.explanation).not.toContain("gateway's pods");
  });
});
