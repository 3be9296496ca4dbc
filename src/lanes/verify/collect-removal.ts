import type { Evidence } from "#src/domain/evidence/check.ts";
import { judgeRemoval } from "#src/domain/evidence/judge-removal.ts";
import { removalAttempts } from "#src/domain/evidence/probe-attempts.ts";
import { sameJson } from "#src/domain/canonical.ts";
import { gatewayKey, type Grant } from "#src/domain/grant.ts";
import { readGrants } from "#src/requests/observe/cluster-grants.ts";
import { type EvidenceTarget, probedGrant, readGateway, run } from "./collect-evidence.ts";
import { knownGateways } from "#src/requests/observe/gateway-facts.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { observeMeshMode } from "#src/requests/observe/observe-gateway.ts";

/** Proves that what ended is refused: from the team's own namespace, under the account that was granted. */
export async function collectRemoval(
  ports: LanePorts,
  { cluster, grant }: EvidenceTarget,
): Promise<Evidence> {
  const mesh = await ports.meshOf(cluster.name);
  const since = new Date(ports.clock.now() - 30_000);
  const { facts: gateways } = await knownGateways(ports.lanes, mesh, cluster);
  const facts = gateways.find(({ ref }) => gatewayKey(ref) === gatewayKey(grant.gateway));
  const [serviceAccount = "default"] = grant.scope.serviceAccounts;
  const probe = await run(ports, grant, {
    suffix: "removed",
    serviceAccount,
    sidecar: true,
    attempts: removalAttempts(grant),
    // New connections are refused within seconds of the change; until then the probe asks again.
    retrySeconds: Math.ceil(ports.timing.probeRetryMs / 1000),
  });
  const { logs } = await readGateway(mesh, facts, since);
  return judgeRemoval({
    grant: probedGrant(grant),
    probe: probe.output,
    sidecarLog: probe.sidecarLog,
    gatewayLogs: logs,
    meshMode: await observeMeshMode(mesh),
    stillGrantedBy: await stillGranting(ports, cluster.name, grant),
  });
}

/** Other live grants that allow the same door to one of the same accounts. */
async function stillGranting(
  ports: LanePorts,
  cluster: string,
  grant: Grant,
): Promise<readonly string[]> {
  const { open } = await readGrants(ports, await ports.meshOf(cluster), cluster);
  return open
    .map((each) => each.grant)
    .filter(
      ({ id, scope, destination }) =>
        id !== grant.id &&
        scope.namespace === grant.scope.namespace &&
        sameJson(destination, grant.destination) &&
        sharesAccount(scope.serviceAccounts, grant.scope.serviceAccounts),
    )
    .map(({ id }) => id);
}

function sharesAccount(one: readonly string[], other: readonly string[]): boolean {
  return one.length === 0 || other.length === 0 || one.some((account) => other.includes(account));
}
