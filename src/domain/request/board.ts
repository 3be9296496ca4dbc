import { z } from "zod";
import type { RequestState } from "./lifecycle.ts";
import { REQUEST_STATES } from "./lifecycle.ts";
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

export interface BoardEntry {
  readonly state: Extract<
    RequestState,
    "applying" | "verifying" | "active" | "unproven" | "ending" | "ended"
  >;
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
      state: z.enum(REQUEST_STATES),
      endsAt: EpochMs,
      verdict: z.string().optional(),
    }),
  ),
});

export function boardKey(cluster: string): string {
  return `board:${cluster}`;
}
