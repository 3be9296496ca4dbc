import { endpoint } from "../grant.ts";
import { someOf } from "../some-of.ts";
import type { AccessLogLine, LineField } from "./log/access-log.ts";
import type { Interference } from "../plan/others/interference.ts";
import { type BypassFacts, judgeBypass } from "./bypass.ts";
import {
  type Check,
  type CheckName,
  type Evidence,
  type GatewayLine,
  type GatewayLog,
  NEEDED_CHECKS,
  type ProbedGrant,
} from "./check.ts";
import { type Finding, named } from "./finding.ts";
import { withinFormat } from "./log/needed-fields.ts";
import type { OutboundPolicy } from "../plan/ways-out/outbound-policy.ts";
import { howToClose, whoLetsOut } from "./let-out.ts";
import { wholeLogs } from "./log/whole-logs.ts";
import { passedByOwn, reachedByOwn } from "./own-traffic.ts";
import { judgePassage, judgeReaches, sawAnswer } from "./passage.ts";
import { lastTry, type ProbeOutput, TIMED_OUT } from "./probe/probe-output.ts";
import { judgeNobodyElse, judgeNothingElse } from "./removal/refusal-checks.ts";
import { judgeSource, type SourceFacts } from "./right-source.ts";
import { type Trace, traceTry } from "./trace.ts";
import { wrongGuess } from "./probe/wrong-guess.ts";

export type { Evidence } from "./check.ts";

/** All that was observed for one grant; what could not be had is undefined or empty, and makes `unknown`, not `failed`. */
export interface Observed extends SourceFacts, BypassFacts {
  readonly grant: ProbedGrant;
  /** With sidecar, under a granted account: attempts `reaches` and `nothing-else`. */
  readonly probe: ProbeOutput | undefined;
  readonly sidecarLog: readonly AccessLogLine[];
  /** Of every pod of the gateway: its lines are spread over them. */
  readonly gatewayLogs: readonly GatewayLog[];
  /** Of these pods the log took too long to be read to its end. */
  readonly cutLogs?: readonly string[];
  /** Found in the gateway's log, where nothing but that may prove the grant. */
  readonly ownTraffic?: GatewayLine;
  /** With sidecar, under another account: attempt `nobody-else`. Only for scopes of service accounts. */
  readonly otherAccountProbe?: ProbeOutput | undefined;
  readonly otherAccountSidecarLog?: readonly AccessLogLine[] | undefined;
  /** Ids of live grants by which that other account may pass the same door: then there is nothing to be refused. */
  readonly otherGrantedBy?: readonly string[];
  /** Without sidecar: attempt `no-bypass`. */
  readonly noSidecarProbe?: ProbeOutput | undefined;
  readonly outbound: OutboundPolicy;
  /** Fields that the access log's format does not write. */
  readonly missingFields?: readonly LineField[];
  /** Other objects that let the namespace out without a grant, each as one line. */
  readonly otherWays?: readonly string[];
  /** Those that lead to this very destination and are not used as long as the grant's own objects are there. */
  readonly waysBehindOurs?: readonly string[];
  /** What others put on the grant's way: the cause of a failure, where it may be. */
  readonly others?: readonly Interference[];
  /** What is to be said of them whatever the probe saw, and of what could not be looked for. */
  readonly aboutOthers?: readonly string[];
  /** Sidecar objects with a workload selector: their pods may see another mesh than the probe did. */
  readonly partialBy: readonly string[];
}

/** Judges what was observed. Pure; the same observations give the same evidence. */
export function judge(observed: Observed): Evidence {
  const { grant } = observed;
  const reaching = traceOf(observed, "reaches");
  const { ownTraffic: own } = observed;
  const byProbe = judgeReaches(grant, reaching, observed.others);
  const isByOwn = own !== undefined && byProbe.verdict === "unknown";
  const reaches = isByOwn ? reachedByOwn(grant, own) : byProbe;
  const passage = isByOwn
    ? passedByOwn(own)
    : readable(observed, "through-the-gateway", {
        finding: wholeLogs(judgePassage(grant, reaching, observed.others), {
          cutLogs: observed.cutLogs ?? [],
          trace: reaching,
        }),
        sawItself: reaching === undefined,
      });
  const isOpen = reaches.verdict === "passed" && passage.verdict === "passed";
  const checks = [
    named(
      "reaches",
      readable(observed, "reaches", {
        finding: reaches,
        sawItself: isByOwn || reaching === undefined || sawAnswer(grant, reaching.try),
      }),
    ),
    named("through-the-gateway", passage),
    named(
      "right-source",
      readable(observed, "right-source", {
        finding: judgeSource(observed, { carried: isByOwn ? own : reaching?.gateway, passage }),
        sawItself: passage.verdict !== "passed",
      }),
    ),
    named("nothing-else", nothingElse(observed)),
    ...(grant.scope.serviceAccounts.length === 0
      ? []
      : [named("nobody-else", nobodyElse(observed, isOpen))]),
    named(
      "no-bypass",
      judgeBypass(grant, observed, {
        tried: lastTry(observed.noSidecarProbe, "no-bypass"),
        isReached: isOpen,
      }),
    ),
  ];
  const advisories = advisoriesOf(observed, checks);
  const guess = wrongGuess(grant.destination, reaching);
  return {
    checks,
    verdict: verdictOf(checks, advisories),
    advisories,
    ...(guess === undefined ? {} : { guess }),
  };
}

