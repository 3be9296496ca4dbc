import { z } from "zod";
import { SPENDABLE_FOR_MS } from "../approval/admission.ts";
import { listOf } from "../json.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { timeText } from "./egress-grant/egress-grant.ts";

/*
 * Plans whose approval did not become a grant. Their request waits again on a new plan, or was refused, so no EgressGrant
 * has its name: that they are used up is kept in the cluster's EgressCluster for as long as any decision may be used.
 */

/** As many as the resource has room for. */
export const MOST_SPENT = 300;

const Entry = z.object({ plan: z.string(), at: z.string() });
export type SpentEntry = z.infer<typeof Entry>;

/** Each alone: one that somebody wrote in another way hides none of the others. */
function entriesOf(cluster: KubernetesObject | undefined): readonly SpentEntry[] {
  return listOf(cluster?.spec?.["spent"]).flatMap((entry) => Entry.safeParse(entry).data ?? []);
}

/** Digests of the plan statements that are used up. */
export function spentIn(cluster: KubernetesObject | undefined): ReadonlySet<string> {
  return new Set(entriesOf(cluster).map(({ plan }) => plan));
}

/** With this one too, and without those no decision on which may be used any more; undefined where it is there. `now`: epoch ms. */
export function withSpent(
  cluster: KubernetesObject | undefined,
  plan: string,
  now: number,
): readonly SpentEntry[] | undefined {
  if (spentIn(cluster).has(plan)) return undefined;
  return [
    ...entriesOf(cluster).filter(({ at }) => now - Date.parse(at) <= SPENDABLE_FOR_MS),
    { plan, at: timeText(now) },
  ];
}
