import { z } from "zod";
import type { LaneStore } from "#src/ports/lane-store.ts";

const ArmStep = z.enum(["static-egress-feature", "gateway-node-pool", "egress-gateway"]);
export type ArmStep = z.infer<typeof ArmStep>;

/** Remembered between ticks, and across a crash. */
const LaneMemory = z.object({
  operation: z
    .object({
      handle: z.string(),
      step: ArmStep,
      since: z.number(),
      what: z.string(),
    })
    .optional(),
  /** When each gateway's prefix was first seen ready. */
  readySince: z.record(z.string(), z.number()).default({}),
  /** Failures of the same step in a row: each doubles the pause. */
  failures: z
    .object({ step: ArmStep, count: z.number(), message: z.string(), until: z.number() })
    .optional(),
});
export type LaneMemory = z.infer<typeof LaneMemory>;

export async function readMemory(lanes: LaneStore, cluster: string): Promise<LaneMemory> {
  return LaneMemory.safeParse((await lanes.read(keyOf(cluster))) ?? {}).data ?? { readySince: {} };
}

export async function writeMemory(
  lanes: LaneStore,
  cluster: string,
  memory: LaneMemory,
): Promise<void> {
  await lanes.write(keyOf(cluster), memory);
}

function keyOf(cluster: string): string {
  return `gateways-lane:${cluster}`;
}
