import type { GatewayFacts, Grant } from "#src/domain/grant.ts";
import type { ConfigFile } from "#test/support/workplace.ts";

/** As many tunnels as one gateway may have, and namespaces that share them. */
const GRANTS_A_GATEWAY = 300;
const GRANTS_A_NAMESPACE = 20;

export const DAY_MS = 86_400_000;

/** Number `index` of many grants: twenty a namespace, three hundred a gateway, each to a host of its own there. */
export function grantNumber(index: number): Grant {
  const gateway = Math.floor(index / GRANTS_A_GATEWAY);
  const namespace = Math.floor(index / GRANTS_A_NAMESPACE);
  return {
    id: idOf(index),
    cluster: "prod",
    team: `team-${namespace}`,
    gateway: gatewayRef(gateway),
    scope: { namespace: `team-${namespace}`, serviceAccounts: [] },
    destination: { host: `api-${index}.partner.example.com`, port: 443, mode: "tls" },
    durationMs: 30 * DAY_MS,
    latestEnd: Math.floor(Date.now() / DAY_MS) * DAY_MS + 300 * DAY_MS,
  };
}

export function idOf(index: number): string {
  return `EG-${String(index).padStart(5, "0")}`;
}

function gatewayRef(gateway: number): { readonly namespace: string; readonly name: string } {
  return { namespace: `egress-${gateway}`, name: `egw-${gateway}` };
}

/** The gateways that `grants` of them need, as a cluster shows them. */
export function gatewaysFor(grants: number): readonly GatewayFacts[] {
  return Array.from({ length: Math.ceil(grants / GRANTS_A_GATEWAY) }, (_, gateway) => {
    const { namespace, name } = gatewayRef(gateway);
    return {
      ref: { namespace, name },
      selector: { istio: name },
      serviceAccount: name,
      serviceHost: `${name}.${namespace}.svc.cluster.local`,
      trustDomain: "cluster.local",
    };
  });
}

export interface Placed {
  readonly namespace: string;
  /** `namespace/name` */
  readonly gateway: string;
}

/** The namespaces that `grants` of them stand in. */
export function placementsFor(grants: number): readonly Placed[] {
  return Array.from({ length: Math.ceil(grants / GRANTS_A_NAMESPACE) }, (_, at) => {
    const { scope, gateway } = grantNumber(at * GRANTS_A_NAMESPACE);
    return { namespace: scope.namespace, gateway: `${gateway.namespace}/${gateway.name}` };
  });
}

/** The configuration they belong to. */
export function configureFor(grants: number): (file: ConfigFile) => void {
  return (file) => {
    const [cluster] = file.clusters;
    if (cluster === undefined) throw new Error("the example configuration has a cluster");
    cluster.gateways = gatewaysFor(grants).map(({ ref }) => ({ ...ref, pool: "egress" }));
    file.teams = placementsFor(grants).map(({ namespace, gateway }) => ({
      name: namespace,
      placements: [{ cluster: cluster.name, namespace, gateway }],
    }));
  };
}
