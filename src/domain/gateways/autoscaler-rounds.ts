import { z } from "zod";
import { EpochMs } from "../request/shapes.ts";

/**
 * Somebody else who changes what was set, again and again: the first put-back is at once, the next ones wait longer each
 * time, and after three the autoscaler is left as it is until it is as configured, or something else is. Nobody is cut off
 * by an autoscaler of other values, so nothing is closed for it.
 */
const ROUNDS = 3;

/** In pauses. So long after it was put back, a change is somebody's first one. */
const FORGOTTEN = 720;
/** In pauses: before what was refused is tried again. */
const REFUSED = 120;

const Put = z.object({
  /** Of the autoscaler's UID and what was to be set. */
  settings: z.string(),
  /** How often it was put back since. */
  rounds: z.int().min(0),
  at: EpochMs,
  /** Of what it was refused for, and the words. */
  refused: z.object({ spec: z.string(), why: z.string() }).exactOptional(),
});
export type Put = z.infer<typeof Put>;

/** What was set lately, by gateway. */
export const Puts = z.record(z.string(), Put);

interface Judging {
  readonly settings: string;
  /** Of what stands there. */
  readonly spec: string;
  readonly now: number;
  readonly pauseMs: number;
}

export type PutTurn =
  | { readonly kind: "write" }
  | { readonly kind: "later" | "left" }
  | { readonly kind: "refused"; readonly why: string };

/** Whether what differs is written now. Pure. */
export function putTurn(before: Put | undefined, judging: Judging): PutTurn {
  const put = remembered(before, judging);
  if (put === undefined) return { kind: "write" };
  const { now, pauseMs, spec } = judging;
  if (put.refused !== undefined)
    return put.refused.spec === spec && now < put.at + REFUSED * pauseMs
      ? { kind: "refused", why: put.refused.why }
      : { kind: "write" };
  if (put.rounds >= ROUNDS) return { kind: "left" };
  const pause = put.rounds === 0 ? 0 : pauseMs * 2 ** (put.rounds - 1);
  return { kind: now < put.at + pause ? "later" : "write" };
}

/** After it was written, or refused with these words. */
export function putAfter(before: Put | undefined, judging: Judging, refusal?: string): Put {
  const { settings, spec, now } = judging;
  const put = remembered(before, judging);
  if (refusal !== undefined)
    return { settings, rounds: 0, at: now, refused: { spec, why: refusal } };
  const isAgain = put !== undefined && put.refused === undefined;
  return { settings, rounds: isAgain ? put.rounds + 1 : 0, at: now };
}

/** What is remembered of one that is as configured: for a while, since it may just have been put back. */
export function putWhereSame(
  before: Put | undefined,
  { now, pauseMs }: Pick<Judging, "now" | "pauseMs">,
): Put | undefined {
  if (before === undefined || before.refused !== undefined) return undefined;
  return now - before.at >= FORGOTTEN * pauseMs ? undefined : before;
}

function remembered(before: Put | undefined, { settings, now, pauseMs }: Judging): Put | undefined {
  if (before?.settings !== settings) return undefined;
  const isOver =
    before.refused === undefined &&
    before.rounds < ROUNDS &&
    now - before.at >= FORGOTTEN * pauseMs;
  return isOver ? undefined : before;
}
