import { createHash } from "node:crypto";
import type { Cluster } from "#src/domain/directory.ts";
import { gatewayConfigurationName } from "#src/domain/directory.ts";
import { type AccessLogLine, parseAccessLog } from "#src/domain/evidence/access-log.ts";
import type { ProbedGrant } from "#src/domain/evidence/check.ts";
import { type Evidence, judge } from "#src/domain/evidence/judge.ts";
import { probeAttempts } from "#src/domain/evidence/probe-attempts.ts";
import { parseProbeOutput, type ProbeOutput } from "#src/domain/evidence/probe-output.ts";
import { doorName, routeName } from "#src/domain/compile/names.ts";
import { gatewayKey, type GatewayFacts, type Grant } from "#src/domain/grant.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import type { ProbePod } from "#src/ports/prober.ts";
import { findConflicts } from "#src/domain/plan/conflicts.ts";
import { knownGateways } from "#src/requests/observe/gateway-facts.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { observeWorld } from "#src/requests/observe/mesh-world.ts";
import { type Guards, observeGuards } from "./observe-guards.ts";
import {
  gatewayPods,
  type GatewayPod,
  observeMeshMode,
} from "#src/requests/observe/observe-gateway.ts";

/** Says with the first check what the probe alone cannot see. */
function explained(evidence: Evidence, more: string | undefined): Evidence {
  if (more === undefined) return evidence;
  return {
    ...evidence,
    checks: evidence.checks.map((check) =>
      check.name === "reaches" ? { ...check, explanation: `${check.explanation}; ${more}` } : check,
    ),
  };
}

/** Somebody else's objects that break a grant after it was planned, by name. */
async function objectsInTheWay(
  ports: LanePorts,
  mesh: Mesh,
  { cluster, grant }: EvidenceTarget,
): Promise<string | undefined> {
  const world = await observeWorld(ports, mesh, cluster);
  const { refusals } = findConflicts({
    grants: [grant],
    live: [],
    observed: { objects: world.objects, sidecars: await mesh.list("Sidecar") },
    gateways: world.facts,
    namespaces: [],
    instance: ports.instance,
  });
  return refusals.length === 0 ? undefined : refusals.map(({ why }) => why).join("; ");
}

/** What of a grant the logs are compared with. */
export function probedGrant({ destination, scope }: Grant): ProbedGrant {
  const door = { namespace: scope.namespace, destination };
  return {
    destination,
    scope,
    doorName: doorName(door),
    routeNames: [routeName(door, scope)],
  };
}

/** An account the grant does not name; every namespace has it. */
const OTHER_ACCOUNT = "default";

export interface EvidenceTarget {
  readonly cluster: Cluster;
  readonly grant: Grant;
}

/** Runs the probes of one grant and gathers what the judgement needs; the judgement itself is pure. */
export async function collectEvidence(
  ports: LanePorts,
  { cluster, grant }: EvidenceTarget,
): Promise<Evidence & { readonly egressIpPrefix: string | undefined }> {
  const mesh = await ports.meshOf(cluster.name);
  const since = new Date(ports.clock.now() - CLOCK_SKEW_MS);
  const { facts: gateways } = await knownGateways(ports.lanes, mesh, cluster);
  const facts = gateways.find(({ ref }) => gatewayKey(ref) === gatewayKey(grant.gateway));
  const egressIpPrefix = await prefixOf(mesh, grant);
  const guards = await observeGuards(mesh, grant.scope.namespace);
  const { granted, other, bare } = await runProbes(ports, grant, guards);
  const { pods, logs } = await readGateway(mesh, facts, since);
  const evidence = judge({
    grant: probedGrant(grant),
    probe: granted.output,
    sidecarLog: granted.sidecarLog,
    gatewayLogs: logs,
    gatewayPods: pods,
    gatewayConfiguration: gatewayConfigurationName(grant.gateway),
    egressIpPrefix,
    otherAccountProbe: other?.output,
    otherAccountSidecarLog: other?.sidecarLog,
    noSidecarProbe: bare?.output,
    networkPolicies: guards.networkPolicies,
    admissionPolicy: guards.admissionPolicy,
    meshMode: await observeMeshMode(mesh),
    partialBy: guards.partialBy,
  });
  const problem =
    granted.problem === undefined
      ? undefined
      : `the probe could not run in the namespace: ${granted.problem}`;
  const inTheWay =
    evidence.verdict === "unproven"
      ? await objectsInTheWay(ports, mesh, { cluster, grant })
      : undefined;
  return { ...explained(evidence, problem ?? inTheWay), egressIpPrefix };
}

