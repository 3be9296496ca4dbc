import type { Plan, RequestRecord } from "#src/domain/request/request.ts";
import {
  aPendingRequest,
  GRANT_DIGEST,
  type Keyring,
  NAMESPACE_UID,
  NINE,
} from "./signed-request.ts";

/** What people are shown of a plan: it says the same as the signed plan of `signed-request.ts`. */
export function aShownPlan(
  { asked }: Pick<RequestRecord, "asked">,
  change: Partial<Plan> = {},
): Plan {
  const placement = {
    cluster: asked.cluster,
    namespace: asked.scope.namespace,
    serviceAccounts: asked.scope.serviceAccounts,
    gateway: "egress-gw/egw",
  };
  const approvers = { groups: ["S0SECURITY"], users: [] };
  return {
    madeAt: NINE + 1000,
    grantDigest: GRANT_DIGEST,
    basis: {
      cluster: "/subscriptions/s/managedclusters/prod-1",
      gateway: asked.gateway,
      namespaceUid: NAMESPACE_UID,
      scope: asked.scope,
      destination: asked.destination,
      durationMs: asked.durationMs ?? null,
      latestEnd: asked.latestEnd,
      rule: { name: "default", action: { kind: "ask", approvers } },
      team: { name: asked.team, placements: [placement], channel: undefined, userGroup: undefined },
      placement,
    },
    namespaceUid: NAMESPACE_UID,
    steps: [],
    objectCount: 9,
    yaml: "kind: ServiceEntry\n",
    warnings: [],
    rule: "default",
    approvers,
    addresses: ["192.0.2.10"],
    ...change,
  };
}

/** A request people are shown the card of, and may decide on. */
export function aShownRequest(keys: Keyring, change: Partial<RequestRecord> = {}): RequestRecord {
  const pending = aPendingRequest(keys, change);
  return { ...pending, plan: change.plan ?? aShownPlan(pending) };
}
