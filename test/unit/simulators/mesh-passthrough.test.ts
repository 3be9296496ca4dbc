import { describe, expect, it } from "@jest/globals";
import type { Outcome } from "#test/simulators/kubernetes/mesh/world.ts";
import { attemptIn, from, provenObjects, to } from "./mesh-proven-world.ts";

/*
 * A gateway that passes the application's own TLS on, as Istio's documentation makes one:
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/#egress-gateway-for-https-traffic
 */

const HOST = "other.test";
const SERVICE = "egw.egress-gw.svc.cluster.local";
const metadata = { name: "other", namespace: "egress-gw" };

function rule(tls?: object): object {
  const trafficPolicy = { portLevelSettings: [{ port: { number: 443 }, tls }] };
  return {
    kind: "DestinationRule",
    metadata,
    spec: {
      host: SERVICE,
      exportTo: ["*"],
      subsets: [{ name: "other", ...(tls === undefined ? {} : { trafficPolicy }) }],
    },
  };
}

const ENTRY = {
  kind: "ServiceEntry",
  metadata,
  spec: {
    hosts: [HOST],
    ports: [{ number: 443, name: "tls", protocol: "TLS" }],
    resolution: "DNS",
  },
};
const GATEWAY = {
  kind: "Gateway",
  metadata,
  spec: {
    selector: { istio: "egw-sel" },
    servers: [
      {
        port: { number: 443, name: "tls", protocol: "TLS" },
        hosts: [HOST],
        tls: { mode: "PASSTHROUGH" },
      },
    ],
  },
};

function routeIn(gateway: string, host: string, subset?: string): object {
  return {
    match: [{ gateways: [gateway], port: 443, sniHosts: [HOST] }],
    route: [{ destination: { host, subset, port: { number: 443 } } }],
  };
}

function service(tls: readonly object[]): object {
  return {
    kind: "VirtualService",
    metadata,
    spec: { hosts: [HOST], gateways: ["mesh", "other"], tls },
  };
}

const IN = routeIn("mesh", SERVICE, "other");
const OUT = routeIn("other", HOST);

/** The gateway of the proven layout, without what is said there of its own rules and policies. */
function ask(objects: readonly object[], client = from("orders")): Outcome {
  const others = provenObjects().filter(
    ({ kind }) => !["DestinationRule", "AuthorizationPolicy"].includes(kind),
  );
  return attemptIn([...others, ENTRY, ...objects], { client, ...to(`https://${HOST}`) });
}

function policy(spec: object): object {
  const at = { ...metadata, name: "who" };
  return { kind: "AuthorizationPolicy", metadata: at, spec: { action: "ALLOW", ...spec } };
}

describe("a server that passes TLS on", () => {
  it("carries what the application says to the destination of its tls route", () => {
    const { curl, gatewayLines, sourceAddress } = ask([rule(), GATEWAY, service([IN, OUT])]);

    expect(curl).toMatchObject({ exitCode: 0, httpStatus: 200 });
    expect(gatewayLines.map(({ line }) => line)).toEqual([
      expect.stringMatching(/"- - -" 0 - .*outbound\|443\|\|other\.test.* other\.test /u),
    ]);
    expect(sourceAddress).toMatch(/^203\.0\.113\./u);
  });

  it.each([
    ["without a route at the gateway", [rule(), GATEWAY, service([IN])]],
    [
      "that is for another name",
      [rule(), { ...GATEWAY, spec: named("else.test") }, service([IN, OUT])],
    ],
  ])("%s has nothing for the name", (_what, objects) => {
    const { curl, gatewayLines } = ask(objects);

    expect(curl.exitCode).not.toBe(0);
    expect(gatewayLines[0]?.line).toContain("NR filter_chain_not_found");
  });

  it("gets no further with mutual TLS of the sidecar's, which nobody outside answers", () => {
    const mutual = rule({ mode: "ISTIO_MUTUAL", sni: HOST });
    const { curl, sidecarLines } = ask([mutual, GATEWAY, service([IN, OUT])]);

    expect(curl.exitCode).not.toBe(0);
    expect(sidecarLines[0]).toContain("CERTIFICATE_VERIFY_FAILED");
  });

  it.each([
    ["names nobody", {}, 35],
    ["names a namespace", { rules: [{ from: [{ source: { namespaces: ["team-a"] } }] }] }, 35],
    ["names anybody", { rules: [{ from: [{ source: { principals: ["*"] } }] }] }, 35],
    ["names a port", { rules: [{ to: [{ operation: { ports: ["443"] } }] }] }, 0],
  ])("knows nobody: to a policy that %s", (_what, spec, exitCode) => {
    expect(ask([rule(), GATEWAY, service([IN, OUT]), policy(spec)]).curl.exitCode).toBe(exitCode);
  });
});

function named(host: string): object {
  return {
    ...GATEWAY.spec,
    servers: GATEWAY.spec.servers.map((each) => ({ ...each, hosts: [host] })),
  };
}

describe("a sidecar that is told nothing of TLS", () => {
  it("adds none on the way to a gateway, whose pods do not say that they are of the mesh", () => {
    const server = { ...GATEWAY.spec.servers[0], tls: { mode: "ISTIO_MUTUAL" } };
    const ending = { ...GATEWAY, spec: { ...GATEWAY.spec, servers: [server] } };
    const out = { route: [{ destination: { host: HOST, port: { number: 443 } } }] };
    const routes = {
      kind: "VirtualService",
      metadata,
      spec: { hosts: [HOST], gateways: ["mesh", "other"], tls: [IN], tcp: [out] },
    };
    const { curl, gatewayLines } = ask([rule(), ending, routes]);

    // The application's own TLS has no certificate of the mesh.
    expect(curl.exitCode).toBe(35);
    expect(gatewayLines).toHaveLength(1);
  });
});
