import type { RequestRecord } from "#src/domain/request/request.ts";

export const NOW = Date.UTC(2026, 10, 1, 12);

/** A pending request with a small plan; what matters to a test is given. */
export function aRecord(
  given: Partial<RequestRecord> & {
    readonly ask?: Partial<RequestRecord["asked"]>;
    readonly planned?: Partial<NonNullable<RequestRecord["plan"]>>;
  } = {},
): RequestRecord {
  const { ask, planned, ...rest } = given;
  const team = { name: "team-x", channel: undefined, userGroup: undefined };
  const placement = {
    cluster: "prod",
    namespace: "team-x",
    serviceAccounts: ["feeds"],
    gateway: "egress-gw/egw",
  };
  return {
    id: "EG-7QK4M",
    kind: "grant",
    version: 1,
    state: "pending",
    since: NOW,
    asked: {
      by: { userId: "U0ALICE000", teamId: "T0HOME0000" },
      at: NOW,
      channel: "C0TEAMX000",
      threadTs: "1.2",
      team: "team-x",
      cluster: "prod",
      gateway: { namespace: "egress-gw", name: "egw" },
      scope: { namespace: "team-x", serviceAccounts: ["feeds"] },
      destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
      typedHost: "edition.cnn.com",
      registrableDomain: "cnn.com",
      reason: "weather feed",
      durationMs: 86_400_000,
      latestEnd: NOW + 2 * 86_400_000,
      ...ask,
    },
    plan: {
      madeAt: NOW,
      grantDigest: "3f9a".padEnd(64, "0"),
      namespaceUid: "uid",
      basis: {
        cluster: "/subscriptions/s/managedclusters/aks-prod",
        gateway: { namespace: "egress-gw", name: "egw" },
        namespaceUid: "uid",
        scope: { namespace: "team-x", serviceAccounts: ["feeds"] },
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        durationMs: 86_400_000,
        latestEnd: NOW + 2 * 86_400_000,
        rule: {
          name: "default",
          action: { kind: "ask", approvers: { groups: ["S0SECURITY"], users: [] } },
        },
        team: { ...team, placements: [placement] },
        placement,
      },
      steps: [],
      objectCount: 9,
      yaml: "kind: ServiceEntry\n",
      warnings: [],
      rule: "default",
      approvers: { groups: ["S0SECURITY"], users: [] },
      addresses: ["192.0.2.10"],
      ...planned,
    },
    decisions: [],
    ...rest,
  };
}

const LONG = "*bold* _x_ `y` <!channel> & :tada: ".repeat(80);

/** Everything as long as it can be typed, configured or observed, and longer. */
export function hugeRecord(state: RequestRecord["state"]): RequestRecord {
  const differences = Array.from({ length: 30 }, () => ({ path: LONG, before: LONG, after: LONG }));
  const host = `${"abcdefghi.".repeat(24)}example.com`;
  return aRecord({
    state,
    ask: {
      typedHost: `ü${host}`,
      registrableDomain: host,
      destination: { host, port: 65_535, mode: "tls" },
      team: "t".repeat(63),
      cluster: "c".repeat(63),
      scope: {
        namespace: "n".repeat(63),
        serviceAccounts: Array.from({ length: 200 }, (_, index) => `account-${index}`),
      },
      reason: LONG,
    },
    planned: {
      rule: LONG,
      warnings: Array.from({ length: 40 }, () => LONG),
      addresses: Array.from({ length: 300 }, (_, index) => `2001:db8::${index}`),
      approvers: {
        groups: Array.from(
          { length: 100 },
          (_, index) => `S0GROUP${String(index).padStart(4, "0")}`,
        ),
        users: Array.from(
          { length: 100 },
          (_, index) => `U0USER0${String(index).padStart(4, "0")}`,
        ),
      },
      steps: Array.from({ length: 5 }, () => ({
        kind: "static-gateway-configuration" as const,
        target: "x".repeat(130),
        spec: { excludeCidrs: Array.from({ length: 500 }, (_, index) => `10.${index}.0.0/16`) },
      })),
      yaml: `${"k".repeat(9000)}\n${"- host: edition.cnn.com\n".repeat(40_000)}`,
    },
    superseded: [{ grantDigest: "abcd".padEnd(64, "0"), at: NOW, why: LONG, differences }],
    refusal: { outcome: "refusal", reason: "X", what: LONG, why: LONG, fix: LONG },
    evidence: {
      at: NOW,
      serial: 1,
      egressIpPrefix: "203.0.113.0/31",
      verdict: "advisory",
      advisories: Array.from({ length: 6 }, () => LONG),
      checks: Array.from({ length: 8 }, () => ({
        name: "reaches" as const,
        verdict: "failed" as const,
        explanation: LONG,
        lines: Array.from({ length: 400 }, () => LONG),
      })),
    },
  });
}
