import type { Cluster } from "#src/domain/directory.ts";
import { gatewayConfigurationName, gatewayConfigurationRef } from "#src/domain/directory.ts";
import type { LogFormat } from "#src/domain/evidence/log/log-format.ts";
import {
  alsoLetting,
  grantedAccount,
  otherAccount,
  probedGrant,
} from "#src/domain/evidence/probe/probed-grant.ts";
import { suspectsText } from "#src/domain/evidence/blame.ts";
import { type Evidence, type Observed } from "#src/domain/evidence/judge.ts";
import type { NetworkInput } from "#src/domain/evidence/guards/network.ts";
import { probeLabels } from "#src/domain/evidence/probe/probe-labels.ts";
import { probeAttempts } from "#src/domain/evidence/probe/probe-attempts.ts";
import { askedAs, probedName } from "#src/domain/evidence/probe/probed-name.ts";
import { revisionsToProve, type Run } from "#src/domain/upgrades/each-revision.ts";
import { ownTrafficOf } from "#src/domain/evidence/own-traffic.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { StoredEvidence } from "#src/domain/request/stored-evidence.ts";
import { aboutOthers, othersOnTheWay } from "#src/domain/plan/others/others-on-the-way.ts";
import { type WayOut, waysTo, wayText } from "#src/domain/plan/ways-out/ways-out.ts";
import { egressIpPrefixOf } from "#src/requests/observe/gateways/gateway-states.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { type Guards, observeGuards } from "./observe-guards.ts";
import { objectsInTheWay, observeAdoption } from "./others-in-the-way.ts";
import { provenForEach } from "./passage/each-revision.ts";
import { judgedByOwn } from "./passage/own-traffic.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import {
  logsFrom,
  lookAround,
  type ProbeRun,
  readGateway,
  run,
  type Surroundings,
} from "./probe-run.ts";
import { observeOutbound } from "#src/requests/observe/mesh/outbound.ts";
import { observeOthers } from "#src/requests/observe/others.ts";
import { observeSurroundings } from "#src/requests/observe/surroundings.ts";

/** Those that are used, and those that lead to the grant's own destination and are used again when it ends. */
function splitWays(
  { destination }: Grant,
  ways: readonly WayOut[],
): Pick<Observed, "otherWays" | "waysBehindOurs"> {
  const [used = [], behind = []] = [false, true].map((isBehind) =>
    ways.filter(({ isBehindOurs }) => isBehindOurs === isBehind),
  );
  return {
    otherWays: used.map(wayText),
    waysBehindOurs: waysTo(destination, behind).map(wayText),
  };
}

/** Says with the first check what the probe alone cannot see. */
function explained(evidence: Evidence, clauses: readonly (string | undefined)[]): Evidence {
  const more = clauses.filter((clause) => clause !== undefined).join("; ");
  if (more === "") return evidence;
  return {
    ...evidence,
    checks: evidence.checks.map((check) =>
      check.name === "reaches" ? { ...check, explanation: `${check.explanation}; ${more}` } : check,
    ),
  };
}

/** Why a probe says nothing, for people; undefined where it does. */
function problemText(probed: ProbeRun | undefined, which = "the probe"): string | undefined {
  return probed?.problem === undefined
    ? undefined
    : `${which} could not run in the namespace: ${probed.problem}`;
}

export interface EvidenceTarget {
  readonly cluster: Cluster;
  readonly grant: Grant;
  /** Every grant that is open in the cluster. */
  readonly live: readonly Grant[];
}

interface OpenTarget extends EvidenceTarget {
  /** What the destination's name resolves to. */
  readonly addresses: readonly string[];
  /** When the grant was admitted. Epoch ms. */
  readonly admittedAt: number;
}

export type Proof = Evidence & Pick<StoredEvidence, "egressIpPrefix" | "others" | "revisions">;

/** Runs the probes of one grant and gathers what the judgement needs; the judgement itself is pure. */
export async function collectEvidence(
  ports: LanePorts,
  { cluster, grant, live, admittedAt, addresses }: OpenTarget,
): Promise<Proof> {
  const mesh = await ports.meshOf(cluster.name);
  const around = await lookAround(ports, mesh, { cluster, grant });
  const { since, facts, formats } = around;
  const egressIpPrefix = egressIpPrefixOf(await mesh.get(gatewayConfigurationRef(grant.gateway)));
  const surroundings = await observeSurroundings(mesh, grant, facts === undefined ? [] : [facts]);
  const way = { way: grant, surroundings, instance: ports.instance };
  const asked = askedBare(ports, grant, addresses);
  const guards = await observeGuards(mesh, grant.scope.namespace, { surroundings, asked });
  const { granted, other, bare } = await runProbes(ports, { grant, live, guards, formats });
  const logged = [...granted.sidecarLog, ...(other?.sidecarLog ?? [])];
  const { pods, logs, cut } = await readGateway(mesh, around, {
    since,
    formats,
    sidecarLog: logged,
  });
  const others = othersOnTheWay(way);
  const { ways, digest } = await observeOthers(ports, mesh, grant.scope.namespace);
  const observed: Observed = {
    ...ofGrant(grant, live),
    ...ofProbes(granted, other, bare),
    ...guards,
    missingFields: formats.flatMap(({ missing }) => missing),
    gatewayLogs: logs,
    cutLogs: cut,
    gatewayPods: pods,
    egressIpPrefix,
    outbound: await observeOutbound(mesh, grant.scope.namespace),
    ...splitWays(grant, ways),
    others,
    aboutOthers: aboutOthers(way),
  };
  const evidence = await judged(ports, mesh, { grant, live, admittedAt, around, observed });
  const clauses = [
    askedAs(probedName(grant, live)),
    problemText(granted) ?? (await objectsInTheWay(ports, mesh, { cluster, grant, evidence })),
    problemText(other, "the probe of another account"),
    problemText(bare, "the probe without sidecar"),
    granted.output === undefined ? suspectsText(others) : undefined,
  ];
  return {
    ...explained(evidence, clauses),
    ...(await observeAdoption(ports, mesh, { grant, live, evidence })),
    egressIpPrefix,
    others: digest,
    revisions: revisionsToProve(around.deployments),
  };
}

