import { type ReadOrders, removalOf } from "#src/domain/admin/cluster-orders.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { lackingForProof } from "#src/domain/evidence/log/needed-fields.ts";
import { whyNotAsked } from "#src/domain/evidence/probe/probe-attempts.ts";
import { gatewayKey, type Grant } from "#src/domain/grant.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { alreadyGranted, partlyGranted } from "#src/domain/plan/already-granted.ts";
import {
  type Conflicting,
  type Conflicts,
  findConflicts,
} from "#src/domain/plan/conflicts/find-conflicts.ts";
import { concernsTcp } from "#src/domain/plan/conflicts/tcp-port.ts";
import { destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { LanePorts } from "../lane-ports.ts";
import { BLOCKED_WORDS, readGrants } from "./cluster-grants.ts";
import { observeWorld } from "./mesh-world.ts";
import { observeLogFormats } from "./mesh/log-formats.ts";
import { observeTcp } from "./mesh/tcp-surroundings.ts";
import { observedWith } from "./others.ts";
import { observeSurroundings } from "./surroundings.ts";

/** What a plan is made of: what was asked, and the id it will have. */
export type Planned = Pick<RequestRecord, "id" | "asked">;

interface Look {
  readonly record: Planned;
  readonly cluster: Cluster;
  /** Told the request of each open grant that was looked at. */
  readonly onSeen: (requestId: string) => void;
}

/** What is open in the cluster, or that others made, and stands in the way of each destination or is to be said of it. */
export async function observeConflicts(
  ports: LanePorts,
  mesh: Mesh,
  { record, cluster, onSeen }: Look,
): Promise<readonly Conflicting[]> {
  const { asked } = record;
  const { open, blocked, ordered } = await readGrants(ports, mesh, cluster.name);
  if (blocked !== undefined)
    throw new RetryableError(`planning in cluster ${cluster.name}: ${BLOCKED_WORDS[blocked]}`);
  mustStay(asked, ordered);
  const held = open.filter(({ requestId }) => requestId !== record.id);
  for (const { requestId } of held) onSeen(requestId);
  const others = held.map(({ grant }) => grant);
  const before = held.find(({ requestId }) => requestId === asked.follows);
  if (asked.takesOverAfterMs !== undefined && before === undefined)
    return destinationsAsked(asked).map(() => ({
      refusals: [nothingToMove(asked)],
      ...SAYS_NOTHING,
    }));
  // What it follows gives the same, and ends for it.
  const ends = held
    .filter(({ requestId }) => requestId !== asked.follows)
    .map(({ grant, activation }) => ({ grant, endsAt: activation?.payload.endsAt }));
  const all = destinationsAsked(asked).map(({ destination }) => ({ ...asked, destination }));
  const granted = all.map((each) => alreadyGranted(each, ends));
  // Of one that is granted already nothing else is of interest.
  if (granted.every((refusal) => refusal !== undefined))
    return granted.map((refusal) => ({ refusals: [refusal], ...SAYS_NOTHING }));
  const found = await conflictsAmong(ports, mesh, { record, cluster, others, before });
  const missing = all.some(isAsked) ? await missingFields(mesh) : [];
  return all.map((each, at) => {
    const { refusals = [], warnings = [], adoption } = found.each[at] ?? {};
    const refusal = granted[at];
    return {
      refusals: refusal === undefined ? refusals : [refusal],
      warnings: [...partlyGranted(each, ends), ...warnings, ...proofWarnings(each, missing)],
      adoption,
    };
  });
}

async function conflictsAmong(
  ports: LanePorts,
  mesh: Mesh,
  {
    record,
    cluster,
    others,
    before,
  }: Pick<Look, "record" | "cluster"> & {
    readonly others: readonly Grant[];
    /** What the request follows, where that is open. */
    readonly before: OpenGrant | undefined;
  },
): Promise<Conflicts> {
  const { asked } = record;
  const all = destinationsAsked(asked).map(({ destination }) => ({ ...asked, destination }));
  const world = await observeWorld(ports, mesh, cluster);
  return findConflicts({
    grants: grantsAsked(record),
    live: others,
    ...(asked.takesOverAfterMs === undefined || before === undefined
      ? {}
      : { moves: { request: before.requestId, from: before.grant.gateway } }),
    observed: {
      ...(await observedWith(mesh, world.objects)),
      surroundings: await observeSurroundings(mesh, asked, world.facts),
      ...(all.some((each) => concernsTcp(each, others))
        ? { tcp: await observeTcp(mesh, asked.scope.namespace) }
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
}

const SAYS_NOTHING = { warnings: [], adoption: undefined } as const;

function nothingToMove({ follows = "", team, cluster }: Asked): Refusal {
  return refuse("NotOpen", {
    what: `${follows} was not moved`,
    why: "only what is open can be moved, and it is not",
    fix: `ask again: \`gateway move ${team} in ${cluster} because …\``,
  });
}

/** A gateway that is being removed is planned anew once that is done. */
function mustStay({ gateway }: Asked, { open }: ReadOrders): void {
  const removal = removalOf(open, gateway);
  if (removal !== undefined)
    throw new RetryableError(
      `planning: gateway ${gatewayKey(gateway)} is being removed by ${removal.id}, and is planned anew once that is done`,
    );
}

function isAsked({ destination }: Pick<Asked, "destination">): boolean {
  return whyNotAsked(destination) === undefined;
}

/** What the mesh's access logs do not write. */
async function missingFields(mesh: Mesh): Promise<Parameters<typeof lackingForProof>[0]> {
  const formats = await observeLogFormats(mesh);
  return formats.flatMap(({ missing }) => missing);
}

/** Whoever approves has to know that nobody will see it work. */
function proofWarnings(
  { destination }: Pick<Asked, "destination">,
  missing: Parameters<typeof lackingForProof>[0],
): readonly string[] {
  const why = whyNotAsked(destination);
  if (why !== undefined) return [`it would be open, and unproven at first: ${why}`];
  const lacking = lackingForProof(missing, destination);
  return lacking.length === 0
    ? []
    : [
        `the mesh's access log does not write ${lacking.join(", ")}: it would be open and stay unproven; add what is missing to accessLogFormat in istio-shared-configmap-<revision>, or leave that out for Istio's own format`,
      ];
}
