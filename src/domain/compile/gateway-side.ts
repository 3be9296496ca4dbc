import type { GatewayFacts, Grant, Scope } from "../grant.ts";
import type { Draft } from "./compiled.ts";
import {
  type Door,
  GRANT_HEADER,
  accessLogName,
  denyPolicyName,
  doorDomain,
  doorId,
  doorName,
  httpGatewayName,
  namespacePolicyName,
  routeId,
  routeName,
  tunnelPortName,
  upstreamHost,
} from "./names.ts";
import { identityRegexes } from "./identity.ts";
import { RETRIES, spiffeId } from "./mesh-words.ts";

/** What a gateway has whether or not anybody is granted anything: by itself it opens nothing. */
export function gatewayObjects(facts: GatewayFacts): readonly Draft[] {
  const { namespace } = facts.ref;
  const pods = { selector: { matchLabels: facts.selector } };
  return [
    {
      kind: "Gateway",
      name: httpGatewayName(facts.ref),
      in: namespace,
      spec: {
        selector: facts.selector,
        servers: [
          {
            port: { number: 80, name: "https-mtls", protocol: "HTTPS" },
            tls: { mode: "ISTIO_MUTUAL" },
            hosts: ["./*"],
          },
        ],
      },
    },
    { kind: "AuthorizationPolicy", name: denyPolicyName(facts.ref), in: namespace, spec: pods },
    {
      kind: "Telemetry",
      name: accessLogName(facts.ref),
      in: namespace,
      spec: { ...pods, accessLogging: [{ providers: [{ name: "envoy" }] }] },
    },
  ];
}

/**
 * Lets a namespace's identities use that namespace's doors, and no others: append-only, since every edit of a gateway's
 * policies ends its long connections. Without a server or route behind it there is no door.
 */
export function namespacePolicy(facts: GatewayFacts, namespace: string): Draft {
  const from = [{ source: { namespaces: [namespace] } }];
  const values = [`*.${doorDomain(namespace)}`];
  return {
    kind: "AuthorizationPolicy",
    name: namespacePolicyName(facts.ref, namespace),
    in: facts.ref.namespace,
    serves: namespace,
    spec: {
      selector: { matchLabels: facts.selector },
      action: "ALLOW",
      rules: [
        { from, when: [{ key: "connection.sni", values }] },
        { from, when: [{ key: `request.headers[${GRANT_HEADER}]`, values }] },
      ],
    },
  };
}

/** A door that passes bytes: a server of its own, named by SNI, and a route to the upstream. */
export function tunnel(
  facts: GatewayFacts,
  door: Door,
  grants: readonly Grant[],
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
        tcp: [{ match: [{ port: 443 }], route: [toUpstream(facts, door)] }],
      },
    },
  ];
}

/** The service accounts of a door's grants, or all where one of them covers the namespace. */
function grantedAccounts(grants: readonly Grant[]): "all" | readonly string[] {
  if (grants.some(({ scope }) => scope.serviceAccounts.length === 0)) return "all";
  return [...new Set(grants.flatMap(({ scope }) => scope.serviceAccounts))].toSorted();
}

/** What the gateway takes off a request before it leaves: nothing of the mesh is told to the outside. */
const REMOVED_HEADERS = [
  "x-forwarded-client-cert",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-envoy-external-address",
  "x-envoy-internal",
  "x-envoy-peer-metadata",
  "x-envoy-peer-metadata-id",
  "x-envoy-attempt-count",
  "x-envoy-decorator-operation",
  "x-envoy-original-host",
  GRANT_HEADER,
];

/** One scope's way through a door of mode http. */
export function route(
  facts: GatewayFacts,
  door: Door,
  granted: { readonly scope: Scope; readonly grants: readonly Grant[] },
): Draft {
  const { namespace } = facts.ref;
  const { scope, grants } = granted;
  return {
    kind: "VirtualService",
    name: routeId(door, scope),
    in: namespace,
    serves: door.namespace,
    grantIds: grants.map(({ id }) => id),
    annotated: true,
    spec: {
      exportTo: ["."],
      gateways: [`${namespace}/${httpGatewayName(facts.ref)}`],
      hosts: [door.destination.host],
      http: [
        {
          name: routeName(door, scope),
          match: matches(facts, door, scope),
          retries: RETRIES,
          headers: { request: { remove: REMOVED_HEADERS } },
          route: [toUpstream(facts, door)],
        },
      ],
    },
  };
}

/**
 * A door's header alone lets nobody in: any pod may dial the gateway with an SNI and a header of its choice, and the
 * namespace's policy admits it by its own SNI. So every match also asks for the identity in the client's certificate.
 */
function matches(facts: GatewayFacts, door: Door, scope: Scope): readonly unknown[] {
  return identityRegexes(facts, door.namespace, scope).map((regex) => ({
    headers: {
      [GRANT_HEADER]: { exact: doorName(door) },
      "x-forwarded-client-cert": { regex },
    },
  }));
}

function toUpstream({ ref }: GatewayFacts, { destination }: Door): unknown {
  const { port } = destination;
  return { destination: { host: upstreamHost(ref, destination), port: { number: port } } };
}
