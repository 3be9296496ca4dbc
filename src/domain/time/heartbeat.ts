import { z } from "zod";
import { EpochMs } from "../request/shapes.ts";

/** What a bot signs again and again: that it runs, and with which configuration. The mesh lane's is its board. */
export interface Heartbeat {
  /** Epoch ms by the bot's clock. */
  readonly at: number;
  readonly configDigest: string;
}

export const Heartbeat = z.object({
  at: EpochMs,
  configDigest: z.string(),
}) satisfies z.ZodType<Heartbeat>;

/** What a gateways lane signs when a run is over. */
export interface LaneBeat extends Heartbeat {
  readonly cluster: string;
}

export const LaneBeat = z.object({
  cluster: z.string(),
  at: EpochMs,
  configDigest: z.string(),
}) satisfies z.ZodType<LaneBeat>;

export function laneBeatKey(cluster: string): string {
  return `ran:gateways:${cluster}`;
}

export interface Listening {
  readonly now: number;
  /** Of our own configuration. */
  readonly configDigest: string;
  /** How long a bot may be silent. Milliseconds. */
  readonly patienceMs: number;
}

/** What the newest heartbeat says of the bot. Pure; nothing is known of one that was never heard. */
export function judgeHeartbeat(
  beat: Heartbeat | undefined,
  { now, configDigest, patienceMs }: Listening,
): "unheard" | "silent" | "other-configuration" | "fine" {
  if (beat === undefined) return "unheard";
  if (now - beat.at > patienceMs) return "silent";
  return beat.configDigest === configDigest ? "fine" : "other-configuration";
}
