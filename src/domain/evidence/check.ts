import type { Destination, Scope } from "../grant.ts";
import type { AdoptionText } from "../plan/adoption/adoption-text.ts";
import type { WrongGuess } from "./probe/wrong-guess.ts";
import type { AccessLogLine } from "./log/access-log.ts";

export type CheckName =
  | "reaches"
  | "through-the-gateway"
  | "right-source"
  | "nothing-else"
  | "nobody-else"
  | "no-bypass"
  /** Of a grant that ended. */
  | "refused";

/** Without these a grant is not active. */
export const NEEDED_CHECKS: readonly CheckName[] = [
  "reaches",
  "through-the-gateway",
  "right-source",
];

export type CheckVerdict = "passed" | "failed" | "unknown";

/** One thing looked at. `unknown` is what could not be seen; it is never a failure and never a pass. */
export interface Check {
  readonly name: CheckName;
  readonly verdict: CheckVerdict;
  /** One sentence for people: what was seen, what it means and, where it failed, what to do. */
  readonly explanation: string;
  /** Observed lines, raw, at most 5. */
  readonly lines: readonly string[];
}

/**
 * `enforced`: it works and nothing else does. `advisory`: it works, but something around it is open or was not seen
 * closed. `unproven`: it was not seen to work.
 */
export interface Evidence {
  readonly checks: readonly Check[];
  readonly verdict: "enforced" | "advisory" | "unproven";
  /** Why it is not `enforced`, and what to do: one sentence each. */
  readonly advisories: readonly string[];
  /** What the owners of others' objects do so that it becomes `enforced`, where those are a cause. */
  readonly adoption?: AdoptionText;
  /** What the destination speaks, where that is not what was asked for. */
  readonly guess?: WrongGuess;
}

/** What of a grant the logs and the probe are compared with. */
export interface ProbedGrant {
  readonly destination: Destination;
  readonly scope: Scope;
  /** SNI of the door's tunnel. */
  readonly doorName: string;
  /**
   * Of mode http: the names, in the gateway's log, of the door's live routes that let the probed account pass; the
   * grant's own first. Where account lists overlap Istio takes the oldest route, whichever grant's it is.
   */
  readonly routeNames: readonly string[];
}

/** A line, and the gateway's pod that logged it. */
export interface GatewayLine {
  readonly pod: string;
  readonly line: AccessLogLine;
}

export interface GatewayLog {
  readonly pod: string;
  readonly lines: readonly AccessLogLine[];
}
