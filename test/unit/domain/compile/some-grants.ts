import fc from "fast-check";
import { compile, type Compiled } from "#src/domain/compile/compile.ts";
import {
  type Destination,
  type GatewayFacts,
  gatewayKey,
  type Grant,
  type Limits,
} from "#src/domain/grant.ts";
import { aGrant, GATEWAY } from "./proven-grants.ts";

/** In the first gateway's own namespace. */
const NEIGHBOUR: GatewayFacts = {
  ...GATEWAY,
  ref: { namespace: "egress-gw", name: "egx" },
  selector: { istio: "egx-sel" },
  serviceAccount: "egx-sa",
  serviceHost: "egx.egress-gw.svc.cluster.local",
};

/** Under the first gateway's name, in a namespace as long as they may be. */
const FAR: GatewayFacts = {
  ...GATEWAY,
  ref: { namespace: `egress-${"b".repeat(56)}`, name: "egw" },
  selector: { istio: "egw-b" },
  serviceHost: `egw.egress-${"b".repeat(56)}.svc.cluster.local`,
};

export const GATEWAYS = [GATEWAY, NEIGHBOUR, FAR];
export const GATEWAY_NAMESPACES: ReadonlySet<string> = new Set(
  GATEWAYS.map(({ ref }) => ref.namespace),
);

const WILDCARD = "*.example.org";
const ORIGINATED = "origin.example.com";
const LONG_NAMESPACE = "t".repeat(63);
/** One gateway for each namespace: conflicts are refused before compiling. */
const GATEWAY_OF: ReadonlyMap<string, GatewayFacts> = new Map([
  ["team-a", GATEWAY],
  ["team-b", GATEWAY],
  ["team-c", NEIGHBOUR],
  [LONG_NAMESPACE, FAR],
]);

export const NAMESPACES = [...GATEWAY_OF].map(([namespace, { ref }]) => ({
  namespace,
  gateway: gatewayKey(ref),
}));

export const someGrant: fc.Arbitrary<Grant> = fc
  .record({
    id: fc
      .integer({ min: 0, max: 99_999 })
      .map((number) => `EG-${String(number).padStart(5, "0")}`),
    namespace: fc.constantFrom(...GATEWAY_OF.keys()),
    accounts: fc.subarray(["feeds", "orders", `${"r".repeat(60)}.reports`]),
    host: fc.constantFrom(
      "a-b.example.com",
      "a.b.example.com",
      "a.example.com",
      "1.example.com",
      "xn--bcher-kva.example",
      `${"x".repeat(60)}.example.com`,
      `${"x".repeat(61)}.example.com`,
      `${`${"y".repeat(60)}.`.repeat(4)}com`,
      WILDCARD,
      "below.example.org",
      ORIGINATED,
    ),
    port: fc.constantFrom(80, 443, 5432, 8080, 8443),
    limits: fc.constantFrom<Limits>(
      {},
      {},
      { paths: ["/v1/*"] },
      { methods: ["GET", "POST"] },
      { paths: ["/health", "/v1/*"], methods: ["GET"] },
    ),
  })
  .map(({ id, namespace, accounts, host, port, limits }) =>
    aGrant({
      id,
      gateway: (GATEWAY_OF.get(namespace) ?? GATEWAY).ref,
      scope: { namespace, serviceAccounts: accounts.toSorted() },
      destination: destinationOf(host, port, limits),
    }),
  );

/** A host and port has one mode in these sets, as in those that were not refused for a conflict. */
function destinationOf(host: string, port: number, limits: Limits): Destination {
  if (host === ORIGINATED) return { host, port: 443, mode: "originate", ...limits };
  if (host === WILDCARD && port !== 5432)
    return port === 80 || port === 8080
      ? { host, port, mode: "http", via: "front.example.org", ...limits }
      : { host, port, mode: "tls", via: "front.example.org" };
  if (port === 5432) return { host: "db.example.com", port, mode: "tcp" };
  return port === 443 || port === 8443
    ? { host, port, mode: "tls" }
    : { host, port, mode: "http", ...limits };
}

export const someGrants: fc.Arbitrary<readonly Grant[]> = fc.uniqueArray(someGrant, {
  selector: ({ id }) => id,
  maxLength: 12,
});

export function compiled(grants: readonly Grant[]): readonly Compiled[] {
  return compile({ instance: "demo", grants, namespaces: NAMESPACES, gateways: GATEWAYS });
}

/** Told of everything but the grants in the other order. */
export function compiledBackwards(grants: readonly Grant[]): readonly Compiled[] {
  const namespaces = NAMESPACES.toReversed();
  return compile({ instance: "demo", grants, namespaces, gateways: GATEWAYS.toReversed() });
}

export function keyOf({ object }: Pick<Compiled, "object">): string {
  return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
}
