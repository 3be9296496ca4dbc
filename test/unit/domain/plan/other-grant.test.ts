import { describe, expect, it } from "@jest/globals";
import { type Destination, MODES } from "#src/domain/grant.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { aGrant, GATEWAY } from "#test/unit/domain/compile/proven-grants.ts";

/** Every destination of one host: each mode on each port, and a wildcard's two ways. */
const OF_ONE_HOST: readonly Destination[] = MODES.flatMap((mode) =>
  [80, 443, 8443].map((port) => ({ host: "api.example.com", port, mode })),
);
const OF_A_WILDCARD: readonly Destination[] = (["http", "tls"] as const).flatMap((mode) =>
  ["a.example.org", "b.example.org"].map((via) => ({
    host: "*.example.com",
    port: 443,
    mode,
    via,
  })),
);
const PAIRS = [OF_ONE_HOST, OF_A_WILDCARD].flatMap((all) =>
  all.flatMap((one) => all.map((other) => [one, other] as const)),
);

function reasons(one: Destination, other: Destination, namespace = "team-x"): readonly string[] {
  const scope = { namespace, serviceAccounts: [] };
  return findConflicts({
    grants: [aGrant({ destination: one })],
    live: [aGrant({ id: "EG-00002", destination: other, scope })],
    observed: { objects: [], sidecars: [], exportDefaults: SHOWN_TO_ALL },
    gateways: [GATEWAY],
    namespaces: [],
    instance: "demo",
  }).refusals.map(({ reason }) => reason);
}

function words({ host, port, mode, via = "" }: Destination): string {
  return `${mode}://${host}:${port} ${via}`;
}

describe("what apps connect to, a host and a port of theirs,", () => {
  it("leads one way in a namespace: each pair that would share it and differs is refused, and no other", () => {
    for (const [one, other] of PAIRS) {
      const isShared = modeOf(one).listener(one).port === modeOf(other).listener(other).port;
      const found = reasons(one, other);

      expect([words(one), words(other), found.length]).toEqual([
        words(one),
        words(other),
        isShared && words(one) !== words(other) ? 1 : 0,
      ]);
      expect(reasons(one, other, "team-y")).toEqual([]);
    }
  });

  it("is said to be of another mode, port or via", () => {
    const at = { host: "api.example.com", port: 443 } as const;
    const star = { host: "*.example.com", port: 443, mode: "tls" } as const;

    expect(reasons({ ...at, mode: "tls" }, { ...at, mode: "tcp" })).toEqual(["OtherMode"]);
    expect(reasons({ ...at, port: 80, mode: "http" }, { ...at, mode: "originate" })).toEqual([
      "OtherMode",
    ]);
    expect(reasons({ ...at, mode: "originate" }, { ...at, port: 8443, mode: "originate" })).toEqual(
      ["OtherPort"],
    );
    expect(reasons({ ...star, via: "a.example.org" }, { ...star, via: "b.example.org" })).toEqual([
      "OtherVia",
    ]);
  });
});
