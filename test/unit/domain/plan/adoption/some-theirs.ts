import fc from "fast-check";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import {
  EDITION,
  MONEY,
  type Port,
  PORT_NUMBERS,
  PORTS,
  TEAM,
  THEIR_GATEWAY,
} from "./adoption-world.ts";

const hosts = fc.constantFrom([EDITION], ["*.cnn.com"], [EDITION, MONEY], [MONEY]);
const exportTo = fc.constantFrom(undefined, ["*"], ["."], [TEAM], [TEAM, "team-y"]);

function object(
  kind: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  spec: Readonly<Record<string, unknown>>,
): KubernetesObject {
  const given = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
  return { apiVersion: "networking.istio.io/v1", kind, metadata: { namespace, name }, spec: given };
}

function anEntry(namespaces: readonly string[]): fc.Arbitrary<(name: string) => KubernetesObject> {
  return fc
    .record({
      namespace: fc.constantFrom(...namespaces),
      hosts,
      exportTo,
      usual: fc.constantFrom("DNS", "NONE"),
      ports: fc.subarray([...PORT_NUMBERS], { minLength: 1 }),
    })
    .map(
      ({ namespace, ports, usual, ...spec }) =>
        (name: string) =>
          object(
            "ServiceEntry",
            { namespace, name },
            {
              ...spec,
              // A pattern cannot be looked up.
              resolution: spec.hosts.some((host) => host.startsWith("*")) ? "NONE" : usual,
              location: "MESH_EXTERNAL",
              ports: ports.map((number) => ({
                number,
                name: `p-${number}`,
                protocol: PORTS[number].toUpperCase(),
              })),
            },
          ),
    );
}

/** As the published recipes have it: to an egress gateway, or the host itself with settings. */
function aRoute(namespaces: readonly string[]): fc.Arbitrary<(name: string) => KubernetesObject> {
  return fc
    .record({
      namespace: fc.constantFrom(...namespaces),
      many: fc.boolean(),
      exportTo,
      onward: fc.boolean(),
      ports: fc.constantFrom<readonly Port[]>([80], [443], [80, 443]),
      gateways: fc.constantFrom(undefined, ["mesh"], ["mesh", "ingress"]),
    })
    .map(({ namespace, onward, ports, many, ...spec }) => (name: string) => {
      function to(number: Port): unknown {
        const host = onward ? THEIR_GATEWAY : EDITION;
        return [{ destination: { host, port: { number } } }];
      }
      return object(
        "VirtualService",
        { namespace, name },
        {
          ...spec,
          hosts: many && onward ? [EDITION, MONEY] : [EDITION],
          ...(ports.includes(80) ? { http: [{ match: [{ port: 80 }], route: to(80) }] } : {}),
          ...(ports.includes(443)
            ? { tls: [{ match: [{ port: 443, sniHosts: [EDITION] }], route: to(443) }] }
            : {}),
        },
      );
    });
}

function aRule(): fc.Arbitrary<(name: string) => KubernetesObject> {
  return fc.constantFrom(EDITION, "*.cnn.com").map(
    (host) => (name: string) =>
      object(
        "DestinationRule",
        { namespace: TEAM, name },
        {
          host,
          trafficPolicy: { connectionPool: { tcp: { connectTimeout: "5s" } } },
        },
      ),
  );
}

const sidecar = fc.option(
  fc
    .constantFrom(["./*"], ["./*", "legacy/*"], ["*/*"])
    .map((names) =>
      object("Sidecar", { namespace: TEAM, name: "lean" }, { egress: [{ hosts: names }] }),
    ),
  { nil: undefined },
);

export interface SomeTheirs {
  readonly objects: readonly KubernetesObject[];
  readonly port: 80 | 443;
}

function listOf<Item>(item: fc.Arbitrary<Item>, most: number): fc.Arbitrary<readonly Item[]> {
  return fc.array(item, { maxLength: most });
}

/** What a namespace and its neighbours may have before anybody asks; `namespaces`: where it may be. */
export function someTheirs(namespaces: readonly string[]): fc.Arbitrary<SomeTheirs> {
  const isOwn = namespaces.includes(TEAM);
  return fc
    .record({
      entries: listOf(anEntry(namespaces), 3),
      routes: listOf(aRoute(namespaces), 2),
      rules: isOwn ? listOf(aRule(), 1) : fc.constant([]),
      sidecar,
      port: fc.constantFrom(80 as const, 443 as const),
    })
    .map(({ entries, routes, rules, sidecar: lean, port }) => ({
      objects: [
        ...[...entries, ...routes, ...rules].map((make, at) => make(`o${at}`)),
        ...(lean === undefined ? [] : [lean]),
      ],
      port,
    }))
    .filter(({ objects }) => !hasNameUnderPattern(objects));
}

/** Whoever replaces a pattern by names has to leave out those that stand elsewhere: the printed step says so, we cannot. */
function hasNameUnderPattern(objects: readonly KubernetesObject[]): boolean {
  const text = JSON.stringify(objects.filter(({ kind }) => kind === "ServiceEntry"));
  return text.includes('"*.cnn.com"') && text.includes(`"${MONEY}"`);
}
