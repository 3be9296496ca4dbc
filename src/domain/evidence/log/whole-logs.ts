import { type Finding, unknown } from "../finding.ts";
import type { Trace } from "../trace.ts";

/** A line that is not there in a log which was not read to its end says nothing; a probe that did not run has none. */
export function wholeLogs(
  finding: Finding,
  {
    cutLogs,
    trace,
  }: {
    /** Of these pods. */
    readonly cutLogs: readonly string[];
    readonly trace: Trace | undefined;
  },
): Finding {
  const isMissed = trace !== undefined && trace.gateway === undefined;
  return cutLogs.length === 0 || !isMissed || finding.verdict !== "unknown"
    ? finding
    : unknown(
        `the log of ${cutLogs.join(", ")} took too long to read to its end, so the probe's line may be there unseen`,
        finding.lines,
      );
}
