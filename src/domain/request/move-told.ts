import { z } from "zod";
import { EpochMs } from "./shapes.ts";

/** How a move to another gateway is announced: what stands ready, and when the traffic changes over. */
export const MoveTold = z.object({
  /** At the earliest. */
  at: EpochMs,
  /** `namespace/name` of the gateways. */
  from: z.string(),
  to: z.string(),
  /** Egress IP prefix of the new gateway, and of the other one where it is known. */
  prefix: z.string(),
  before: z.string().exactOptional(),
  /** The team's Slack channel, where it has one. */
  channel: z.string().exactOptional(),
});
export type MoveTold = z.infer<typeof MoveTold>;

export function moveKey(requestId: string): string {
  return `move:${requestId}`;
}
