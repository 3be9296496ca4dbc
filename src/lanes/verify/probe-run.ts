import { createHash } from "node:crypto";
import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import { GatewayReader } from "#src/domain/evidence/log/gateway-reader.ts";
import { type LogFormat, parseAccessLog } from "#src/domain/evidence/log/log-format.ts";
import { parseProbeOutput, type ProbeOutput } from "#src/domain/evidence/probe/probe-output.ts";
import type { GatewayPod } from "#src/domain/evidence/right-source.ts";
import type { Cluster } from "#src/domain/directory.ts";
import type { RevisionPods } from "#src/domain/gateways/seen-gateway.ts";
import { gatewayKey, type GatewayFacts, type Grant } from "#src/domain/grant.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { ProbePod } from "#src/ports/cluster/prober.ts";
import { knownGateways } from "#src/requests/observe/gateways/gateway-facts.ts";
import { gatewayPods } from "#src/requests/observe/gateways/observe-gateway.ts";
import { observeFormatsInForce } from "#src/requests/observe/mesh/log-formats.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

/** Clocks of nodes differ a little: logs are read from a little before the probe. */
const CLOCK_SKEW_MS = 10_000;

/** What a probe is judged beside. */
export interface Surroundings {
  /** From when on logs are read. */
  readonly since: Date;
  /** The grant's gateway, where it is known. */
  readonly facts: GatewayFacts | undefined;
  /** Of each mesh revision that it has a Deployment of. */
  readonly deployments: readonly RevisionPods[];
  readonly formats: readonly LogFormat[];
}

export async function lookAround(
  ports: LanePorts,
  mesh: Mesh,
  { cluster, grant }: { readonly cluster: Cluster; readonly grant: Grant },
): Promise<Surroundings> {
  const since = logsFrom(ports, mesh);
  const { facts, gateways } = await knownGateways(ports, mesh, cluster);
  const key = gatewayKey(grant.gateway);
  return {
    since,
    facts: facts.find(({ ref }) => gatewayKey(ref) === key),
    deployments: gateways.find(({ gateway }) => gateway === key)?.pods ?? [],
    formats: await observeFormatsInForce(mesh, {
      instance: ports.instance,
      namespaces: [grant.gateway.namespace, grant.scope.namespace],
    }),
  };
}

export function logsFrom({ clock }: Pick<LanePorts, "clock">, mesh: Mesh): Date {
  return new Date((mesh.serverTime() ?? clock.now()) - CLOCK_SKEW_MS);
}

export interface ProbeRun {
  readonly output: ProbeOutput | undefined;
  readonly problem: string | undefined;
  readonly sidecarLog: readonly AccessLogLine[];
}

export type ProbeWish = Omit<ProbePod, "cluster" | "namespace" | "of"> & {
  /** In which its sidecar may log. */
  readonly formats: readonly LogFormat[];
};

export async function run(
  ports: Pick<LanePorts, "prober">,
  grant: Grant,
  { formats, ...wish }: ProbeWish,
): Promise<ProbeRun> {
  const result = await ports.prober.run({
    ...wish,
    cluster: grant.cluster,
    namespace: grant.scope.namespace,
    of: createHash("sha256").update(grant.id).digest("hex").slice(0, 10),
  });
  if (result.kind === "could-not-run")
    return { output: undefined, problem: result.why, sidecarLog: [] };
  return {
    output: parseProbeOutput(result.output),
    problem: undefined,
    sidecarLog: parseAccessLog(result.sidecarLog, formats),
  };
}

export async function readGateway(
  mesh: Mesh,
  { facts, deployments }: Pick<Surroundings, "facts" | "deployments">,
  {
    since,
    formats,
    sidecarLog,
  }: {
    readonly since: Date;
    readonly formats: readonly LogFormat[];
    /** What the probes' sidecars logged: lines of their connections are looked for. */
    readonly sidecarLog: readonly AccessLogLine[];
  },
): Promise<{
  readonly pods: readonly GatewayPod[];
  readonly logs: readonly { readonly pod: string; readonly lines: readonly AccessLogLine[] }[];
  /** Pods whose log took too long to be read. */
  readonly cut: readonly string[];
}> {
  if (facts === undefined) return { pods: [], logs: [], cut: [] };
  const pods = await gatewayPods(mesh, facts, deployments);
  const logs: { readonly pod: string; readonly lines: readonly AccessLogLine[] }[] = [];
  const cut: string[] = [];
  const reader = new GatewayReader(sidecarLog, formats);
  for (const { name } of pods) {
    if (reader.isDone()) break;
    const { lines, isWhole } = await mesh.podLog(
      { namespace: facts.ref.namespace, pod: name, container: "istio-proxy" },
      { since, take: (line) => reader.take(line) },
    );
    logs.push({ pod: name, lines: parseAccessLog(lines, formats) });
    if (!isWhole) cut.push(name);
  }
  return { pods, logs, cut };
}
