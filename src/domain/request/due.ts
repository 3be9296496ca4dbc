import type { RequestState } from "./lifecycle.ts";
import { isReminderFresh } from "./reminders.ts";
import type { AnyRequest } from "./request.ts";

/** Messages of a request that changed this recently are painted again, in case the job was lost. Milliseconds. */
const REPAINT_FOR_MS = 3_600_000;

/** What takes a request further, by its state; what ends is the mesh lane's. */
const STEPS = {
  planning: "plan",
  approved: "admit",
  closing: "admit",
  applying: "gateways",
  verifying: "verify",
  unproven: "verify",
} as const satisfies Partial<Record<RequestState, string>>;

export type Step = (typeof STEPS)[keyof typeof STEPS];

/** What time alone brings about for a stored request. */
export interface Due {
  readonly repaint: boolean;
  /** What may have been lost between a write and the queue, or is to be done again. */
  readonly step: Step | undefined;
  /** Nobody decided in time. One whose card nobody was shown just lapses; else the no is written into the cluster first. */
  readonly lapse: "no" | "lapsed" | undefined;
}

export interface Times {
  /** Epoch ms. */
  readonly now: number;
  /** A request nobody decides ends after this. Milliseconds. */
  readonly pendingForMs: number;
  /** A proven grant is looked at again after this. Milliseconds. */
  readonly reverifyEveryMs: number;
}

/** Pure. */
export function dueOf(
  {
    state,
    since,
    evidence,
    activation,
  }: Pick<AnyRequest, "state" | "since" | "evidence" | "activation">,
  { now, pendingForMs, reverifyEveryMs }: Times,
): Due {
  const isStale = now - since >= pendingForMs;
  const isOld = state === "active" && now - (evidence?.at ?? 0) >= reverifyEveryMs;
  const steps: Readonly<Partial<Record<RequestState, Step>>> = STEPS;
  return {
    repaint:
      now - since < REPAINT_FOR_MS ||
      (activation !== undefined && isReminderFresh({ state, activation }, now, REPAINT_FOR_MS)),
    step: isOld ? "verify" : steps[state],
    lapse: isStale ? LAPSES[state] : undefined,
  };
}

const LAPSES: Readonly<Partial<Record<RequestState, Due["lapse"]>>> = {
  planning: "lapsed",
  pending: "no",
};
