import { describe, expect, it } from "@jest/globals";
import { CLIENT_RULE, afterBreaking, find, provenObjects } from "./mesh-proven-world.ts";

/** team-a's own rule for the gateway's host, beside the one that leads to its doors (`egress-egw-…`, exported to itself). */
function ownRule(name: string, spec: object = {}, createdAt?: string): object {
  return {
    kind: "DestinationRule",
    metadata: {
      name,
      namespace: "team-a",
      ...(createdAt === undefined ? {} : { creationTimestamp: createdAt }),
    },
    spec: {
      host: "egw.egress-gw.svc.cluster.local",
      trafficPolicy: { connectionPool: { tcp: { connectTimeout: "3s" } } },
      ...spec,
    },
  };
}

const HTTP_SUBSET = { subsets: [{ name: "http", trafficPolicy: { tls: { mode: "DISABLE" } } }] };

const NOTHING = { tls: 0, http: 200 };
const ALL = { tls: 35, http: 503 };

describe("a second DestinationRule of the namespace for the gateway's host", () => {
  it.each([
    ["breaks nothing where it comes first and is exported to all", "a-own", {}, NOTHING],
    ["breaks everything where it comes last and is exported to all", "z-own", {}, ALL],
    ["breaks nothing first, exported as ours is", "a-own", { exportTo: ["."] }, NOTHING],
    ["breaks nothing last, exported as ours is", "z-own", { exportTo: ["."] }, NOTHING],
    [
      "breaks http alone where it comes first, exported as ours is, with a subset of that name",
      "a-own",
      { exportTo: ["."], ...HTTP_SUBSET },
      { tls: 0, http: 503 },
    ],
    [
      "breaks nothing where it comes last, exported as ours is, with a subset of that name",
      "z-own",
      { exportTo: ["."], ...HTTP_SUBSET },
      NOTHING,
    ],
    [
      "breaks nothing where it comes first, exported to all, with a subset of that name",
      "a-own",
      HTTP_SUBSET,
      NOTHING,
    ],
    [
      "breaks everything where it comes last, exported to all, whatever its subsets",
      "z-own",
      HTTP_SUBSET,
      { tls: 35, http: 503 },
    ],
  ])("%s (%s, %j)", (_what, name, spec, seen) => {
    const { tls, http } = afterBreaking([...provenObjects(), ownRule(name, spec)]);

    expect({ tls: tls.curl.exitCode, http: http.curl.httpStatus }).toEqual(seen);
  });

  it("comes first or last by its age before its name", () => {
    const objects = provenObjects();
    Object.assign(find(objects, "DestinationRule", CLIENT_RULE).metadata, {
      creationTimestamp: "2026-01-02T00:00:00Z",
    });

    const older = afterBreaking([...objects, ownRule("z-own", {}, "2026-01-01T00:00:00Z")]);
    const newer = afterBreaking([...objects, ownRule("a-own", {}, "2026-01-03T00:00:00Z")]);

    expect([older.tls.curl.exitCode, older.http.curl.httpStatus]).toEqual([0, 200]);
    expect([newer.tls.curl.exitCode, newer.http.curl.httpStatus]).toEqual([35, 503]);
    expect(newer.http.sidecarLines[0]).toContain("NC cluster_not_found");
  });

  it("that is exported to itself and others besides adds its subsets, and leaves ours in force", () => {
    const wider = ownRule("z-own", { exportTo: [".", "team-b"], ...HTTP_SUBSET });

    const { tls, http } = afterBreaking([...provenObjects(), wider]);

    expect([tls.curl.exitCode, http.curl.httpStatus]).toEqual([0, 200]);
  });
});
