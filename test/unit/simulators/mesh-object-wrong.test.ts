import { describe, expect, it } from "@jest/globals";
import {
  CLIENT,
  CLIENT_RULE,
  EXTERNALS,
  TUNNEL,
  afterBreaking,
  attemptIn,
  find,
  from,
  provenObjects,
  to,
} from "./mesh-proven-world.ts";
import type { Stored } from "./mesh-proven-world.ts";

function sidecar(hosts: readonly string[], labels?: object): object {
  return {
    kind: "Sidecar",
    metadata: { name: "default", namespace: "team-a" },
    spec: {
      egress: [{ hosts }],
      ...(labels === undefined ? {} : { workloadSelector: { labels } }),
    },
  };
}

function edited(kind: string, name: string, edit: (spec: Stored["spec"]) => void): Stored[] {
  const objects = provenObjects();
  edit(find(objects, kind, name).spec);
  return objects;
}

describe("an object wrong", () => {
  it("refuses the account that a tunnel's subjectAltNames no longer name", () => {
    const objects = edited("Gateway", `egress-gw/${TUNNEL}`, (spec) => {
      spec.servers[0].tls.subjectAltNames = ["spiffe://cluster.local/ns/team-a/sa/other"];
    });

    const { tls } = afterBreaking(objects);

    expect(tls.curl.exitCode).toBe(35);
    expect(tls.gatewayLines[0]?.line).toContain('"-" 0 0 1 -');
  });

  it("opens a tunnel to the whole namespace when its list of accounts is empty", () => {
    const objects = edited("Gateway", `egress-gw/${TUNNEL}`, (spec) => {
      spec.servers[0].tls.subjectAltNames = [];
    });

    const other = attemptIn(objects, { client: from("other"), ...to("https://edition.cnn.com") });

    expect(other.curl.exitCode).toBe(0);
  });

  it("finds no filter chain when the client's subset carries another SNI, or none", () => {
    for (const sni of ["nope.team-a.ns.egress.internal", undefined]) {
      const objects = edited("DestinationRule", CLIENT_RULE, (spec) => {
        for (const subset of spec.subsets) subset.trafficPolicy.portLevelSettings[0].tls.sni = sni;
      });

      const { tls } = afterBreaking(objects);

      expect(tls.curl.exitCode).toBe(35);
      expect(tls.gatewayLines[0]?.line).toContain("NR filter_chain_not_found");
    }
  });

  it("refuses a gateway whose identity is not the one the client's rule names", () => {
    const objects = edited("DestinationRule", CLIENT_RULE, (spec) => {
      for (const subset of spec.subsets) {
        subset.trafficPolicy.portLevelSettings[0].tls.subjectAltNames = [
          "spiffe://cluster.local/ns/x/sa/y",
        ];
      }
    });

    const { tls, http } = afterBreaking(objects);

    expect(tls.curl.exitCode).toBe(35);
    expect(http.curl.httpStatus).toBe(503);
    expect(http.sidecarLines[0]).toContain("CERTIFICATE_VERIFY_FAILED");
  });

  it("refuses a request without the door's header (403) or with another door's of the namespace (404)", () => {
    const headerless = edited("VirtualService", CLIENT, (spec) => {
      delete spec.http[0].headers;
    });
    const mistaken = edited("VirtualService", CLIENT, (spec) => {
      spec.http[0].headers.request.set["x-egress-grant"] = "nope.team-a.ns.egress.internal";
    });

    expect(afterBreaking(headerless).http.curl.httpStatus).toBe(403);
    expect(afterBreaking(mistaken).http.curl.httpStatus).toBe(404);
  });

  it("meets another host's certificate when the upstream's endpoint is another host", () => {
    const objects = edited("ServiceEntry", `egress-gw/${TUNNEL}-tcp`, (spec) => {
      spec.endpoints[0].address = "api.example.com";
    });

    const { tls } = afterBreaking(objects);

    expect(tls.curl.exitCode).toBe(60);
    expect(tls.gatewayLines[0]?.line).toContain("198.18.200.11:443");
  });

  it.each([
    ["UH no_healthy_upstream", "the upstream's name does not exist", "no.such.host", 80],
    [
      "URX,UF upstream_reset_before_response_started",
      "the upstream refuses the port",
      "edition.cnn.com",
      81,
    ],
    [
      "UC upstream_reset_before_response_started{connection_termination}",
      "it speaks TLS there",
      "edition.cnn.com",
      443,
    ],
  ])("answers 503 %s when %s", (flags, _why, address, port) => {
    const objects = edited("ServiceEntry", "egress-gw/edition-cnn-com-80-http", (spec) => {
      spec.endpoints[0] = { address, ports: { http: port } };
    });

    const { http } = afterBreaking(objects);

    expect(http.curl.httpStatus).toBe(503);
    expect(http.gatewayLines[0]?.line).toContain(`503 ${flags}`);
  });

  it("answers 503 when an originated upstream shows another certificate, or speaks plain HTTP", () => {
    const ask = { client: from("billing"), ...to("http://api.example.com") };
    const wrongName = edited("DestinationRule", "egress-gw/api-example-com-443-https", (spec) => {
      spec.trafficPolicy.tls.subjectAltNames = ["else.example.com"];
    });
    const plain = EXTERNALS.map((one) =>
      one.host === "api.example.com" && one.port === 443 ? { ...one, kind: "http" as const } : one,
    );

    expect(attemptIn(wrongName, ask).gatewayLines[0]?.line).toContain("_SAN_matcher");
    expect(attemptIn(provenObjects(), ask, { externals: plain }).gatewayLines[0]?.line).toContain(
      "WRONG_VERSION_NUMBER",
    );
  });

  it("times out at the client's limit when the upstream is silent, and the gateway logs it", () => {
    const externals = EXTERNALS.map((one) =>
      one.host === "edition.cnn.com" ? { ...one, behaviour: "silent" as const } : one,
    );
    const ask = { client: from("orders"), ...to("http://edition.cnn.com"), maxTimeMs: 5000 };

    const outcome = attemptIn(provenObjects(), ask, { externals });

    expect(outcome.curl.exitCode).toBe(28);
    expect(outcome.gatewayLines[0]?.line).toContain("DC downstream_remote_disconnect");
  });

  it("hides the door behind a Sidecar object that leaves the own namespace out, not behind `./*`", () => {
    expect(afterBreaking([...provenObjects(), sidecar(["./*"])]).tls.curl.exitCode).toBe(0);
    const hidden = afterBreaking([...provenObjects(), sidecar(["aks-istio-system/*"])]);
    expect(hidden.tls.sidecarLines[0]).toContain("BlackHoleCluster");
    const others = afterBreaking([
      ...provenObjects(),
      sidecar(["aks-istio-system/*"], { app: "else" }),
    ]);
    expect(others.tls.curl.exitCode).toBe(0);
  });

  it("prefers the namespace's own ServiceEntry over a foreign one exported to all", () => {
    const foreign = {
      kind: "ServiceEntry",
      metadata: { name: "a-foreign", namespace: "aaa", creationTimestamp: "2020-01-01T00:00:00Z" },
      spec: {
        hosts: ["edition.cnn.com"],
        resolution: "DNS",
        ports: [{ number: 443, name: "tls", protocol: "TLS" }],
      },
    };

    expect(afterBreaking([...provenObjects(), foreign]).tls.gatewayLines).toHaveLength(1);
  });
});
