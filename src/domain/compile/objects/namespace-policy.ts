import type { GatewayFacts } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { doorDomain, GRANT_HEADER, namespacePolicyName } from "../names.ts";

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
