import { describe, expect, it } from "@jest/globals";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { findConflicts } from "#src/domain/plan/conflicts.ts";
import { aGrant, GATEWAY } from "../compile/proven-grants.ts";

function conflicts(
  live: readonly Grant[],
  objects: readonly KubernetesObject[] = [],
  sidecars: readonly KubernetesObject[] = [],
) {
  return findConflicts({
    grants: [aGrant()],
    live,
    observed: { objects, sidecars },
    gateways: [GATEWAY],
    namespaces: [{ namespace: "team-x", gateway: "egress-gw/egw" }],
    instance: "demo",
  });
}

function theirs(kind: string, spec: Record<string, unknown>): KubernetesObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name: "theirs", namespace: "team-x" },
    spec,
  };
}

describe("findConflicts", () => {
  it.each([
    [
      "OtherMode",
      [
        aGrant({
          id: "EG-00002",
          destination: { host: "edition.cnn.com", port: 443, mode: "http" },
        }),
      ],
      [],
      [],
    ],
    [
      "OtherGateway",
      [aGrant({ id: "EG-00002", gateway: { namespace: "egress-b", name: "egw" } })],
      [],
      [],
    ],
    ["ForeignObject", [], [theirs("ServiceEntry", { hosts: ["edition.cnn.com"] })], []],
    ["ForeignObject", [], [theirs("VirtualService", { hosts: ["*.cnn.com"] })], []],
    ["ForeignObject", [], [theirs("DestinationRule", { host: GATEWAY.serviceHost })], []],
    ["SidecarHides", [], [], [theirs("Sidecar", { egress: [{ hosts: ["istio-system/*"] }] })]],
    [
      "GatewayFull",
      Array.from({ length: 300 }, (_, index) =>
        aGrant({
          id: `EG-${index}`,
          destination: { host: `h${index}.example.com`, port: 443, mode: "tls" },
        }),
      ),
      [],
      [],
    ],
  ] as const)("refuses as %s, with the other party named", (reason, live, objects, sidecars) => {
    const [refusal] = conflicts(live, objects, sidecars).refusals;

    expect(refusal?.reason).toBe(reason);
    expect(refusal?.why).toMatch(/EG-00002|theirs|egress-gw\/egw/);
  });

  it("has nothing against a grant beside others, and warns of what it changes for the namespace", () => {
    const found = conflicts([
      aGrant({ id: "EG-00002", destination: { host: "api.example.com", port: 443, mode: "tls" } }),
    ]);

    expect(found.refusals).toEqual([]);
    expect(found.warnings.join()).toContain("every pod of namespace team-x");
  });

  it("does not take our own objects for somebody else's", () => {
    const ours = {
      ...theirs("ServiceEntry", { hosts: ["edition.cnn.com"] }),
      metadata: { name: "ours", namespace: "team-x", labels: { "sallyport.dev/instance": "demo" } },
    };

    expect(conflicts([], [ours]).refusals).toEqual([]);
  });
});
