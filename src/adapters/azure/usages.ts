import type { QuotaUsage } from "#src/domain/plan/azure/capacity.ts";
import type { ArmClient } from "./arm-client.ts";
import { readPages } from "./pages.ts";
import { UsagePage } from "./schema.ts";

/** https://learn.microsoft.com/rest/api/virtualnetwork/usages/list */
const API_VERSION = "2024-05-01";

/** As Azure names them: https://learn.microsoft.com/rest/api/quota/usages/list (of Microsoft.Network), here without case. */
const PREFIXES = "publicipprefixes";

/** Undefined where the list has no such limit. */
export async function prefixUsage(
  arm: ArmClient,
  subscriptionId: string,
  location: string,
): Promise<QuotaUsage | undefined> {
  const [subscription, region] = [subscriptionId, location].map((part) => encodeURIComponent(part));
  const pages = await readPages(
    arm,
    {
      doing: `reading what subscription ${subscriptionId} uses of its network limits in ${location}`,
      url: `/subscriptions/${subscription}/providers/Microsoft.Network/locations/${region}/usages?api-version=${API_VERSION}`,
    },
    UsagePage,
  );
  const found = pages
    .flatMap(({ value }) => value)
    .find(({ name }) => name?.value?.toLowerCase() === PREFIXES);
  return found === undefined || found.limit < 0
    ? undefined
    : { used: found.currentValue, limit: found.limit };
}
