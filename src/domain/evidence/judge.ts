import type { Scope } from "../grant.ts";
import type { AccessLogLine } from "./access-log.ts";
import { type BypassFacts, judgeBypass } from "./bypass.ts";
import type { Check, CheckName, Evidence, GatewayLog, MeshMode, ProbedGrant } from "./check.ts";
import { type Finding, named, notRun } from "./finding.ts";
import { judgePassage, judgeReaches } from "./passage.ts";
import { lastTry, type ProbeOutput } from "./probe-output.ts";
import { judgeNobodyElse, judgeNothingElse } from "./refusal-checks.ts";
import { judgeSource, type SourceFacts } from "./right-source.ts";
import { type Trace, traceTry } from "./trace.ts";

export type { Check, Evidence } from "./check.ts";
export { judgeRemoval, type RemovalInput } from "./judge-removal.ts";

/** All that was observed for one grant; what could not be had is undefined or empty, and makes `unknown`, not `failed`. */
export interface EvidenceInput extends ProbedGrant, SourceFacts, BypassFacts {
  readonly scope: Scope;
  /** With sidecar, under a granted account: attempts `reaches` and `nothing-else`. */
  readonly probe: ProbeOutput | undefined;
  /** Why `probe` could not run. */
  readonly probeProblem?: string;
  readonly sidecarLog: readonly AccessLogLine[];
  /** Of every pod of the gateway: its lines are spread over them. */
  readonly gatewayLogs: readonly GatewayLog[];
  /** With sidecar, under another account: attempt `nobody-else`. Only for scopes of service accounts. */
  readonly otherAccount:
    | { readonly probe: ProbeOutput; readonly sidecarLog: readonly AccessLogLine[] }
    | undefined;
  /** Attempt `no-bypass`. */
  readonly withoutSidecar: ProbeOutput | undefined;
  readonly meshMode: MeshMode;
  /** Sidecar objects with a workload selector: their pods may see another mesh than the probe did. */
  readonly partialBy: readonly string[];
}

const NEEDED: readonly CheckName[] = ["reaches", "through-the-gateway", "right-source"];

/** Judges what was observed. Pure; the same observations give the same evidence. */
export function judge(input: EvidenceInput): Evidence {
  const reaching = traceOf(input, "reaches");
  const reaches = judgeReaches(input, reaching);
  const passage = judgePassage(input, reaching);
  const isOpen = reaches.verdict === "passed" && passage.verdict === "passed";
  const nothingElse = traceOf(input, "nothing-else");
  const checks = [
    named("reaches", orNotRun(input, reaching, reaches)),
    named("through-the-gateway", orNotRun(input, reaching, passage)),
    named("right-source", judgeSource(input, { trace: reaching, passage })),
    named("nothing-else", orNotRun(input, nothingElse, judgeNothingElse(nothingElse))),
    ...nobodyElse(input, isOpen),
    named("no-bypass", judgeBypass(input, input, lastTry(input.withoutSidecar, "no-bypass"))),
  ];
  const advisories = advisoriesOf(input, checks);
  return { checks, verdict: verdictOf(checks, advisories), advisories };
}

function nobodyElse(input: EvidenceInput, isOpen: boolean): readonly Check[] {
  if (input.scope.serviceAccounts.length === 0) return [];
  const { otherAccount, gatewayLogs } = input;
  const tried = lastTry(otherAccount?.probe, "nobody-else");
  const other =
    tried === undefined ? undefined : traceTry(tried, otherAccount?.sidecarLog ?? [], gatewayLogs);
  return [named("nobody-else", judgeNobodyElse(input, { other, isOpen }))];
}

function traceOf(input: EvidenceInput, attempt: string): Trace | undefined {
  const tried = lastTry(input.probe, attempt);
  return tried === undefined ? undefined : traceTry(tried, input.sidecarLog, input.gatewayLogs);
}

function orNotRun(
  { probeProblem }: EvidenceInput,
  trace: Trace | undefined,
  finding: Finding,
): Finding {
  return trace === undefined && probeProblem !== undefined ? notRun(probeProblem) : finding;
}

function verdictOf(checks: readonly Check[], advisories: readonly string[]): Evidence["verdict"] {
  const isProven = checks.every(
    ({ name, verdict }) => !NEEDED.includes(name) || verdict === "passed",
  );
  if (!isProven) return "unproven";
  return advisories.length === 0 ? "enforced" : "advisory";
}

function advisoriesOf(
  { meshMode, partialBy }: EvidenceInput,
  checks: readonly Check[],
): readonly string[] {
  const allowsAny = meshMode === "ALLOW_ANY";
  // In a mesh that lets everything out, that says all there is to say about hosts without a grant.
  const open = checks.filter(
    ({ name, verdict }) =>
      !NEEDED.includes(name) && verdict !== "passed" && !(allowsAny && name === "nothing-else"),
  );
  return [
    ...(allowsAny
      ? [
          "the mesh lets everything else out (ALLOW_ANY): set outboundTrafficPolicy REGISTRY_ONLY, until then hosts without a grant leave directly and a revoke does not block",
        ]
      : []),
    ...(partialBy.length === 0
      ? []
      : [
          `pods selected by ${partialBy.length === 1 ? "the Sidecar object" : "the Sidecar objects"} ${partialBy.join(", ")} may meet other rules than the probe did: look at what ${partialBy.length === 1 ? "it selects" : "they select"}`,
        ]),
    ...open.map(({ explanation }) => explanation),
  ];
}
