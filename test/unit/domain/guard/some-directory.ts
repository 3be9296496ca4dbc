import fc from "fast-check";
import type { Directory } from "#src/domain/directory.ts";

export const CLUSTERS = ["prod", "test"] as const;
/** Two gateways in one namespace, and one by itself. */
export const GATEWAYS = ["egress-gw/egw", "egress-gw/egx", "egress-far/egw"] as const;
export const TEAM_NAMESPACES = ["team-x", "team-y", "shop", "t".repeat(63)] as const;
const TEAMS = ["team-x", "team-y", "pods-x", "x"] as const;

const placement = fc.record({
  cluster: fc.constantFrom(...CLUSTERS),
  namespace: fc.constantFrom(...TEAM_NAMESPACES),
  serviceAccounts: fc.constantFrom<readonly string[]>([], ["feeds"]),
  gateway: fc.constantFrom(...GATEWAYS),
});

/** Teams in some namespaces of two clusters, also several in one, through different gateways. */
export const directories: fc.Arbitrary<Directory> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...TEAMS),
      placements: fc.array(placement, { minLength: 1, maxLength: 4 }),
      channel: fc.constant(undefined),
      userGroup: fc.constant(undefined),
    }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 4 },
  )
  .map((teams) => ({
    teams,
    clusters: CLUSTERS.map((name) => ({
      name,
      subscriptionId: "s",
      resourceGroup: "rg",
      resourceName: name,
      domain: "cluster.local",
      pools: [],
      gateways: GATEWAYS.map((gateway) => {
        const [namespace = "", called = ""] = gateway.split("/");
        return { name: called, namespace, pool: "egress", excludeCidrs: [] };
      }),
    })),
  }));
