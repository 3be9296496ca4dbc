import { describe, expect, it } from "@jest/globals";
import type { Destination, Grant } from "#src/domain/grant.ts";
import { compile } from "#src/domain/compile/compile.ts";
import { grantDigest } from "#src/domain/plan/grant-digest.ts";
import { aShownPlan } from "#test/support/shown-plan.ts";
import { anAsked } from "#test/support/signed-request.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { type WayOut, waysTo } from "#src/domain/plan/ways-out/ways-out.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { aGrant, GATEWAY } from "#test/unit/domain/compile/proven-grants.ts";

const TLS: Destination = {
  host: "*.example.com",
  port: 443,
  mode: "tls",
  via: "front.example.net",
};
const HTTP: Destination = { ...TLS, port: 80, mode: "http" };

function grant(destination: Destination, more: Partial<Grant> = {}): Grant {
  return aGrant({ destination, scope: { namespace: "team-x", serviceAccounts: [] }, ...more });
}

function found(asked: Grant, live: readonly Grant[], objects: readonly KubernetesObject[] = []) {
  const { refusals, warnings } = findConflicts({
    grants: [asked],
    live: live.map((each, at) => ({ ...each, id: `EG-0000${at + 2}` })),
    observed: { objects, sidecars: [], exportDefaults: SHOWN_TO_ALL },
    gateways: [GATEWAY],
    namespaces: [],
    instance: "demo",
  });
  return { reasons: refusals.map(({ reason }) => reason), refusals, warnings };
}

const ELSEWHERE = { scope: { namespace: "team-y", serviceAccounts: [] } };
const OTHER_GATEWAY = { gateway: { namespace: "egress-gw", name: "egx" } };

function one(host: string, of: Destination): Destination {
  const { via: _via, ...rest } = of;
  return { ...rest, host };
}

/** Two destinations, what else is said of the second's grant, and why they cannot both be granted. */
const PAIRS: readonly (readonly [string, Destination, Destination, Partial<Grant>, string[]])[] = [
  ["a host below, over tls", TLS, one("a.example.com", TLS), {}, []],
  ["a host below, over http", HTTP, one("a.example.com", HTTP), {}, []],
  ["its apex", TLS, one("example.com", TLS), {}, []],
  [
    "a host below in another mode",
    TLS,
    one("a.example.com", { ...HTTP, port: 443 }),
    {},
    ["OtherMode"],
  ],
  ["a host below on another port", TLS, one("a.example.com", HTTP), {}, []],
  ["another via", TLS, { ...TLS, via: "other.example.net" }, {}, ["OtherVia"]],
  ["another via in another namespace", TLS, { ...TLS, via: "other.example.net" }, ELSEWHERE, []],
  ["a wildcard below", TLS, { ...TLS, host: "*.a.example.com" }, {}, ["WildcardOverlap"]],
  [
    "a wildcard below in another namespace",
    TLS,
    { ...TLS, host: "*.a.example.com" },
    ELSEWHERE,
    [],
  ],
  [
    "a wildcard below, over http, in another namespace",
    HTTP,
    { ...HTTP, host: "*.a.example.com" },
    ELSEWHERE,
    ["WildcardOverlap"],
  ],
  ["a host below, over tls, in another namespace", TLS, one("a.example.com", TLS), ELSEWHERE, []],
  [
    "a host below, over http, in another namespace",
    HTTP,
    one("a.example.com", HTTP),
    ELSEWHERE,
    ["WildcardOverlap"],
  ],
  [
    "a host below on another http port, in another namespace",
    HTTP,
    one("a.example.com", { ...HTTP, port: 8080 }),
    ELSEWHERE,
    ["WildcardOverlap"],
  ],
  [
    "a host below that originates, in another namespace",
    HTTP,
    { host: "a.example.com", port: 443, mode: "originate" },
    ELSEWHERE,
    ["WildcardOverlap"],
  ],
  [
    "a host below, over http, in another namespace, by another gateway",
    HTTP,
    one("a.example.com", HTTP),
    { ...ELSEWHERE, ...OTHER_GATEWAY },
    [],
  ],
  ["the same, of another namespace", HTTP, HTTP, ELSEWHERE, []],
];

describe("a wildcard beside", () => {
  it.each(PAIRS)("%s", (_what, first, second, more, reasons) => {
    expect(found(grant(first), [grant(second, more)]).reasons).toEqual(reasons);
    expect(found(grant(second, more), [grant(first)]).reasons).toEqual(reasons);
  });

  it.each([
    ["over tls", TLS, one("a.example.com", TLS)],
    ["over http", HTTP, one("a.example.com", HTTP)],
    ["over http on another port", HTTP, one("a.example.com", { ...HTTP, port: 8080 })],
  ])("a host of its namespace says which of them counts, %s", (_how, wildcard, host) => {
    expect(found(grant(wildcard), [grant(host)]).warnings).toContainEqual(
      expect.stringContaining("a.example.com goes by EG-00002, which is for it alone"),
    );
    expect(found(grant(host), [grant(wildcard)]).warnings).toContainEqual(
      expect.stringContaining(
        "a.example.com goes by this grant alone from now on, and no longer by EG-00002",
      ),
    );
  });

  it("says that every host below moves", () => {
    expect(found(grant(TLS), []).warnings).toContainEqual(
      "from now on every host below example.com goes through the gateway for every pod of namespace team-x",
    );
  });

  it.each(["a.example.com", "*.example.com", "*.b.example.com", "*.com"])(
    "an object of others in its namespace for %s is in the way",
    (host) => {
      const theirs = {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "theirs", namespace: "team-x" },
        spec: {
          hosts: [host],
          resolution: "DNS",
          ports: [{ number: 443, name: "tls", protocol: "TLS" }],
        },
      };

      expect(found(grant(TLS), [], [theirs]).reasons).toEqual(["ForeignObject"]);
      const elsewhere = { ...theirs, spec: { ...theirs.spec, hosts: ["example.com"] } };
      expect(found(grant(TLS), [], [elsewhere]).reasons).toEqual([]);
    },
  );
});

it("a way out to a host below a wildcard is one to the wildcard", () => {
  const way: WayOut = {
    host: "a.example.com",
    port: 443,
    by: "ServiceEntry legacy/a",
    through: undefined,
    isBehindOurs: false,
  };

  expect(waysTo(TLS, [way])).toEqual([way]);
  expect(waysTo(TLS, [{ ...way, host: "example.com" }])).toEqual([]);
});

it("an approval is bound to the host a wildcard goes via", () => {
  const digests = [
    TLS,
    { ...TLS, via: "other.example.net" },
    { ...TLS, host: "*.example.org" },
  ].map((destination) => {
    const asked = anAsked({ destination });
    const grants = [grant(destination)];
    const { basis } = aShownPlan({ asked });
    const compiled = compile({ instance: "demo", grants, namespaces: [], gateways: [GATEWAY] });
    return grantDigest(basis, compiled);
  });

  expect(new Set(digests).size).toBe(3);
});
