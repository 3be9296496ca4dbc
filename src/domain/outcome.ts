import type { Approvers } from "./approval/policy.ts";
import type { RefusalReason } from "./refusal-reasons.ts";
import type { RequestDecision } from "./request/request.ts";

/**
 * An expected "no" is returned, never thrown. ("Not yet" is a lane's answer: see `requests/lane-ports.ts`.)
 * Texts are plain sentences and are shown as they are: no mark-up, no mention. A command to copy stands between
 * backticks. People are named by id in fields of their own.
 */

/** A rule said no; the person who asked can do something about it. */
export interface Refusal {
  readonly outcome: "refusal";
  readonly reason: RefusalReason;
  /** What was not done: `egress to 10.0.0.1:443 was not requested`. */
  readonly what: string;
  readonly why: string;
  /** What to do now; an example that would work, where there is one. */
  readonly fix: string;
  /** What to do one after the other, where one thing is not enough. */
  readonly steps?: readonly string[];
  /** Who can do it instead. */
  readonly ask?: Approvers;
  /** Where it can be done. */
  readonly link?: { readonly url: string; readonly text: string };
  /** Who decided before. */
  readonly decided?: Pick<RequestDecision, "verdict" | "by" | "at">;
}

export function refuse(reason: RefusalReason, text: Omit<Refusal, "outcome" | "reason">): Refusal {
  return { outcome: "refusal", reason, ...text };
}

export function isRefusal(value: unknown): value is Refusal {
  return (
    typeof value === "object" && value !== null && "outcome" in value && value.outcome === "refusal"
  );
}
