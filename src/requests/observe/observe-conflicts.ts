import { type ReadOrders, removalOf } from "#src/domain/admin/cluster-orders.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { lackingForProof } from "#src/domain/evidence/log/needed-fields.ts";
import { whyNotAsked } from "#src/domain/evidence/probe/probe-attempts.ts";
import { endpoint, gatewayKey, type Grant } from "#src/domain/grant.ts";
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
import { alsoFollowing, stillBefore } from "#src/domain/request/egress-grant/followed.ts";
import { isOfSameDoor } from "#src/domain/request/egress-grant/amended.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Asked, GivenBefore, RequestRecord } from "#src/domain/request/request.ts";
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

/** What is found of one destination. */
export interface Observed extends Conflicting {
  /** What is given there now, where the request amends that. */
  readonly before?: GivenBefore;
}

/** What is open in the cluster, or that others made, and stands in the way of each destination or is to be said of it. */
export async function observeConflicts(
  ports: LanePorts,
  mesh: Mesh,
  { record, cluster, onSeen }: Look,
): Promise<readonly Observed[]> {
  const { asked } = record;
  const { open, blocked, ordered } = await readGrants(ports, mesh, cluster.name);
  if (blocked !== undefined)
    throw new RetryableError(`planning in cluster ${cluster.name}: ${BLOCKED_WORDS[blocked]}`);
  mustStay(asked, ordered);
  const held = open.filter(({ requestId }) => requestId !== record.id);
  for (const { requestId } of held) onSeen(requestId);
  const others = held.map(({ grant }) => grant);
  const before = held.find(({ requestId }) => requestId === asked.follows);
  const amended = asked.amends === true ? amendedBy(record, held) : [];
  const unfit = notToFollow(record, held);
  if (unfit !== undefined) return refusedAll(asked, unfit);
  if (asked.takesOverAfterMs !== undefined && before === undefined)
    return refusedAll(asked, nothingToMove(asked));
  if (amended === undefined) return refusedAll(asked, nothingToAmend(asked));
  // What it follows ends for it.
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
      ...(amended[at] === undefined ? {} : { before: amended[at] }),
    };
  });
}

/** What the request's grants amend, each; undefined where one of them amends nothing that is open. */
function amendedBy(
  record: Planned,
  held: readonly OpenGrant[],
): readonly GivenBefore[] | undefined {
  const followed = held.filter(({ requestId }) => requestId === record.asked.follows);
  const amended = grantsAsked(record).map((each) =>
    followed.find(({ grant }) => isOfSameDoor(grant, each)),
  );
  const all = amended.flatMap((each) =>
    each === undefined
      ? []
      : [
          {
            scope: each.grant.scope,
            destination: each.grant.destination,
            endsAt: each.endsAt,
          },
        ],
  );
  return all.length === amended.length ? all : undefined;
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

function refusedAll(asked: Asked, refusal: Refusal): readonly Observed[] {
  return destinationsAsked(asked).map(() => ({ refusals: [refusal], ...SAYS_NOTHING }));
}

const SAYS_NOTHING = { warnings: [], adoption: undefined } as const;

function nothingToMove({ follows = "", team, cluster }: Asked): Refusal {
  return refuse("NotOpen", {
    what: `${follows} was not moved`,
    why: "only what is open can be moved, and it is not",
    fix: `ask again: \`gateway move ${team} in ${cluster} because …\``,
  });
}

/** What somebody revoked meanwhile is not opened again as something else. */
function nothingToAmend({ follows = "", team, destination }: Asked): Refusal {
  return refuse("NotOpen", {
    what: `${follows} was not amended`,
    why: "only what is open can be amended, and it is not",
    fix: `ask for it anew: \`allow ${endpoint(destination)} for ${team} because …\``,
  });
}

/** Of three that follow each other, or two that follow one, the first or the other would never end. */
function notToFollow(record: Planned, held: readonly OpenGrant[]): Refusal | undefined {
  const { follows = "" } = record.asked;
  const what = `nothing was asked of ${follows}`;
  const earlier = stillBefore(record.asked, held);
  if (earlier !== undefined)
    return refuse("NotOpen", {
      what,
      why: `it has not taken the place of ${earlier} yet`,
      fix: "ask again once it is active",
    });
  const other = alsoFollowing(record.asked, grantsAsked(record), held);
  if (other === undefined) return undefined;
  return refuse("AlreadyAsked", {
    what,
    why: `${other} follows it already, and gives something else`,
    fix: `see \`@sallyport status ${other}\``,
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
