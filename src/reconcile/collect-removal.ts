import { type Evidence, judgeRemoval } from "#src/domain/evidence/judge.ts";
import { removalAttempts } from "#src/domain/evidence/probe-attempts.ts";
import { doorName, routeName } from "#src/domain/compile/names.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { type EvidenceTarget, readGateway, run } from "./collect-evidence.ts";
import { knownGateways } from "./gateway-facts.ts";
import type { LanePorts } from "./lane-ports.ts";
import { observeMeshMode } from "./observe-gateway.ts";

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
    attempts: removalAttempts(grant.destination),
    retrySeconds: 0,
  });
  const { logs } = await readGateway(mesh, facts, since);
  const door = { namespace: grant.scope.namespace, destination: grant.destination };
  return judgeRemoval({
    destination: grant.destination,
    doorName: doorName(door),
    routeNames: [routeName(door, grant.scope)],
    probe: probe.output,
    ...(probe.problem === undefined ? {} : { probeProblem: probe.problem }),
    sidecarLog: probe.sidecarLog,
    gatewayLogs: logs,
    meshMode: await observeMeshMode(mesh),
  });
}
