import { stringify } from "yaml";
import { alreadyGranted, partlyGranted } from "#src/domain/plan/already-granted.ts";
import { compile } from "#src/domain/compile/compile.ts";
import type { Cluster, ConfiguredGateway, Placement, Team } from "#src/domain/directory.ts";
import { endpoint, gatewayKey } from "#src/domain/grant.ts";
import { whyNotAsked } from "#src/domain/evidence/probe/probe-attempts.ts";
import { lackingForProof } from "#src/domain/evidence/log/needed-fields.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { allObstacles } from "#src/domain/plan/conflicts/all-obstacles.ts";
import { type Conflicts, findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { concernsTcp } from "#src/domain/plan/conflicts/tcp-port.ts";
import { grantDigest, planBasis, symbolicFacts } from "#src/domain/plan/grant-digest.ts";
import {
  clusterRefusal,
  gatewayRefusal,
  infrastructureSteps,
  type ObservedInfrastructure,
} from "#src/domain/plan/azure/infrastructure-steps.ts";
import { evaluatePolicy } from "#src/domain/approval/policy.ts";
import type { Asked, Plan, RequestRecord } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { mustTellTheTime } from "./tell-the-time.ts";
import { clusterRangeRefusal, resolvePublic } from "./observe/address-check.ts";
import { BLOCKED_WORDS, readGrants } from "./observe/cluster-grants.ts";
import { observeInfrastructure } from "./observe/gateways/gateway-states.ts";
import { clusterNamed, type LanePorts } from "./lane-ports.ts";
import { observeWorld } from "./observe/mesh-world.ts";
import { probeWarnings } from "./observe/probe-refusal.ts";
import { observeLogFormats } from "./observe/mesh/log-formats.ts";
import { observedWith } from "./observe/others.ts";
import { observeSurroundings } from "./observe/surroundings.ts";
import { observeTcp } from "./observe/mesh/tcp-surroundings.ts";

/** What a plan is made of: what was asked, and the id it will have. */
export type Planned = Pick<RequestRecord, "id" | "asked">;

/**
 * Everything that is checked and shown before anybody is asked, and checked again before anything is built: the name's
 * addresses, the cluster, the namespace, policy, what is already granted, conflicts, and the plan itself. Reads only.
 * `onSeen` is told the request of each open grant that was looked at for conflicts.
 */
export async function makePlan(
  ports: LanePorts,
  record: Planned,
  onSeen: (requestId: string) => void = () => {},
): Promise<Plan | Refusal> {
  const { asked } = record;
  const entry = directoryEntry(ports, asked);
  if (isRefusal(entry)) return entry;
  const addresses = await resolvePublic(ports, asked.destination);
  if (isRefusal(addresses)) return addresses;
  const mesh = await ports.meshOf(entry.cluster.name);
  const infrastructure = await observeInfrastructure(ports, mesh, entry.cluster);
  await mustTellTheTime(ports, entry.cluster.name, "planning");
  const unfit =
    clusterRefusal(entry.cluster, infrastructure.azure) ??
    gatewayRefusal(entry.gateway, infrastructure.azure) ??
    clusterRangeRefusal(asked.destination, addresses, infrastructure);
  if (unfit !== undefined) return unfit;
  const namespace = await mesh.get({ kind: "Namespace", name: asked.scope.namespace });
  const namespaceUid = namespace?.metadata.uid;
  if (namespaceUid === undefined) return namespaceMissing(asked);
  const conflicts = await conflictsOf(ports, mesh, { record, cluster: entry.cluster, onSeen });
  if (isRefusal(conflicts)) return conflicts;
  const unprovable: string[] = [];
  for (const grant of grantsAsked(record)) unprovable.push(...(await probeWarnings(ports, grant)));
  return assemble(ports, record, {
    ...entry,
    addresses,
    infrastructure,
    namespaceUid,
    warnings: [...conflicts.warnings, ...new Set(unprovable)],
    adoption: conflicts.adoption,
  });
}

interface Entry {
  readonly team: Team;
  readonly placement: Placement;
  readonly cluster: Cluster;
  readonly gateway: ConfiguredGateway;
}

/** The configuration may have changed since the request was made. */
function directoryEntry(ports: LanePorts, asked: Asked): Entry | Refusal {
  const team = ports.directory.teams.find(({ name }) => name === asked.team);
  const placement = team?.placements.find(
    ({ cluster, namespace }) => cluster === asked.cluster && namespace === asked.scope.namespace,
  );
  const cluster = clusterNamed(ports, asked.cluster);
  const gateway = cluster?.gateways.find(
    (candidate) => gatewayKey(candidate) === gatewayKey(asked.gateway),
  );
  if (
    team !== undefined &&
    placement !== undefined &&
    cluster !== undefined &&
    gateway !== undefined
  ) {
    return { team, placement, cluster, gateway };
  }
  return refuse("DirectoryChanged", {
    what: `egress to ${endpoint(asked.destination)} cannot be planned`,
    why: `team ${asked.team} no longer has namespace ${asked.scope.namespace} in cluster ${asked.cluster} with gateway ${gatewayKey(asked.gateway)}`,
    fix: "ask again; the configuration has changed since",
  });
}

function namespaceMissing(asked: Asked): Refusal {
  return refuse("NamespaceMissing", {
    what: `egress for team ${asked.team} was not planned`,
    why: `cluster ${asked.cluster} has no namespace ${asked.scope.namespace}`,
    fix: "create the namespace, then ask again",
  });
}

async function conflictsOf(
  ports: LanePorts,
  mesh: Mesh,
  {
    record,
    cluster,
    onSeen,
  }: {
    readonly record: Planned;
    readonly cluster: Cluster;
    readonly onSeen: (requestId: string) => void;
  },
): Promise<Pick<Conflicts, "warnings" | "adoption"> | Refusal> {
  const { open, blocked } = await readGrants(ports, mesh, cluster.name);
  if (blocked !== undefined)
    throw new RetryableError(`planning in cluster ${cluster.name}: ${BLOCKED_WORDS[blocked]}`);
  const held = open.filter(({ requestId }) => requestId !== record.id);
  for (const { requestId } of held) onSeen(requestId);
  const others = held.map(({ grant }) => grant);
  const ends = held.map(({ grant, activation }) => ({
    grant,
    endsAt: activation?.payload.endsAt,
  }));
  const granted = alreadyGranted(record.asked, ends);
  if (granted !== undefined) return granted;
  const world = await observeWorld(ports, mesh, cluster);
  const found = findConflicts({
    grants: grantsAsked(record),
    live: others,
    observed: {
      ...(await observedWith(mesh, world.objects)),
      surroundings: await observeSurroundings(mesh, record.asked, world.facts),
      ...(concernsTcp(record.asked, others)
        ? { tcp: await observeTcp(mesh, record.asked.scope.namespace) }
        : {}),
    },
    gateways: world.facts,
    namespaces: ports.directory.teams.flatMap(({ placements }) =>
      placements
        .filter((placement) => placement.cluster === cluster.name)
        .map(({ namespace, gateway }) => ({ namespace, gateway })),
    ),
    instance: ports.instance,
  });
  const obstacles = allObstacles(found.refusals);
  if (obstacles !== undefined) return obstacles;
  return {
    warnings: [
      ...partlyGranted(record.asked, ends),
      ...found.warnings,
      ...(await proofWarnings(mesh, record.asked)),
    ],
    adoption: found.adoption,
  };
}

/** Whoever approves has to know that nobody will see it work. */
async function proofWarnings(mesh: Mesh, { destination }: Asked): Promise<readonly string[]> {
  const why = whyNotAsked(destination);
  if (why !== undefined) return [`it would be open and stay unproven: ${why}`];
  const formats = await observeLogFormats(mesh);
  const lacking = lackingForProof(
    formats.flatMap(({ missing }) => missing),
    destination,
  );
  return lacking.length === 0
    ? []
    : [
        `the mesh's access log does not write ${lacking.join(", ")}: it would be open and stay unproven; add what is missing to accessLogFormat in istio-shared-configmap-<revision>, or leave that out for Istio's own format`,
      ];
}

interface Found extends Entry {
  readonly addresses: readonly string[];
  readonly infrastructure: ObservedInfrastructure;
  readonly namespaceUid: string;
  readonly warnings: readonly string[];
  readonly adoption: Conflicts["adoption"];
}

function assemble(ports: LanePorts, record: Planned, found: Found): Plan | Refusal {
  const { asked } = record;
  const verdict = evaluatePolicy(ports.policy, {
    ...asked.destination,
    team: asked.team,
    cluster: asked.cluster,
    requester: asked.by.userId,
    durationMs: asked.durationMs ?? asked.latestEnd - asked.at,
  });
  if (verdict.action.kind === "deny")
    return denied(asked, { rule: verdict.rule, reason: verdict.action.reason });
  const compiled = compile({
    instance: ports.instance,
    grants: grantsAsked(record),
    namespaces: [{ namespace: asked.scope.namespace, gateway: gatewayKey(asked.gateway) }],
    gateways: [symbolicFacts(asked.gateway)],
  });
  const basis = planBasis(asked, {
    clusterId: found.infrastructure.azure.id,
    namespaceUid: found.namespaceUid,
    rule: { name: verdict.rule, action: verdict.action },
    team: found.team,
    placement: found.placement,
  });
  return {
    madeAt: ports.clock.now(),
    grantDigest: grantDigest(basis, compiled),
    basis,
    namespaceUid: found.namespaceUid,
    steps: infrastructureSteps(found.cluster, found.gateway, found.infrastructure),
    objectCount: compiled.length,
    yaml: compiled
      .map(({ object }) => stringify(object, { aliasDuplicateObjects: false }))
      .join("---\n"),
    warnings: found.warnings,
    ...(found.adoption === undefined ? {} : { adoption: found.adoption }),
    rule: verdict.rule,
    approvers: verdict.action.approvers,
    addresses: found.addresses,
  };
}

function denied(
  asked: Asked,
  { rule, reason }: { readonly rule: string; readonly reason: string },
): Refusal {
  return refuse("DeniedByPolicy", {
    what: `${endpoint(asked.destination)} for team ${asked.team} is denied`,
    why: `policy rule "${rule}" says: ${reason}`,
    fix: "talk to the approvers if the rule should not cover this",
  });
}
