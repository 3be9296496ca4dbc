import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { judge } from "#src/domain/evidence/judge.ts";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { ownTrafficOf, ownTrafficSince } from "#src/domain/evidence/own-traffic.ts";
import { probedGrant } from "#src/domain/evidence/probe/probed-grant.ts";
import { givesUp } from "#src/domain/evidence/gives-up.ts";
import type { Destination, Grant } from "#src/domain/grant.ts";
import { observed, output, tried } from "./observations.ts";
import { line } from "./recorded.ts";

const HOUR = 3_600_000;

function grantOf(
  destination: Partial<Destination>,
  {
    id = "EG-1",
    serviceAccounts = ["orders"],
  }: Partial<{ id: string; serviceAccounts: readonly string[] }> = {},
): Grant {
  return {
    id,
    team: "team-a",
    cluster: "prod",
    gateway: { namespace: "egress-gw", name: "egw" },
    scope: { namespace: "team-a", serviceAccounts },
    durationMs: HOUR,
    latestEnd: HOUR,
    destination: { host: "queue.example.com", port: 7000, mode: "tcp", ...destination },
  };
}

const TCP = grantOf({});
const POST = grantOf({ port: 80, mode: "http", methods: ["POST"] });

const SIDECAR = line("sidecar", "198.18.1.10:49822");
const RECORDED = line("gateway", SIDECAR.upstreamLocalAddress ?? "");

/** As a gateway logs a connection that went through the grant's tunnel. */
function tunnelled(grant: Grant, changes: Partial<AccessLogLine> = {}): AccessLogLine {
  return { ...RECORDED, requestedServerName: probedGrant(grant, [grant]).doorName, ...changes };
}

/** The probe's own connection, on which the destination said nothing. */
const SILENT = tunnelled(TCP, { bytesReceived: 6, bytesSent: 0 });

function ofProbe(grant: Grant, gateway: readonly AccessLogLine[], own?: AccessLogLine) {
  return judge(
    observed({
      grant: probedGrant(grant, [grant]),
      probe: output(
        tried("reaches", { localPort: 49_822, exit: 28, appconnect: 0 }),
        tried("nothing-else", { localPort: 39_824, exit: 35, appconnect: 0 }),
      ),
      sidecarLog: [SIDECAR, ...observed().sidecarLog],
      gatewayLogs: [{ pod: "egw", lines: gateway }],
      ...(own === undefined ? {} : { ownTraffic: { pod: "egw", line: own } }),
    }),
  );
}

function verdicts({ checks }: ReturnType<typeof judge>) {
  return checks.slice(0, 3).map(({ verdict }) => verdict);
}

describe("a destination that speaks to nobody who does not speak its protocol", () => {
  it.each([
    ["took the probe's connection and said nothing", [SILENT]],
    ["still holds it", []],
  ])("is unknown, never failed, and so never ended for it, where it %s", (_what, lines) => {
    const evidence = ofProbe(TCP, lines);

    expect(verdicts(evidence)).toEqual(["unknown", "unknown", "unknown"]);
    expect(evidence.checks[0]?.explanation).toContain("let the application connect");
    expect(
      givesUp({ wasActive: false, evidence, waitedMs: 48 * HOUR, unprovenForMs: 24 * HOUR }),
    ).toBe(false);
  });

  it("is reached, by its door and from its source, once the scope's own bytes went both ways", () => {
    const evidence = ofProbe(TCP, [SILENT], tunnelled(TCP));

    expect(verdicts(evidence)).toEqual(["passed", "passed", "passed"]);
    expect(evidence.checks[0]?.explanation).toMatch(/own traffic at .* bytes went there and/);
  });

  it.each([
    ["refused the gateway's connection", { responseFlags: "UF" }],
    ["was cut by the gateway's policy", { connectionTerminationDetails: "rbac_access_denied_x" }],
    ["was reached by another door", { requestedServerName: "other.internal" }],
    ["had no upstream", { upstreamHost: undefined }],
  ])("has failed where it %s, whatever was seen before", (_what, changes) => {
    const { upstreamHost, ...rest } = { ...SILENT, ...changes };
    const gateway = [{ ...rest, ...(upstreamHost === undefined ? {} : { upstreamHost }) }];

    expect(verdicts(ofProbe(TCP, gateway, tunnelled(TCP)))[0]).toBe("failed");
  });
});

function wanted(destination: Partial<Destination>): boolean {
  return ownTrafficOf(grantOf(destination), []) !== undefined;
}

describe("own traffic", () => {
  it("is looked for where no probe can ask, and nowhere else", () => {
    expect(wanted({})).toBe(true);
    expect(wanted({ port: 80, mode: "http", methods: ["POST", "PUT"] })).toBe(true);
    expect(wanted({ port: 80, mode: "http", methods: ["POST", "GET"] })).toBe(false);
    expect(wanted({ port: 80, mode: "http" })).toBe(false);
    expect(wanted({ port: 443, mode: "tls" })).toBe(false);
  });

  it("is a connection by the grant's own tunnel, with bytes in both directions", () => {
    const own = ownTrafficOf(TCP, [TCP]);
    fc.assert(
      fc.property(
        fc.record({
          bytesReceived: fc.nat(3),
          bytesSent: fc.nat(3),
          isOurs: fc.boolean(),
          isDenied: fc.boolean(),
        }),
        ({ bytesReceived, bytesSent, isOurs, isDenied }) => {
          const seen = tunnelled(TCP, {
            bytesReceived,
            bytesSent,
            ...(isOurs ? {} : { requestedServerName: "other.internal" }),
            ...(isDenied ? { connectionTerminationDetails: "rbac_access_denied_matched" } : {}),
          });
          expect(own?.isOwn(seen)).toBe(isOurs && !isDenied && bytesReceived > 0 && bytesSent > 0);
        },
      ),
    );
  });

  it("is a request by the grant's own route that its destination answered", () => {
    const other = grantOf(POST.destination, { id: "EG-2", serviceAccounts: ["orders", "more"] });
    const [route = "", others = ""] = [POST, other].map(
      (grant) => probedGrant(grant, [grant]).routeNames[0],
    );
    const own = ownTrafficOf(POST, [POST, other]);
    const answered = { ...RECORDED, method: "POST", routeName: route };

    expect(own?.isOwn({ ...answered, responseCodeDetails: "via_upstream" })).toBe(true);
    expect(own?.isOwn({ ...answered, responseCodeDetails: "direct_response" })).toBe(false);
    expect(
      own?.isOwn({ ...answered, routeName: others, responseCodeDetails: "via_upstream" }),
    ).toBe(false);
  });

  it("of a tunnel that lets others pass is nobody's, unless the whole namespace is the scope", () => {
    const other = grantOf({}, { id: "EG-2", serviceAccounts: ["more"] });
    const all = grantOf({}, { id: "EG-3", serviceAccounts: [] });

    expect(ownTrafficOf(TCP, [TCP, other])).toBeUndefined();
    expect(ownTrafficOf(all, [all, other])).toBeDefined();
  });

  it("counts for a day, and never from before the grant was admitted", () => {
    expect(ownTrafficSince(100 * HOUR, 101 * HOUR)).toBe(100 * HOUR);
    expect(ownTrafficSince(100 * HOUR, 200 * HOUR)).toBe(176 * HOUR);
  });
});