/** A finding of a log, as far as the log's format writes what the check needs. */
function readable(
  { grant: { destination }, missingFields: missing = [] }: Observed,
  check: CheckName,
  { finding, sawItself }: { readonly finding: Finding; readonly sawItself: boolean },
): Finding {
  return withinFormat(check, finding, { destination, missing, sawItself });
}

function nothingElse(observed: Observed): Finding {
  const trace = traceOf(observed, "nothing-else");
  return readable(observed, "nothing-else", {
    finding: judgeNothingElse(trace, {
      otherWays: observed.otherWays ?? [],
      sidecar: observed.outbound.sidecar,
    }),
    sawItself: trace === undefined || trace.try.exit === TIMED_OUT,
  });
}

function nobodyElse(observed: Observed, isOpen: boolean): Finding {
  const { grant, otherGrantedBy: grantedBy = [] } = observed;
  const other = otherTrace(observed);
  return readable(observed, "nobody-else", {
    finding: judgeNobodyElse(grant, { other, isOpen, grantedBy }),
    sawItself: other === undefined || grantedBy.length > 0 || sawAnswer(grant, other.try),
  });
}

/** Where the connection was seen that `reaches` and `through-the-gateway` are judged by. */
export function carriedBy(observed: Observed): GatewayLine | undefined {
  return observed.ownTraffic ?? traceOf(observed, "reaches")?.gateway;
}

function traceOf(observed: Observed, attempt: string): Trace | undefined {
  const tried = lastTry(observed.probe, attempt);
  return tried === undefined
    ? undefined
    : traceTry(tried, observed.sidecarLog, observed.gatewayLogs);
}

function otherTrace(observed: Observed): Trace | undefined {
  const tried = lastTry(observed.otherAccountProbe, "nobody-else");
  return tried === undefined
    ? undefined
    : traceTry(tried, observed.otherAccountSidecarLog ?? [], observed.gatewayLogs);
}

function verdictOf(checks: readonly Check[], advisories: readonly string[]): Evidence["verdict"] {
  const isProven = checks.every(
    ({ name, verdict }) => !NEEDED_CHECKS.includes(name) || verdict === "passed",
  );
  if (!isProven) return "unproven";
  return advisories.length === 0 ? "enforced" : "advisory";
}

const MOST_WAYS = 5;

function advisoriesOf(
  { outbound, grant, partialBy, aboutOthers = [], waysBehindOurs = [] }: Observed,
  checks: readonly Check[],
): readonly string[] {
  const allowsAny = outbound.mode === "ALLOW_ANY";
  // Where the mesh or a Sidecar lets everything out, that says all there is to say about hosts without a grant.
  const open = checks.filter(
    ({ name, verdict }) =>
      !NEEDED_CHECKS.includes(name) &&
      verdict !== "passed" &&
      !(allowsAny && name === "nothing-else"),
  );
  return [
    ...(allowsAny
      ? [
          `${whoLetsOut(outbound.sidecar)} lets everything else out (ALLOW_ANY), and a revoke does not block: ${howToClose(outbound.sidecar)}`,
        ]
      : []),
    ...(partialBy.length === 0
      ? []
      : [
          `pods selected by ${partialBy.length === 1 ? "the Sidecar object" : "the Sidecar objects"} ${partialBy.join(", ")} may meet other rules than the probe did; look at what these select`,
        ]),
    ...aboutOthers,
    ...(waysBehindOurs.length === 0
      ? []
      : [
          `when this grant ends, ${endpoint(grant.destination)} is open to the namespace again: ${someOf(waysBehindOurs, MOST_WAYS)}`,
        ]),
    ...open.map(({ explanation }) => explanation),
  ];
}
