import type { Answer } from "../answers.ts";
import type { World } from "../world.ts";

/** How Azure writes each: `value`, and what people read. */
const WORDS = {
  VirtualNetworks: "Virtual Networks",
  StaticPublicIPAddresses: "Static Public IP Addresses",
  PublicIpPrefixes: "Public Ip Prefixes",
} as const;
export type Limited = keyof typeof WORDS;

/** Own numbers, but those of a documented answer for networks and addresses. */
export const LIMITS: Readonly<Record<Limited, number>> = {
  VirtualNetworks: 50,
  StaticPublicIPAddresses: 20,
  PublicIpPrefixes: 1000,
};

interface Place {
  readonly subscriptionId: string;
  readonly location: string;
}

/** https://learn.microsoft.com/rest/api/virtualnetwork/usages/list */
export function listUsages(world: World, { subscriptionId, location }: Place): Answer {
  const used: Readonly<Record<Limited, number>> = {
    VirtualNetworks: world.networks.length,
    StaticPublicIPAddresses: 0,
    PublicIpPrefixes: world.publicIpPrefixes(),
  };
  const value = [...world.limits].map(([name, limit]) => ({
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.Network/locations/${location}/usages/${name}`,
    unit: "Count",
    currentValue: used[name],
    limit,
    name: { value: name, localizedValue: WORDS[name] },
  }));
  return { status: 200, body: { value } };
}
