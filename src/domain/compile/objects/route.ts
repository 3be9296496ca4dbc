import { canonicalJson } from "../../canonical.ts";
import type { GatewayFacts, Grant, Limits, Scope } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { groups } from "../groups.ts";
import { identityRegexes } from "../identity.ts";
import { RETRIES } from "../mesh-words.ts";
import { pathMatch } from "../paths.ts";
import {
  type Door,
  doorName,
  GRANT_HEADER,
  httpGatewayName,
  routeId,
  routeName,
  type Upstream,
} from "../names.ts";
import { toUpstream } from "./upstream.ts";

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

/** A door's ways through the HTTP server: one for each scope and its limits. */
export function routes(
  facts: GatewayFacts,
  door: Door,
  grants: readonly Grant[],
  upstream: Upstream,
): readonly Draft[] {
  return groups(grants, ({ scope, destination: { paths, methods } }) =>
    canonicalJson({ scope, paths, methods }),
  ).map((same) => {
    const [{ scope, destination }] = same;
    return route(facts, { door: { ...door, destination }, scope, grants: same, upstream });
  });
}

interface Way {
  readonly door: Door;
  readonly scope: Scope;
  readonly grants: readonly Grant[];
  readonly upstream: Upstream;
}

function route(facts: GatewayFacts, { door, scope, grants, upstream }: Way): Draft {
  const { namespace } = facts.ref;
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
          route: [toUpstream(facts, upstream)],
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
  const limits = limitsOf(door.destination);
  return identityRegexes(facts, door.namespace, scope).flatMap((regex) =>
    limits.map((limit) => ({
      headers: {
        [GRANT_HEADER]: { exact: doorName(door) },
        "x-forwarded-client-cert": { regex },
      },
      ...limit,
    })),
  );
}

/** Every pair of a path and a method; one without either where all may be asked for. */
function limitsOf({ paths, methods }: Limits): readonly object[] {
  const uris = paths?.map((path) => ({ uri: pathMatch(path) })) ?? [{}];
  const verbs = methods?.map((method) => ({ method: { exact: method } })) ?? [{}];
  return uris.flatMap((uri) => verbs.map((verb) => ({ ...uri, ...verb })));
}
