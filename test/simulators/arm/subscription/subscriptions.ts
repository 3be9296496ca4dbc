import { type Answer, refusal } from "../answers.ts";
import { type Json, same } from "../json.ts";
import type { World } from "../world.ts";

/** Those that have something in them. https://learn.microsoft.com/rest/api/resources/subscriptions/list */
export function listSubscriptions(world: World, tenantId: string): Answer {
  const value = subscriptionIds(world).map((id) => resource(id, tenantId));
  return { status: 200, body: { value, count: { type: "Total", value: value.length } } };
}

/** https://learn.microsoft.com/rest/api/resources/subscriptions/get */
export function getSubscription(world: World, tenantId: string, id: string): Answer {
  const found = subscriptionIds(world).find((each) => same(each, id));
  if (found !== undefined) return { status: 200, body: resource(found, tenantId) };
  const message = `The subscription '${id}' could not be found.`;
  return refusal(404, { code: "SubscriptionNotFound", message });
}

function subscriptionIds({ clusters, networks }: World): readonly string[] {
  return [...new Set([...clusters, ...networks].map(({ subscriptionId }) => subscriptionId))];
}

function resource(subscriptionId: string, tenantId: string): Json {
  return {
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: "RoleBased",
    managedByTenants: [],
    subscriptionId,
    tenantId,
    displayName: "Simulated",
    state: "Enabled",
    subscriptionPolicies: {
      locationPlacementId: "Public_2014-09-01",
      quotaId: "PayAsYouGo_2014-09-01",
      spendingLimit: "Off",
    },
  };
}
