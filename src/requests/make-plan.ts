import { stringify } from "yaml";
import {
  decidedBy,
  deniedBy,
  nobodyForAll,
  verdictsOf,
} from "#src/domain/approval/policy-of-all.ts";
import { compile } from "#src/domain/compile/compile.ts";
import type { Cluster, ConfiguredGateway, Placement, Team } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import type { Conflicting } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { grantDigest, planBasis, symbolicFacts } from "#src/domain/plan/grant-digest.ts";
import {
  clusterRefusal,
  gatewayRefusal,
  type ObservedInfrastructure,
} from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { PolicyVerdict } from "#src/domain/approval/policy.ts";
import type { Asked, GivenBefore, Plan, PlannedDestination } from "#src/domain/request/request.ts";
import { Obstacles } from "#src/domain/plan/several/obstacles.ts";
import { saidOfEach } from "#src/domain/plan/several/said-of-each.ts";
import { askedText, destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { mustTellTheTime } from "./tell-the-time.ts";
import { clusterRangeRefusal, resolvePublic } from "./observe/address-check.ts";
import { roomFor } from "./observe/capacity.ts";
import { observeInfrastructure } from "./observe/gateways/gateway-states.ts";
import { clusterNamed, type LanePorts } from "./lane-ports.ts";
import { observeConflicts, type Planned } from "./observe/observe-conflicts.ts";
import { probeWarnings } from "./observe/probe-refusal.ts";

/**
 * Everything that is checked and shown before anybody is asked, and checked again before anything is built: the names'
 * addresses, the cluster, the namespace, policy, what is already granted, conflicts, and the plan itself. Reads only.
 * Of several destinations all that cannot be granted are named at once, and none is asked. `onSeen` is told the request
 * of each open grant that was looked at for conflicts.
 */
export async function makePlan(
  ports: LanePorts,
  record: Planned,
  onSeen: (requestId: string) => void = () => {},
): Promise<Plan | Refusal> {
  const { asked } = record;
  const entry = directoryEntry(ports, asked);
  if (isRefusal(entry)) return entry;
  const obstacles = new Obstacles(asked);
  const resolved = await resolveEach(ports, asked, obstacles);
  if (resolved.every((addresses) => addresses.length === 0)) return obstacles.found();
  const mesh = await ports.meshOf(entry.cluster.name);
  const infrastructure = await observeInfrastructure(ports, mesh, entry.cluster);
  await mustTellTheTime(ports, entry.cluster.name, "planning");
  const unfit =
    clusterRefusal(entry.cluster, infrastructure.azure) ??
    gatewayRefusal(entry.gateway, infrastructure.azure);
  if (unfit !== undefined) return unfit;
  obstacles.add(({ destination }, at) =>
    clusterRangeRefusal(destination, resolved[at] ?? [], infrastructure),
  );
  const namespace = await mesh.get({ kind: "Namespace", name: asked.scope.namespace });
  const namespaceUid = namespace?.metadata.uid;
  if (namespaceUid === undefined) return obstacles.first() ?? namespaceMissing(asked);
  const conflicts = await observeConflicts(ports, mesh, { record, cluster: entry.cluster, onSeen });
  obstacles.add((_, at) => conflicts[at]?.refusals);
  const verdicts = verdictsOf(ports.policy, asked);
  obstacles.add((_, at) => deniedBy(asked, verdicts, at));
  const undecidable = nobodyForAll(asked, verdicts);
  const inTheWay = obstacles.first() ?? undecidable;
  if (inTheWay !== undefined) return inTheWay;
  const unprovable = await Promise.all(
    grantsAsked(record).map((grant) => probeWarnings(ports, grant)),
  );
  const room = await roomFor(ports, entry, infrastructure);
  if (isRefusal(room)) return room;
  return assemble(ports, record, {
    ...entry,
    ...room,
    infrastructure,
    namespaceUid,
    verdicts,
    each: resolved.map((addresses, at) => ({
      addresses,
      warnings: [...(conflicts[at]?.warnings ?? []), ...(unprovable[at] ?? [])],
      adoption: conflicts[at]?.adoption,
    })),
    before: conflicts.flatMap(({ before }) => before ?? []),
  });
}

/** Of each name where it leads; none where that is in the way. */
async function resolveEach(
  ports: LanePorts,
  asked: Asked,
  obstacles: Obstacles,
): Promise<readonly (readonly string[])[]> {
  const resolved = await Promise.all(
    destinationsAsked(asked).map(({ destination }) => resolvePublic(ports, destination)),
  );
  obstacles.add((_, at) => {
    const addresses = resolved[at];
    return isRefusal(addresses) ? addresses : undefined;
  });
  return resolved.map((addresses) => (isRefusal(addresses) ? [] : addresses));
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
    what: `egress to ${askedText(asked)} cannot be planned`,
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

interface Found extends Entry, Pick<Plan, "steps" | "notJudged"> {
  readonly infrastructure: ObservedInfrastructure;
  readonly namespaceUid: string;
  readonly verdicts: readonly PolicyVerdict[];
  /** What is amended, of each destination; none where nothing is. */
  readonly before: readonly GivenBefore[];
  readonly each: readonly (Pick<PlannedDestination, "addresses" | "warnings"> &
    Pick<Conflicting, "adoption">)[];
}

function assemble(ports: LanePorts, record: Planned, found: Found): Plan | Refusal {
  const { asked } = record;
  const decided = decidedBy(found.verdicts);
  const compiled = compile({
    instance: ports.instance,
    grants: grantsAsked(record),
    namespaces: [{ namespace: asked.scope.namespace, gateway: gatewayKey(asked.gateway) }],
    gateways: [symbolicFacts(asked.gateway)],
  });
  const basis = planBasis(asked, {
    clusterId: found.infrastructure.azure.id,
    namespaceUid: found.namespaceUid,
    rule: decided.rule,
    rules: decided.rules,
    team: found.team,
    placement: found.placement,
  });
  return {
    madeAt: ports.clock.now(),
    grantDigest: grantDigest(basis, compiled),
    basis,
    namespaceUid: found.namespaceUid,
    steps: found.steps,
    ...(found.notJudged === undefined ? {} : { notJudged: found.notJudged }),
    objectCount: compiled.length,
    yaml: compiled
      .map(({ object }) => stringify(object, { aliasDuplicateObjects: false }))
      .join("---\n"),
    ...saidOfEach(found.each),
    ...(found.before.length === 0 ? {} : { before: found.before }),
    rule: decided.names,
    approvers: decided.approvers,
  };
}
