import type { ProbedGrant } from "#src/domain/evidence/check.ts";
import type { Observed } from "#src/domain/evidence/judge.ts";
import type { ProbeOutput, ProbeTry } from "#src/domain/evidence/probe/probe-output.ts";
import { logOf } from "./recorded-lines.ts";

/** The recorded grant of service account `orders` to edition.cnn.com by tls. */
export const GRANT: ProbedGrant = {
  destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
  scope: { namespace: "team-a", serviceAccounts: ["orders"] },
  doorName: "edition-cnn-com-443-445c6ef2ac5b.team-a.ns.egress.internal",
  routeNames: [],
};

export const NAMESPACE_GRANT: ProbedGrant = {
  ...GRANT,
  scope: { namespace: "team-a", serviceAccounts: [] },
};

export const ROUTE = "r-0fa995a5d0d4.edition-cnn-com-80-910b3af7a601.team-a.ns.egress.internal";

/** The recorded grant of the same account by http. */
export const HTTP_GRANT: ProbedGrant = {
  destination: { host: "edition.cnn.com", port: 80, mode: "http" },
  scope: GRANT.scope,
  doorName: "edition-cnn-com-80-910b3af7a601.team-a.ns.egress.internal",
  routeNames: [ROUTE],
};

export const ALL = {
  reaches: "passed",
  "through-the-gateway": "passed",
  "right-source": "passed",
  "nothing-else": "passed",
  "nobody-else": "passed",
  "no-bypass": "passed",
} as const;

/** A try of 20 ms that reached its TLS server, unless changed. */
export function tried(attempt: string, changes: Partial<ProbeTry>): ProbeTry {
  return {
    attempt,
    try: 1,
    exit: 0,
    status: 0,
    bytes: 0,
    connect: 0.001,
    appconnect: 0.01,
    total: 0.02,
    localPort: 0,
    remoteIp: "192.0.2.1",
    error: "",
    redirect: "",
    ...changes,
  };
}

export function output(...tries: readonly ProbeTry[]): ProbeOutput {
  return { tries, complete: true };
}

/** Everything seen as it should be, by the ports of the recorded lines; `changes` is what is not. */
export function observed(changes: Partial<Observed> = {}): Observed {
  return {
    grant: GRANT,
    probe: output(
      tried("reaches", { localPort: 49_822 }),
      tried("nothing-else", { localPort: 39_824, exit: 35, appconnect: 0 }),
    ),
    sidecarLog: logOf("orders"),
    gatewayLogs: [{ pod: "egw", lines: logOf("egw") }],
    gatewayPods: [{ name: "egw", ip: "198.18.9.10", boundTo: "egw" }],
    gatewayConfiguration: "egw",
    egressIpPrefix: "203.0.113.0/28",
    otherAccountProbe: output(tried("nobody-else", { localPort: 47_360, exit: 35, appconnect: 0 })),
    otherAccountSidecarLog: logOf("other"),
    noSidecarProbe: output(
      tried("no-bypass", { exit: 7, connect: 0, appconnect: 0, localPort: 0 }),
    ),
    network: { kind: "limited", dropping: [] },
    admission: { kind: "denied", by: ["p"], notGuarded: [] },
    outbound: { mode: "REGISTRY_ONLY" },
    partialBy: [],
    ...changes,
  };
}

/** As `observed` without changes, of a grant in mode http. */
export const HTTP: Partial<Observed> = {
  grant: HTTP_GRANT,
  probe: output(
    tried("reaches", { localPort: 59_472, status: 200, appconnect: 0 }),
    tried("nothing-else", { localPort: 39_824, exit: 35, appconnect: 0 }),
  ),
  otherAccountProbe: output(
    tried("nobody-else", { localPort: 37_276, status: 404, appconnect: 0 }),
  ),
};
