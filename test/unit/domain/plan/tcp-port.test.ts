import { describe, expect, it } from "@jest/globals";
import { type Destination, MODES } from "#src/domain/grant.ts";
import { listeningPort } from "#src/domain/network/modes/modes.ts";
import type { TcpSurroundings } from "#src/domain/plan/conflicts/conflict.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { capturesDns, httpServicesOf } from "#src/domain/plan/dns-capture.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { aGrant, GATEWAY } from "#test/unit/domain/compile/proven-grants.ts";

const ALL: readonly Destination[] = MODES.flatMap((mode) =>
  [80, 443, 5432].map((port) => ({ host: "a.example.com", port, mode })),
);
const DB: Destination = { host: "db.example.com", port: 5432, mode: "tcp" };

function conflicts(asked: Destination, live: readonly Destination[], tcp?: TcpSurroundings) {
  return findConflicts({
    grants: [aGrant({ destination: asked })],
    live: live.map((destination, at) => aGrant({ id: `EG-0000${at}`, destination })),
    observed: {
      objects: [],
      sidecars: [],
      exportDefaults: SHOWN_TO_ALL,
      ...(tcp === undefined ? {} : { tcp }),
    },
    gateways: [GATEWAY],
    namespaces: [],
    instance: "demo",
  });
}

describe("plain TCP without addresses of the hosts' own", () => {
  it("shares its port with no other host of the namespace, whoever was there first", () => {
    for (const one of ALL)
      for (const other of ALL.map((each) => ({ ...each, host: "b.example.com" }))) {
        const shares =
          [one, other].some(({ mode }) => mode === "tcp") &&
          listeningPort(one) === listeningPort(other);
        const at = [one.mode, one.port, other.mode, other.port];

        expect([...at, conflicts(one, [other]).refusals.map(({ reason }) => reason)]).toEqual([
          ...at,
          shares ? ["TcpPortTaken"] : [],
        ]);
        expect(conflicts(one, [other], { hostsHaveAddresses: true }).refusals).toEqual([]);
      }
  });

  it("is refused where a Service speaks HTTP on that port, which is named", () => {
    const httpServices = [
      { name: "shop/web", port: 80 },
      { name: "shop/odd", port: 5432 },
    ];
    const { refusals } = conflicts(DB, [], { hostsHaveAddresses: false, httpServices });

    expect(refusals.map(({ why }) => why)).toEqual([expect.stringContaining("Service shop/odd")]);
    expect(conflicts(DB, [], { hostsHaveAddresses: true, httpServices }).refusals).toEqual([]);
  });

  it("is warned of: everything to that port goes to that host; and of what could not be looked for", () => {
    const said =
      "whatever namespace team-x sends to port 5432 outside the mesh goes to db.example.com:5432";
    const seen = { hostsHaveAddresses: false, httpServices: [] };

    expect(conflicts(DB, [], seen).warnings.join()).toContain(said);
    expect(conflicts(DB, [], seen).warnings.join()).not.toContain("not known");
    expect(conflicts(DB, []).warnings.join()).toContain("it is not known whether an HTTP service");
    expect(conflicts(DB, [], { hostsHaveAddresses: true }).warnings.join()).not.toContain(said);
  });
});

const ON = { proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" } };
const OFF = { proxyMetadata: { ISTIO_META_DNS_CAPTURE: "false" } };

describe("DNS capture", () => {
  it.each([
    ["of one revision", { defaults: [ON] }, true],
    ["of all revisions", { defaults: [ON, ON] }, true],
    ["as a truth value", { defaults: [{ proxyMetadata: { ISTIO_META_DNS_CAPTURE: true } }] }, true],
    ["of some revisions", { defaults: [ON, {}] }, false],
    ["of an unreadable revision", { defaults: [ON, undefined] }, false],
    ["of no revision", { defaults: [] }, false],
    ["that is off", { defaults: [OFF] }, false],
    [
      "that a pod leaves as it is",
      { defaults: [ON], pods: [{ config: { concurrency: 2 } }] },
      true,
    ],
    ["that a pod says, too", { defaults: [ON], pods: [{ config: ON }] }, true],
    [
      "that a pod takes back",
      { defaults: [ON], pods: [{ config: undefined }, { config: OFF }] },
      false,
    ],
    [
      "of a pod whose words are unreadable",
      { defaults: [ON], pods: [{ config: "unreadable" }] },
      false,
    ],
    ["that only pods turn on", { defaults: [{}], pods: [{ config: ON }] }, false],
  ])("%s", (_what, facts, captured) => {
    expect(capturesDns({ pods: [], proxyConfigs: [], ...facts })).toBe(captured);
  });

  it("that a ProxyConfig speaks of is no yes", () => {
    const proxyConfig = {
      apiVersion: "networking.istio.io/v1beta1",
      kind: "ProxyConfig",
      metadata: { name: "x", namespace: "team-x" },
      spec: { environmentVariables: { ISTIO_META_DNS_CAPTURE: "true" } },
    };
    const facts = { defaults: [ON], pods: [] };

    expect(capturesDns({ ...facts, proxyConfigs: [proxyConfig] })).toBe(false);
    expect(
      capturesDns({ ...facts, proxyConfigs: [{ ...proxyConfig, spec: { concurrency: 1 } }] }),
    ).toBe(true);
  });
});

describe("a Service's port speaks HTTP", () => {
  it.each([
    [{ name: "http", port: 1 }, true],
    [{ name: "http-web", port: 1 }, true],
    [{ name: "grpc", port: 1 }, true],
    [{ name: "tcp-http", port: 1 }, false],
    [{ name: "https", port: 1 }, false],
    [{ port: 1 }, false],
    [{ name: "web", appProtocol: "http", port: 1 }, true],
    [{ name: "http", appProtocol: "tcp", port: 1 }, false],
    [{ name: "db", appProtocol: "kubernetes.io/h2c", port: 1 }, true],
  ])("%j: %s", (port, isHttp) => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { ports: [port] },
    };

    expect(httpServicesOf([service])).toEqual(isHttp ? [{ name: "shop/web", port: 1 }] : []);
  });
});
