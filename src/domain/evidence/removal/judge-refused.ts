import { endpoint } from "../../grant.ts";
import type { Effect, Interference } from "../../plan/others/interference.ts";
import { someOf } from "../../some-of.ts";
import { causeText, suspectsText } from "../blame.ts";
import type { ProbedGrant } from "../check.ts";
import type { OutboundPolicy } from "../../plan/ways-out/outbound-policy.ts";
import { howToClose } from "../let-out.ts";
import { explainTrace, type FailureCause } from "../explain.ts";
import { failed, type Finding, passed, unknown } from "../finding.ts";
import { type Trace, traceLines } from "../trace.ts";
import { doorGone, endingOf, refusedBy } from "./refusal.ts";

/** Where a destination of an ended grant was asked for again. */
interface Asked {
  readonly trace: Trace | undefined;
  readonly outbound: OutboundPolicy;
  /** Live grants keep the same tunnel open for other accounts. */
  readonly isKeptForOthers: boolean;
  /** Other objects that lead to that very destination, each as one line. */
  readonly otherWays: readonly string[];
  /** What others put on the way. */
  readonly others: readonly Interference[];
  /** Why no probe ran. */
  readonly problem: string | undefined;
}

/** `refused`, of a grant that ended: the very destination is refused now, for want of a door, at once. */
export function judgeRefused(grant: ProbedGrant, { trace, ...asked }: Asked): Finding {
  const where = endpoint(grant.destination);
  if (trace !== undefined) return judgeTrace(grant, trace, asked);
  return asked.outbound.mode === "ALLOW_ANY"
    ? failed(`${where} was not asked for again, but ${adviceOf(asked.outbound)}`)
    : unknown(
        `${where} was not asked for after the end of the grant, so its refusal is not proven${whyNotAsked(asked)}`,
      );
}

function adviceOf({ sidecar }: OutboundPolicy): string {
  const where = sidecar === undefined ? "in a mesh that" : `where Sidecar ${sidecar}`;
  return `${where} is ALLOW_ANY a revoke does not block, because what has no grant leaves directly; ${howToClose(sidecar)}`;
}

function judgeTrace(grant: ProbedGrant, trace: Trace, asked: Omit<Asked, "trace">): Finding {
  const where = endpoint(grant.destination);
  const allowsAny = asked.outbound.mode === "ALLOW_ANY";
  const advice = adviceOf(asked.outbound);
  const lines = traceLines(trace);
  const ending = endingOf(grant, trace, doorGone(asked));
  switch (ending) {
    case "passed-by":
      return failed(`${where} is not refused, it is reached past the gateway: ${advice}`, lines);
    case "open":
      return failed(
        allowsAny && trace.gateway === undefined
          ? `${where} is not refused: ${advice}`
          : `${where} can still be reached${trace.gateway === undefined ? "" : " through the gateway"}; ${stillOpenBy(asked.otherWays)}`,
        lines,
      );
    case "refused":
      return refusedFinding(grant, trace, asked);
    case "unlogged":
      return unknown(
        `${where} did not answer, but no line of the sidecar's log shows who refused it; check the namespace's access-log Telemetry`,
        lines,
      );
    case "unclear":
      return allowsAny
        ? failed(`${where} is not refused: ${advice}`, lines)
        : unknown(notProven(where, trace, asked.others), lines);
    default:
      return ending satisfies never;
  }
}

const MOST_NAMED = 5;

function stillOpenBy(otherWays: readonly string[]): string {
  return otherWays.length === 0
    ? "look at which objects and grants of the namespace still allow it"
    : `still open by what is not Sallyport's: ${someOf(otherWays, MOST_NAMED)}; ask its owner`;
}

/** An account that is not let through leaves no reason in the log, and neither does a filter of others that closes it. */
function refusedFinding(
  grant: ProbedGrant,
  trace: Trace,
  { isKeptForOthers, others }: Pick<Asked, "isKeptForOthers" | "others">,
): Finding {
  const where = endpoint(grant.destination);
  const lines = traceLines(trace);
  const isByAccount = isKeptForOthers && refusedBy(grant, trace) === "AccountRefused";
  const able = isByAccount ? others.filter(({ effect }) => MAY_CLOSE.includes(effect)) : [];
  if (able.length === 0) return passed(`${where} is refused now, at once`, lines);
  const named = someOf(
    able.map(({ text }) => text),
    MOST_NAMED,
  );
  return unknown(
    `${where} is refused, but its tunnel stays open for other accounts, and whether its list of accounts refused or what is not Sallyport's is not shown: ${named}`,
    lines,
  );
}

const MAY_CLOSE: readonly Effect[] = ["denies", "may-deny", "not-judged"];

function whyNotAsked({ problem, others }: Pick<Asked, "problem" | "others">): string {
  const why = [
    problem === undefined ? undefined : `the probe could not run in the namespace: ${problem}`,
    suspectsText(others),
  ].filter((clause) => clause !== undefined);
  return why.map((clause) => `; ${clause}`).join("");
}

function notProven(where: string, trace: Trace, others: readonly Interference[]): string {
  const explanation = explainTrace(trace);
  if (explanation.reason === "PolicyDenied")
    return `${where} was refused by the gateway's policy alone, which passes and says nothing of the grant's own way out; it is looked at again with the next verification`;
  const text = causeText(explanation, others);
  return BY_OTHERS.includes(explanation.reason)
    ? `${where} was refused, but not for want of a way out, so that nothing shows that the grant's own is closed: ${text}`
    : `whether ${where} is refused is not proven: ${text}`;
}

const BY_OTHERS: readonly FailureCause[] = ["DeniedByName", "AuthorizerRefused"];
