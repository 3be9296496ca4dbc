import { doorName } from "#src/domain/compile/names.ts";
import type { GatewayFacts, Grant } from "#src/domain/grant.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import type { Client, External, MeshWorld } from "#test/simulators/kubernetes/mesh/world.ts";
import { compiled, GATEWAYS } from "./some-grants.ts";

/* The simulated mesh as some grants make it: what is compiled of them, their gateways and the servers outside. */

export function podAddress(facts: GatewayFacts): string {
  return `198.18.9.${10 + GATEWAYS.indexOf(facts)}`;
}

/** What AKS and Kubernetes put there for a gateway; https://learn.microsoft.com/azure/aks/istio-deploy-egress */
function gatewayWorkload(facts: GatewayFacts): readonly object[] {
  const { namespace, name } = facts.ref;
  const status = {
    podIP: podAddress(facts),
    conditions: [{ type: "Ready", status: "True" }],
  };
  return [
    {
      kind: "Service",
      metadata: { name, namespace },
      spec: { selector: facts.selector, ports: [{ port: 80 }, { port: 443 }] },
    },
    {
      kind: "Pod",
      metadata: { name: `${name}-pod`, namespace, labels: facts.selector },
      spec: { serviceAccountName: facts.serviceAccount },
      status,
    },
  ];
}

/** What the destinations of these grants speak, and the app to each of them. */
export const SPOKEN = {
  http: { there: "http", app: "http" },
  tls: { there: "tls", app: "tls" },
  tcp: { there: "tcp", app: "tcp" },
  originate: { there: "tls", app: "http" },
} as const;

function outside(grants: readonly Grant[]): readonly External[] {
  return grants.flatMap(({ destination: { host, port, mode, via } }) =>
    [host, ...(via === undefined ? [] : [via])].map((name) => ({
      host: name,
      port,
      kind: SPOKEN[mode].there,
      addresses: ["198.18.200.10"],
      ...(via === undefined ? {} : { certificate: [host] }),
    })),
  );
}

/** One thing a grant lets an app ask for. */
export function asked({ host, mode, paths, methods, ...destination }: Grant["destination"]) {
  const { port } = modeOf({ mode }).listener({ host, mode, ...destination });
  return {
    kind: SPOKEN[mode].app,
    host: host.replace("*.", "any."),
    port,
    path: paths?.[0]?.replace("*", "items") ?? "/",
    method: methods?.[0] ?? "GET",
  };
}

export function worldOf(grants: readonly Grant[], more: readonly object[] = []): MeshWorld {
  return {
    objects: [
      ...compiled(grants).map(({ object }) => object),
      ...GATEWAYS.flatMap(gatewayWorkload),
      ...more,
    ],
    externals: outside(grants),
    outboundTrafficPolicy: "REGISTRY_ONLY",
    dnsCapture: true,
    trustDomain: "cluster.local",
    rootNamespace: "aks-istio-system",
    accessLogEncoding: "TEXT",
    accessLogFile: true,
  };
}

export function nameOf({ scope, destination }: Grant): string {
  return doorName({ namespace: scope.namespace, destination });
}

export function covers({ scope }: Grant, namespace: string, account: string): boolean {
  return (
    scope.namespace === namespace &&
    (scope.serviceAccounts.length === 0 || scope.serviceAccounts.includes(account))
  );
}

export function client(namespace: string, serviceAccount: string): Client {
  return {
    podName: "app",
    namespace,
    serviceAccount,
    labels: {},
    ip: "198.18.1.10",
    sidecar: true,
  };
}