async function runProbes(
  ports: LanePorts,
  grant: Grant,
  guards: Guards,
): Promise<{
  readonly granted: ProbeRun;
  readonly other: ProbeRun | undefined;
  readonly bare: ProbeRun | undefined;
}> {
  const attempts = probeAttempts(grant);
  const [account = OTHER_ACCOUNT] = grant.scope.serviceAccounts;
  const granted = await run(ports, grant, {
    suffix: "granted",
    serviceAccount: account,
    sidecar: true,
    attempts: attempts.granted,
    retrySeconds: Math.ceil(ports.timing.probeRetryMs / 1000),
  });
  const limited =
    grant.scope.serviceAccounts.length > 0 && !grant.scope.serviceAccounts.includes(OTHER_ACCOUNT);
  const other = limited
    ? await run(ports, grant, {
        ...ONCE,
        suffix: "other",
        serviceAccount: OTHER_ACCOUNT,
        sidecar: true,
        attempts: attempts.otherAccount,
      })
    : undefined;
  const guarded = guards.networkPolicies && guards.admissionPolicy;
  const bare = guarded
    ? await run(ports, grant, {
        ...ONCE,
        suffix: "bypass",
        serviceAccount: account,
        sidecar: false,
        attempts: attempts.noSidecar,
      })
    : undefined;
  return { granted, other, bare };
}

const ONCE = { retrySeconds: 0 } as const;

/** Clocks of nodes differ a little: logs are read from a little before the probe. */
const CLOCK_SKEW_MS = 30_000;

export interface ProbeRun {
  readonly output: ProbeOutput | undefined;
  readonly problem: string | undefined;
  readonly sidecarLog: readonly AccessLogLine[];
}

export type ProbeWish = Omit<ProbePod, "cluster" | "namespace" | "name"> & {
  readonly suffix: string;
};

export async function run(
  ports: Pick<LanePorts, "prober">,
  grant: Grant,
  { suffix, ...wish }: ProbeWish,
): Promise<ProbeRun> {
  const result = await ports.prober.run({
    ...wish,
    cluster: grant.cluster,
    namespace: grant.scope.namespace,
    name: `sallyport-probe-${createHash("sha256").update(grant.id).digest("hex").slice(0, 10)}-${suffix}`,
  });
  if (result.kind === "could-not-run")
    return { output: undefined, problem: result.why, sidecarLog: [] };
  return {
    output: parseProbeOutput(result.output),
    problem: undefined,
    sidecarLog: parseAccessLog(result.sidecarLog),
  };
}

export async function readGateway(
  mesh: Mesh,
  facts: GatewayFacts | undefined,
  since: Date,
): Promise<{
  readonly pods: readonly GatewayPod[];
  readonly logs: readonly { readonly pod: string; readonly lines: readonly AccessLogLine[] }[];
}> {
  if (facts === undefined) return { pods: [], logs: [] };
  const pods = await gatewayPods(mesh, facts);
  const logs: { readonly pod: string; readonly lines: readonly AccessLogLine[] }[] = [];
  for (const { name } of pods) {
    const lines = await mesh.podLog(
      { namespace: facts.ref.namespace, pod: name, container: "istio-proxy" },
      since,
    );
    logs.push({ pod: name, lines: parseAccessLog(lines) });
  }
  return { pods, logs };
}

async function prefixOf(mesh: Mesh, { gateway }: Grant): Promise<string | undefined> {
  const configuration = await mesh.get({
    kind: "StaticGatewayConfiguration",
    namespace: gateway.namespace,
    name: gatewayConfigurationName(gateway),
  });
  const prefix = configuration?.status?.["egressIpPrefix"];
  return typeof prefix === "string" && prefix !== "" ? prefix : undefined;
}
