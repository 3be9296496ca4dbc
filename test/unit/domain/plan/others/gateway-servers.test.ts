import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { effectsOf, foundOf, PLACES, theirs } from "./foreign.ts";

const SELECTORS = [
  ["their label", { istio: "egw-sel" }, true],
  ["another of their labels", { app: "egw" }, true],
  ["nothing, and so every gateway", {}, true],
  ["a label that they lack", { istio: "egw-sel", tier: "edge" }, false],
  ["another gateway", { istio: "ingress" }, false],
] as const;

/** Hosts of a TLS server, and whether a door of team-x may have the same name. */
const HOSTS = [
  ["*", true],
  ["*/*", true],
  ["./*", true],
  ["*.egress.internal", true],
  ["*.ns.egress.internal", true],
  ["recipes/*.team-x.ns.egress.internal", true],
  ["a-443-0123456789ab.team-x.ns.egress.internal", true],
  ["a-443-0123456789ab.team-y.ns.egress.internal", false],
  ["*.team-y.ns.egress.internal", false],
  ["shop.example.com", false],
  ["*.example.com", false],
] as const;

const TLS_MODES = ["SIMPLE", "MUTUAL", "ISTIO_MUTUAL", "PASSTHROUGH"] as const;
const PORTS = [
  [80, true],
  [443, true],
  [8080, false],
  [15_021, false],
] as const;

function gateway(
  selector: object,
  server: {
    readonly port: number;
    readonly protocol?: string;
    readonly tls?: string;
    readonly host?: string;
  },
  place = "recipes",
): KubernetesObject {
  const { port: number, protocol = "HTTP", tls, host = "*" } = server;
  return theirs("Gateway", place, {
    selector,
    servers: [
      {
        port: { number, name: "x", protocol },
        hosts: [host],
        ...(tls === undefined ? {} : { tls: { mode: tls } }),
      },
    ],
  });
}

describe("a Gateway of others", () => {
  const places = PLACES.flatMap((place) =>
    SELECTORS.map(([what, selector, selects]) => [place, what, selector, selects] as const),
  );
  it.each(places)("in %s counts where it selects %s", (place, _what, selector, selects) => {
    const object = gateway(selector, { port: 80 }, place);

    expect(effectsOf(object)).toEqual(selects ? ["takes-server"] : []);
  });

  const plain = PORTS.flatMap(([port, ours]) =>
    ["HTTP", "HTTP2", "GRPC", "TCP"].map((protocol) => [protocol, port, ours] as const),
  );
  it.each(plain)(
    "in plain text (%s) takes port %i where Sallyport serves there",
    (protocol, port, ours) => {
      expect(effectsOf(gateway({}, { port, protocol }))).toEqual([
        ours ? "takes-server" : "adds-server",
      ]);
    },
  );

  const named = HOSTS.flatMap(([host, overlaps]) =>
    PORTS.flatMap(([port, ours]) =>
      TLS_MODES.map((tls) => [tls, host, port, ours && overlaps] as const),
    ),
  );
  it.each(named)(
    "with TLS (%s) for %s on port %i takes a server where a door may have that name",
    (tls, host, port, counts) => {
      const object = gateway({}, { port, protocol: "TLS", tls, host });

      expect(effectsOf(object)).toEqual([counts ? "takes-server" : "adds-server"]);
    },
  );

  it("is named with what it serves beside, where it takes nothing", () => {
    const host = "shop.example.com";
    const [found] = foundOf([
      gateway({}, { port: 443, protocol: "TLS", tls: "PASSTHROUGH", host }),
    ]);

    expect(found?.text).toBe(
      "Gateway recipes/theirs serves shop.example.com on port 443 of the gateway's pods, beside what Sallyport serves there",
    );
  });

  it("counts before the gateway is built only where it selects everything", () => {
    const objects = SELECTORS.map(([, selector]) => gateway(selector, { port: 80 }));

    expect(foundOf(objects, { gatewayPods: [] })).toHaveLength(1);
  });

  it("is ours where it carries our instance, and another instance's is not", () => {
    const spec = gateway({}, { port: 80 }).spec ?? {};
    const [ours, others] = ["demo", "other"].map((instance) =>
      theirs("Gateway", "egress-gw", spec, { labels: { "sallyport.dev/instance": instance } }),
    );

    expect(foundOf(ours === undefined ? [] : [ours])).toEqual([]);
    expect(foundOf(others === undefined ? [] : [others])).toHaveLength(1);
  });

  it("is named with its port, once for each server", () => {
    const [found] = foundOf([gateway({ app: "egw" }, { port: 80 })]);

    expect(found?.text).toMatch(/^Gateway recipes\/theirs listens without TLS on port 80 of the/);
  });
});
