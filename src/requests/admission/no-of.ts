import type { RequestEvent } from "#src/domain/request/lifecycle.ts";
import type { AnyRequest, DecisionVerdict, EndCause } from "#src/domain/request/request.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";

export type No = Extract<EndCause, "denied" | "cancelled" | "withdrawn" | "lapsed">;

export const EVENT_OF: Readonly<
  Record<No, RequestEvent> & Partial<Record<EndCause, RequestEvent>>
> = {
  denied: "denied",
  cancelled: "cancelled",
  withdrawn: "cancelled",
  lapsed: "lapsed",
};

/** What a closing request is closed for: the last no somebody decided, or its time. */
export function noOf({ decisions }: Pick<AnyRequest, "decisions">): {
  readonly cause: No;
  readonly answers: string | undefined;
} {
  const last = decisions.at(-1);
  const cause = last === undefined ? "lapsed" : CAUSE_OF[last.payload.verdict];
  const answers =
    last === undefined || cause === "lapsed" ? undefined : envelopeDigest(last.envelope);
  return { cause, answers };
}

const CAUSE_OF: Readonly<Record<DecisionVerdict, No>> = {
  deny: "denied",
  cancel: "cancelled",
  revoke: "withdrawn",
  // Approved, and not admitted in time.
  approve: "lapsed",
};
