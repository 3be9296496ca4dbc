import type { GatewayFacts, Grant } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { spiffeId } from "../mesh-words.ts";
import { type Door, doorId, doorName, tunnelPortName, type Upstream } from "../names.ts";
import { toUpstream } from "./upstream.ts";

/** A door that passes bytes: a server of its own, named by SNI, and a route to the upstream. */
export function tunnel(
  facts: GatewayFacts,
  door: Door,
  grants: readonly Grant[],
  upstream: Upstream,
): readonly Draft[] {
  const name = doorId(door);
  const { namespace } = facts.ref;
  const shared = {
    name,
    in: namespace,
    serves: door.namespace,
    grantIds: grants.map(({ id }) => id),
  };
  const accounts = grantedAccounts(grants);
  return [
    {
      ...shared,
      kind: "Gateway",
      annotated: true,
      spec: {
        selector: facts.selector,
        servers: [
          {
            port: { number: 443, name: tunnelPortName(door), protocol: "TLS" },
            tls: {
              mode: "ISTIO_MUTUAL",
              // No list = the whole namespace, which the namespace's policy bounds. An empty list would mean the same.
              ...(accounts === "all"
                ? {}
                : {
                    subjectAltNames: accounts.map((account) =>
                      spiffeId(facts, door.namespace, account),
                    ),
                  }),
            },
            hosts: [`./${doorName(door)}`],
          },
        ],
      },
    },
    {
      ...shared,
      kind: "VirtualService",
      spec: {
        exportTo: ["."],
        gateways: [`${namespace}/${name}`],
        hosts: [doorName(door)],
        tcp: [{ match: [{ port: 443 }], route: [toUpstream(facts, upstream)] }],
      },
    },
  ];
}

/** The service accounts of a door's grants, or all where one of them covers the namespace. */
function grantedAccounts(grants: readonly Grant[]): "all" | readonly string[] {
  if (grants.some(({ scope }) => scope.serviceAccounts.length === 0)) return "all";
  return [...new Set(grants.flatMap(({ scope }) => scope.serviceAccounts))].toSorted();
}
