import type { Evidence } from "#src/domain/evidence/check.ts";
import { judgeRemoval } from "#src/domain/evidence/removal/judge-removal.ts";
import { removalAttempts } from "#src/domain/evidence/probe/probe-attempts.ts";
import { ownDoorObjects, probedGrant } from "#src/domain/evidence/probe/probed-grant.ts";
import { howAsked, removalProbe } from "#src/domain/evidence/removal/removal-probe.ts";
import { heldLine, ownObjects } from "#src/domain/evidence/removal/held-object.ts";
import type { ObjectRef } from "#src/domain/kubernetes-object.ts";
import { othersOnTheWay } from "#src/domain/plan/others/others-on-the-way.ts";
import { waysTo, wayText } from "#src/domain/plan/ways-out/ways-out.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { EvidenceTarget } from "./collect-evidence.ts";
import { lookAround, readGateway, run } from "./probe-run.ts";
import { observeWaysOut } from "#src/requests/observe/others.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { observeOutbound } from "#src/requests/observe/mesh/outbound.ts";
import { observeSurroundings } from "#src/requests/observe/surroundings.ts";

/** Proves that what ended is refused: from the team's own namespace, under the account that was granted. */
export async function collectRemoval(
  ports: LanePorts,
  { cluster, grant, live }: EvidenceTarget,
): Promise<Evidence & { readonly held: readonly string[] }> {
  const mesh = await ports.meshOf(cluster.name);
  const around = await lookAround(ports, mesh, { cluster, grant });
  const { since, facts, formats } = around;
  const looked = removalProbe(grant, live);
  const probe = await run(ports, grant, {
    part: "removed",
    formats,
    serviceAccount: looked.account,
    sidecar: true,
    attempts: removalAttempts(looked),
    // New connections are refused within seconds of the change; until then the probe asks again.
    retrySeconds: Math.ceil(ports.timing.probeRetryMs / 1000),
  });
  const { logs, cut } = await readGateway(mesh, around, {
    since,
    formats,
    sidecarLog: probe.sidecarLog,
  });
  const surroundings = await observeSurroundings(mesh, grant, facts === undefined ? [] : [facts]);
  const held = await heldObjects(
    mesh,
    ownObjects(grant, live, {
      gateways: facts === undefined ? [] : [facts],
      instance: ports.instance,
    }),
  );
  const evidence = judgeRemoval({
    grant: probedGrant(grant, live),
    probe: probe.output,
    sidecarLog: probe.sidecarLog,
    gatewayLogs: logs,
    outbound: await observeOutbound(mesh, grant.scope.namespace),
    stillThere: await stillThere(mesh, grant, live),
    held,
    otherWays: waysTo(
      grant.destination,
      await observeWaysOut(ports, mesh, grant.scope.namespace),
    ).map(wayText),
    missingFields: formats.flatMap(({ missing }) => missing),
    stillGrantedBy: looked.stillGrantedBy,
    keptOpenBy: looked.keptOpenBy,
    howAsked: howAsked(looked),
    problem: probe.problem,
    cutLogs: cut,
    others: othersOnTheWay({ way: grant, surroundings, instance: ports.instance }),
  });
  return { ...evidence, held };
}

/** Asked for one by one: a watch may not have heard yet that one is gone. */
async function heldObjects(mesh: Mesh, refs: readonly ObjectRef[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const ref of refs) {
    const object = await mesh.get(ref);
    const line = object === undefined ? undefined : heldLine(object);
    if (line !== undefined) found.push(line);
  }
  return found;
}

/** By name: whatever their labels say, they open the door. */
async function stillThere(
  mesh: Mesh,
  grant: Grant,
  live: readonly Grant[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const ref of ownDoorObjects(grant, live))
    if ((await mesh.get(ref)) !== undefined)
      found.push(`${ref.kind} ${ref.namespace ?? ""}/${ref.name}`);
  return found;
}
