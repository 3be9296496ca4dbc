import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Directory } from "#src/domain/directory.ts";
import { droppingPolicies } from "#src/domain/evidence/guards/dropping.ts";
import { compileGuard } from "#src/domain/guard/guard.ts";
import { wayOut } from "#src/domain/guard/way-out.ts";
import { isAbout, readNetworkPolicy } from "#src/domain/kubernetes/network-policy.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { readCatalogue } from "#test/simulators/kubernetes/mesh/catalogue.ts";
import {
  type End,
  isLetThrough,
  istiod,
  KUBE_DNS,
  type Packets,
} from "#test/simulators/kubernetes/mesh/network-policy.ts";
import { effectsOf } from "../plan/others/foreign.ts";
import { CLUSTERS, directories, GATEWAYS, TEAM_NAMESPACES } from "./some-directory.ts";

const ADMITTED = ["worker"];

interface Placed {
  readonly directory: Directory;
  readonly cluster: string;
  readonly policies: readonly KubernetesObject[];
}

/** All teams' policies of one cluster. */
const placed: fc.Arbitrary<Placed> = fc
  .tuple(directories, fc.constantFrom(...CLUSTERS))
  .map(([directory, cluster]) => ({
    directory,
    cluster,
    policies: directory.teams.flatMap(
      ({ name: team }) =>
        compileGuard({ directory, team, cluster, admitted: ADMITTED })?.wayOut ?? [],
    ),
  }));

/** Namespaces of the cluster's teams, and through which gateways' namespaces they go. */
function waysOf({ directory, cluster }: Placed): ReadonlyMap<string, ReadonlySet<string>> {
  const ways = new Map<string, Set<string>>();
  for (const placement of directory.teams.flatMap(({ placements }) => placements)) {
    if (placement.cluster !== cluster) continue;
    const there = ways.get(placement.namespace) ?? new Set();
    ways.set(placement.namespace, there.add(placement.gateway.split("/")[0] ?? ""));
  }
  return ways;
}

const NAMESPACES = [
  "kube-system",
  "aks-istio-system",
  "sallyport-system",
  "recipes",
  ...TEAM_NAMESPACES,
  ...GATEWAYS.map((gateway) => gateway.split("/")[0] ?? ""),
];
const podsLabels = fc.constantFrom(
  {},
  { "k8s-app": "kube-dns" },
  { app: "istiod" },
  { app: "shop", istio: "egw" },
);
const podEnds: fc.Arbitrary<End> = fc.record({
  ip: fc.ipV4(),
  pod: fc.record({ namespace: fc.constantFrom(...NAMESPACES), labels: podsLabels }),
});
const ends = fc.oneof(
  { weight: 4, arbitrary: podEnds },
  { weight: 1, arbitrary: fc.record({ ip: fc.ipV4() }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(KUBE_DNS, istiod("aks-istio-system"), { ip: "169.254.169.254" }),
  },
);
const anyPort = fc.oneof(
  fc.constantFrom(53, 80, 443, 8080, 8443, 15_012, 15_010, 15_017, 15_021, 15_090),
  fc.integer({ min: 1, max: 65_535 }),
);
const somePackets: fc.Arbitrary<Packets> = fc.record({
  from: podEnds,
  to: ends,
  protocol: fc.constantFrom("TCP", "UDP"),
  port: anyPort,
});

/** The whole of what a guarded pod may reach. */
function isMeant({ from, to, protocol, port }: Packets, gateways: ReadonlySet<string>): boolean {
  if (to.pod === undefined) return false;
  const { namespace, labels } = to.pod;
  if (namespace === from.pod?.namespace) return true;
  if (namespace === "kube-system") return labels["k8s-app"] === "kube-dns" && port === 53;
  if (protocol !== "TCP") return false;
  return namespace === "aks-istio-system"
    ? port === 15_012
    : gateways.has(namespace) && [80, 443, 8080, 8443].includes(port);
}

describe("the way out of a guarded namespace", () => {
  it("leads to DNS, istiod, its gateways and itself, and nowhere else", () => {
    fc.assert(
      fc.property(placed, fc.array(somePackets, { minLength: 20, maxLength: 60 }), (at, tried) => {
        const catalogue = readCatalogue(at.policies);
        const ways = waysOf(at);
        for (const packets of tried) {
          const gateways = ways.get(packets.from.pod?.namespace ?? "");
          // Nobody else's pods are held back: not the gateways', nor those of teams elsewhere.
          const isOpen = gateways === undefined || isMeant(packets, gateways);

          expect([packets, isLetThrough(catalogue, packets)]).toEqual([packets, isOpen]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is one policy for each namespace of the teams, and none for gateways", () => {
    fc.assert(
      fc.property(placed, (at) => {
        const namespaces = at.policies.map(({ metadata }) => metadata.namespace);
        const byNamespace = Map.groupBy(at.policies, ({ metadata }) => metadata.namespace);

        expect(new Set(namespaces)).toEqual(new Set(waysOf(at).keys()));
        // Where several teams share a namespace each of them has the same printed.
        for (const same of byNamespace.values())
          expect(new Set(same.map((each) => JSON.stringify(each))).size).toBe(1);
      }),
    );
  });

  it("is read by Sallyport as what drops all that goes to the world", () => {
    fc.assert(
      fc.property(
        placed,
        fc.array(fc.constantFrom("203.0.113.10", "8.8.8.8", "2606:4700::1"), { minLength: 1 }),
        anyPort,
        ({ policies }, addresses, port) => {
          for (const policy of policies) {
            const { namespace = "" } = policy.metadata;
            const spec = readNetworkPolicy(policy);

            expect(spec !== undefined && isAbout(spec, "egress")).toBe(true);
            expect(spec !== undefined && isAbout(spec, "ingress")).toBe(false);
            expect(
              droppingPolicies({ namespace, objects: [policy], labels: {}, addresses, port }),
            ).toEqual([`NetworkPolicy ${namespace}/sallyport-guard`]);
          }
        },
      ),
    );
  });

  it("cuts no grant off from what it needs, as Sallyport sees it", () => {
    expect(effectsOf(wayOut("team-x", ["egress-gw"]))).toEqual([]);
    expect(effectsOf(wayOut("team-x", ["egress-far"]))).toEqual(["cuts-gateway"]);
  });
});
