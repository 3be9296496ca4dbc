import type { GatewayFacts, Grant, Scope } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { identityRegexes } from "../identity.ts";
import { RETRIES } from "../mesh-words.ts";
import {
  type Door,
  doorName,
  GRANT_HEADER,
  httpGatewayName,
  routeId,
  routeName,
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
