import { describe, expect, it } from "@jest/globals";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { aGrant, GATEWAY } from "../compile/proven-grants.ts";

function conflicts(
  live: readonly Grant[],
  objects: readonly KubernetesObject[] = [],
  sidecars: readonly KubernetesObject[] = [],
  destination: Grant["destination"] = { host: "edition.cnn.com", port: 443, mode: "tls" },
) {
  return findConflicts({
    grants: [aGrant({ destination })],
    live,
    observed: { objects, sidecars, exportDefaults: SHOWN_TO_ALL },
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

/** The policy by which Sallyport let a namespace use the gateway. */
function policy(namespace: string): KubernetesObject {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: {
      name: namespace,
      namespace: "egress-gw",
      labels: { "sallyport.dev/instance": "demo" },
    },
    spec: { rules: [{ when: [{ values: [`*.${namespace}.ns.egress.internal`] }] }] },
  };
}

/** One of many tunnels, in one of 149 namespaces. */
function tunnelGrant(index: number): Grant {
  return aGrant({
    id: `EG-${index}`,
    scope: { namespace: `ns-${index % 149}`, serviceAccounts: [] },
    destination: { host: `h${index}.example.com`, port: 443, mode: "tls" },
  });
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
    [
      "TooManyPorts",
      Array.from({ length: 256 }, (_, index) =>
        aGrant({
          id: `EG-${String(index + 2).padStart(5, "0")}`,
          destination: { host: "edition.cnn.com", port: 20_000 + index, mode: "http" },
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

  it.each([
    ["the 256th port of a host", 443, 255, []],
    ["the 257th", 443, 256, ["TooManyPorts"]],
    ["a port that is there, for others", 20_000, 256, []],
  ])("counts the ports of a host in a namespace: %s", (_what, port, taken, reasons) => {
    const live = Array.from({ length: taken }, (_, index) =>
      aGrant({
        id: `EG-1${String(index).padStart(4, "0")}`,
        destination: { host: "edition.cnn.com", port: 20_000 + index, mode: "http" },
      }),
    );
    const elsewhere = live.map((grant) => ({
      ...grant,
      scope: { namespace: "team-y", serviceAccounts: [] },
    }));
    const asked = { host: "edition.cnn.com", port, mode: "http" } as const;

    expect(conflicts(live, [], [], asked).refusals.map(({ reason }) => reason)).toEqual(reasons);
    expect(conflicts(elsewhere, [], [], asked).refusals).toEqual([]);
  });

  it("holds the grants of one request against each other", () => {
    const again = aGrant({
      id: "EG-00002",
      destination: { host: "edition.cnn.com", port: 443, mode: "http" },
    });
    const { refusals } = findConflicts({
      grants: [aGrant(), again],
      live: [],
      observed: { objects: [], sidecars: [], exportDefaults: SHOWN_TO_ALL },
      gateways: [GATEWAY],
      namespaces: [],
      instance: "demo",
    });

    expect(refusals.map(({ reason }) => reason)).toEqual(["OtherMode"]);
    expect(refusals[0]?.why).toContain("EG-7QK4M");
  });

  it.each([
    [14_999, []],
    [15_000, ["SidecarPort"]],
    [15_099, ["SidecarPort"]],
    [15_100, []],
  ] as const)("knows whose port %i is", (port, reasons) => {
    const found = conflicts([], [], [], { host: "edition.cnn.com", port, mode: "tls" });

    expect(found.refusals.map(({ reason }) => reason)).toEqual(reasons);
  });

  it.each([
    [["team-x/ingress"], []],
    [["team-x/ingress", "mesh"], ["ForeignObject"]],
    [["mesh"], ["ForeignObject"]],
    [undefined, ["ForeignObject"]],
  ] as const)(
    "minds a VirtualService of gateways %j only where sidecars do",
    (gateways, reasons) => {
      const spec = { hosts: ["edition.cnn.com"], ...(gateways === undefined ? {} : { gateways }) };
      const found = conflicts([], [theirs("VirtualService", spec)]);

      expect(found.refusals.map(({ reason }) => reason)).toEqual(reasons);
    },
  );

  it.each([
    [[{ port: { number: 9080 }, hosts: ["./*"] }, { hosts: ["istio-system/*"] }], ["SidecarHides"]],
    [[{ port: { number: 443 }, hosts: ["legacy/*"] }, { hosts: ["./*"] }], ["SidecarHides"]],
    [[{ port: { number: 443 }, hosts: ["./*"] }, { hosts: ["legacy/*"] }], []],
    [[{ hosts: ["./edition.cnn.com"] }], []],
    [[{ hosts: ["*/*"] }], []],
  ])("reads a Sidecar's listeners %j as they count for the port", (egress, reasons) => {
    const found = conflicts([], [], [theirs("Sidecar", { egress })]);

    expect(found.refusals.map(({ reason }) => reason)).toEqual(reasons);
  });

  it("warns of what others export, which needs no grant", () => {
    const exported = {
      ...theirs("ServiceEntry", { hosts: ["feeds.example.org"], ports: [{ number: 443 }] }),
      metadata: { name: "feeds", namespace: "legacy-egress" },
    };
    const { refusals, warnings } = conflicts([], [exported]);

    expect(refusals).toEqual([]);
    expect(warnings.join()).toContain(
      "feeds.example.org:443 directly by ServiceEntry legacy-egress/feeds",
    );
  });

  it.each([
    "egw.egress-gw",
    "egw.egress-gw.svc",
    "egw.egress-gw.svc.cluster.local",
    "*.egress-gw.svc.cluster.local",
  ])("minds a DestinationRule for %s before the gateway is there", (host) => {
    const { refusals } = findConflicts({
      grants: [aGrant({ destination: { host: "edition.cnn.com", port: 443, mode: "tls" } })],
      live: [],
      observed: {
        objects: [theirs("DestinationRule", { host })],
        sidecars: [],
        exportDefaults: SHOWN_TO_ALL,
      },
      gateways: [],
      namespaces: [],
      instance: "demo",
    });

    expect(refusals.map(({ reason }) => reason)).toEqual(["ForeignObject"]);
  });

  it("counts the mesh's default Sidecar where the namespace has none of its own", () => {
    const hiding = { egress: [{ hosts: ["aks-istio-system/*"] }] };
    const ofRoot = {
      ...theirs("Sidecar", hiding),
      metadata: { name: "default", namespace: "aks-istio-system" },
    };
    const open = theirs("Sidecar", { egress: [{ hosts: ["./*"] }] });
    const [refusal] = conflicts([], [], [ofRoot]).refusals;

    expect(refusal?.why).toContain("aks-istio-system/default");
    expect(conflicts([], [], [ofRoot, open]).refusals).toEqual([]);
  });

  it("lists the Sidecars of chosen pods, for which the probe cannot stand", () => {
    const some = theirs("Sidecar", {
      workloadSelector: { labels: { app: "feeds" } },
      egress: [{ hosts: ["istio-system/*"] }],
    });
    const found = conflicts([], [], [some]);

    expect(found.refusals).toEqual([]);
    expect(found.warnings.join()).toContain("theirs");
  });

  it("counts tunnels times namespaces, the asking one among them", () => {
    const live = Array.from({ length: 199 }, (_, index) => tunnelGrant(index));

    // 200 tunnels and 150 namespaces are just allowed.
    expect(conflicts(live).refusals).toEqual([]);
    expect(conflicts([...live, tunnelGrant(199)]).refusals.map(({ reason }) => reason)).toEqual([
      "GatewayFull",
    ]);
  });

  it("warns of a namespace's first policy on a gateway in use, and only then", () => {
    expect(conflicts([], [policy("team-a")]).warnings.join()).toContain("after 45 s");
    expect(conflicts([], [policy("team-a"), policy("team-x")]).warnings.join()).not.toContain(
      "45 s",
    );
    expect(conflicts([], []).warnings.join()).not.toContain("45 s");
  });

  it("does not take our own objects for somebody else's", () => {
    const ours = {
      ...theirs("ServiceEntry", { hosts: ["edition.cnn.com"] }),
      metadata: { name: "ours", namespace: "team-x", labels: { "sallyport.dev/instance": "demo" } },
    };

    expect(conflicts([], [ours]).refusals).toEqual([]);
  });
});
