import { z } from "zod";
import type { RequestState } from "./lifecycle.ts";
import { EpochMs, GrantId } from "./shapes.ts";

/**
 * What one run of the mesh lane says of its cluster: what people are shown of admitted grants is this, "as of" its time,
 * and never what a stored request says of itself.
 */
export interface Board {
  readonly cluster: string;
  /** The API server's time of the run. */
  readonly at: number;
  /** Of the configuration the run used. */
  readonly configDigest: string;
  readonly frozen: boolean;
  /** By grant id. */
  readonly grants: Readonly<Record<string, BoardEntry>>;
}

export const BOARD_STATES = [
  "applying",
  "verifying",
  "active",
  "unproven",
  "ending",
  "ended",
] as const satisfies readonly RequestState[];

export interface BoardEntry {
  readonly state: (typeof BOARD_STATES)[number];
  readonly endsAt: number;
  readonly verdict?: string;
}

export const Board = z.object({
  cluster: z.string(),
  at: EpochMs,
  configDigest: z.string(),
  frozen: z.boolean(),
  grants: z.record(
    GrantId,
    z.object({
      state: z.enum(BOARD_STATES),
      endsAt: EpochMs,
      verdict: z.string().exactOptional(),
    }),
  ),
}) satisfies z.ZodType<Board>;

export function boardKey(cluster: string): string {
  return `board:${cluster}`;
}

/** What is known of a cluster when somebody asks. */
export interface Seen {
  /** Undefined where no lane has reported yet. */
  readonly board: Board | undefined;
  /** Epoch ms. */
  readonly now: number;
  readonly sweepMs: number;
}

/** Whether a lane ran within the last two sweeps: else what it says is only what it last saw. */
export function isCurrent({ at }: Pick<Board, "at">, now: number, sweepMs: number): boolean {
  return now - at <= 2 * sweepMs;
}