/** As often as it takes until each mesh revision of the gateway was seen to carry it. */
async function judged(
  ports: LanePorts,
  mesh: Mesh,
  {
    grant,
    live,
    admittedAt,
    around,
    observed,
  }: Pick<OpenTarget, "grant" | "live" | "admittedAt"> & {
    readonly around: Surroundings;
    readonly observed: Observed;
  },
): Promise<Evidence> {
  function judgedRun(seen: Observed): Promise<Run> {
    return judgedByOwn(ports, mesh, {
      observed: seen,
      namespace: grant.gateway.namespace,
      wish: ownTrafficOf(grant, live),
      admittedAt,
      formats: around.formats,
    });
  }
  return provenForEach(revisionsToProve(around.deployments), {
    first: await judgedRun(observed),
    async again() {
      const next = await runAgain(ports, mesh, { grant, live, around });
      // Of the other account's probe the first logs tell.
      const gatewayLogs = [...observed.gatewayLogs, ...(next?.gatewayLogs ?? [])];
      return next && judgedRun({ ...observed, ...next, gatewayLogs });
    },
    ofOwn(revision) {
      const gatewayPods = observed.gatewayPods.filter((pod) => pod.revision === revision);
      return judgedRun({ ...observed, gatewayPods });
    },
  });
}

function ofGrant(
  grant: Grant,
  live: readonly Grant[],
): Pick<Observed, "grant" | "otherGrantedBy" | "gatewayConfiguration"> {
  const outsider = otherAccount(grant.scope);
  const letting = outsider === undefined ? [] : alsoLetting(grant, live, outsider);
  return {
    grant: probedGrant(grant, live),
    otherGrantedBy: letting.map(({ id }) => id),
    gatewayConfiguration: gatewayConfigurationName(grant.gateway),
  };
}

function ofProbes(granted: ProbeRun, other: ProbeRun | undefined, bare: ProbeRun | undefined) {
  return {
    probe: granted.output,
    sidecarLog: granted.sidecarLog,
    otherAccountProbe: other?.output,
    otherAccountSidecarLog: other?.sidecarLog,
    noSidecarProbe: bare?.output,
  } satisfies Partial<Observed>;
}

/** What the pod without sidecar asks for. */
function askedBare(
  { instance }: Pick<LanePorts, "instance">,
  { destination }: Grant,
  addresses: readonly string[],
): NetworkInput["asked"] {
  return {
    labels: probeLabels(instance, { sidecar: false }),
    addresses,
    port: destination.port,
  };
}

async function runProbes(
  ports: LanePorts,
  {
    grant,
    live,
    guards,
    formats,
  }: {
    readonly grant: Grant;
    readonly live: readonly Grant[];
    readonly guards: Guards;
    readonly formats: readonly LogFormat[];
  },
): Promise<{
  readonly granted: ProbeRun;
  readonly other: ProbeRun | undefined;
  readonly bare: ProbeRun | undefined;
}> {
  const attempts = probeAttempts(grant, live);
  const account = grantedAccount(grant.scope);
  const outsider = otherAccount(grant.scope);
  const granted = await runGranted(ports, { grant, live, formats });
  const guarded = guards.network.kind !== "none" && guards.admission.kind === "denied";
  // What is refused says something once the granted account gets through; of each other these two need nothing.
  const [other, bare] = await Promise.all([
    outsider === undefined
      ? undefined
      : run(ports, grant, {
          ...ONCE,
          formats,
          part: "other",
          serviceAccount: outsider,
          sidecar: true,
          attempts: attempts.otherAccount,
        }),
    guarded
      ? run(ports, grant, {
          ...ONCE,
          formats,
          part: "bypass",
          serviceAccount: account,
          sidecar: false,
          attempts: attempts.noSidecar,
        })
      : undefined,
  ]);
  return { granted, other, bare };
}

function runGranted(
  ports: LanePorts,
  { grant, live, formats }: Pick<EvidenceTarget, "grant" | "live"> & Pick<Surroundings, "formats">,
): Promise<ProbeRun> {
  return run(ports, grant, {
    formats,
    part: "granted",
    serviceAccount: grantedAccount(grant.scope),
    sidecar: true,
    attempts: probeAttempts(grant, live).granted,
    retrySeconds: Math.ceil(ports.timing.probeRetryMs / 1000),
  });
}

/** What the granted account's probe shows once more; undefined where it could not run. */
async function runAgain(
  ports: LanePorts,
  mesh: Mesh,
  {
    grant,
    live,
    around,
  }: Pick<EvidenceTarget, "grant" | "live"> & { readonly around: Surroundings },
): Promise<
  Pick<Observed, "probe" | "sidecarLog" | "gatewayPods" | "gatewayLogs" | "cutLogs"> | undefined
> {
  const since = logsFrom(ports, mesh);
  const { output, sidecarLog } = await runGranted(ports, { grant, live, formats: around.formats });
  if (output === undefined) return undefined;
  const { pods, logs, cut } = await readGateway(mesh, around, { ...around, since, sidecarLog });
  return { probe: output, sidecarLog, gatewayPods: pods, gatewayLogs: logs, cutLogs: cut };
}

const ONCE = { retrySeconds: 0 } as const;
