import {
  type ClosedGrant,
  type ClusterFacts,
  type FoundGrant,
  judgeEgressGrant,
  type JudgedGrant,
  type OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import {
  areGrantsKnown,
  type BlockedReason,
  type Footing,
  standingOf,
} from "#src/domain/blocked.ts";
import { definitionRef, OWN_KINDS, type OwnKind } from "#src/domain/definitions.ts";
import { withFollowed } from "#src/domain/request/egress-grant/followed.ts";
import { type Moves, movesOf, NO_MOVES } from "#src/domain/request/egress-grant/moves.ts";
import { openOrdersOf, type ReadOrders } from "#src/domain/admin/cluster-orders.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { egressClusterRef, freezesOf, inForce } from "#src/domain/request/freezes.ts";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../lane-ports.ts";
import { liveNamespaces } from "./live-namespaces.ts";
import { readStored, type Stored } from "./stored-ends.ts";

/** What one cluster says of its grants: read from its own EgressGrants, and judged. */
export interface ClusterGrants {
  readonly facts: ClusterFacts;
  readonly open: readonly OpenGrant[];
  /** Of the open ones, those whose namespace's traffic goes by another one. */
  readonly moves: Moves;
  readonly closed: readonly ClosedGrant[];
  readonly found: readonly FoundGrant[];
  /** Made and not admitted yet. */
  readonly waiting: readonly JudgedGrant[];
  /** Names of EgressGrants of this namespace that cannot be read, or belong to another instance. */
  readonly unreadable: readonly string[];
  readonly cluster: KubernetesObject | undefined;
  /** Approved orders that are not done, and ids of those that rest on nothing. */
  readonly ordered: ReadOrders;
  /** Ids of the freezes in force. */
  readonly freezes: readonly string[];
  /** Freezes and lifts that were seen before: they hold wherever they went. */
  readonly seenFreezes: readonly Signed<ClusterDecision>[];
  /** Freeze and unfreeze decisions Redis holds; not verified. */
  readonly orders: readonly unknown[];
  /** Why nothing may be written but ends that are known. */
  readonly blocked: BlockedReason | undefined;
  /** Redis did not answer in time: an end may be known there, so nothing is built for the first time. */
  readonly storeSilent: boolean;
  /** It answers, and holds more than can be read in that time: somebody filled it. */
  readonly storeOverfull: boolean;
}

/** What to do about it, for the thread and the approvals channel. */
export const BLOCKED_WORDS: Readonly<Record<BlockedReason, string>> = {
  "no-namespace":
    "Sallyport's own namespace is missing; create it as deploy/ describes (an empty one opens and closes nothing)",
  "namespace-terminating":
    "Sallyport's own namespace is being deleted; nothing new opens, and only known ends are carried out",
  "namespace-of-another-instance":
    "Sallyport's own namespace is labelled with another instance; give each instance a namespace of its own",
  "no-crd": "its custom resources are not installed; `sallyport crds` prints them",
  "crd-terminating":
    "its custom resources are being deleted, which cannot be taken back. Nothing new opens; what is open stays open until its time " +
    "is over or somebody revokes it in its thread. When the last one is closed and gone, `sallyport crds` prints them again",
  "crd-older":
    "its custom resources are older than this version of Sallyport, or not all there; nothing new opens, and only known ends " +
    "are carried out. `sallyport crds` prints them",
  "crd-unreadable":
    "the worker may not read its CustomResourceDefinitions, so it cannot tell a grant that somebody deleted from one that goes " +
    "with them; nothing new opens, and only known ends are carried out. Apply what `npx sallyport rbac` prints",
};

type Ports = Pick<
  LanePorts,
  "store" | "lanes" | "memory" | "trust" | "clock" | "systemNamespace" | "instance"
>;

export async function readGrants(ports: Ports, mesh: Mesh, name: string): Promise<ClusterGrants> {
  const { instance, systemNamespace } = ports;
  const grants = await ifServed(mesh.list("EgressGrant", { namespace: systemNamespace }));
  const cluster = await ifServed(mesh.get(egressClusterRef({ systemNamespace })));
  const namespaces = await mesh.list("Namespace");
  const standing = standingOf(
    {
      namespace: namespaces.find(({ metadata }) => metadata.name === systemNamespace),
      definitions: await readDefinitions(mesh),
    },
    instance,
  );
  const facts: ClusterFacts = {
    cluster: name,
    uid: namespaces.find(({ metadata }) => metadata.name === "kube-system")?.metadata.uid ?? "",
    namespaces: liveNamespaces(namespaces),
    now: mesh.serverTime() ?? ports.clock.now(),
    terminating: standing.terminating,
  };
  if (!areGrantsKnown(standing.blocked)) return nothing(facts, standing.blocked);
  if (grants === "not-served") return nothing(facts, "no-crd");
  const stored = await readStored(ports, name, grants);
  // The definition may have come since: freezes that were not read are not none.
  const [known, blocked] =
    cluster === "not-served"
      ? [undefined, standing.blocked ?? "crd-older"]
      : [cluster, standing.blocked];
  return { ...judgeAll(ports, { facts, objects: grants, cluster: known, stored }), blocked };
}

async function ifServed<Value>(answer: Promise<Value>): Promise<Value | "not-served"> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof FatalError && error.code === "KindNotServed") return "not-served";
    throw error;
  }
}

async function readDefinitions(mesh: Mesh): Promise<Footing["definitions"]> {
  const read = OWN_KINDS.map(async (kind) => [kind, await readDefinition(mesh, kind)] as const);
  return new Map(await Promise.all(read));
}

async function readDefinition(
  mesh: Mesh,
  kind: OwnKind,
): Promise<KubernetesObject | "unreadable" | undefined> {
  try {
    return await mesh.get(definitionRef(kind));
  } catch (error) {
    if (error instanceof FatalError && error.code === "Forbidden") return "unreadable";
    throw error;
  }
}

function judgeAll(
  { trust }: Ports,
  {
    facts,
    objects,
    cluster,
    stored,
  }: {
    readonly facts: ClusterFacts;
    readonly objects: readonly KubernetesObject[];
    readonly cluster: KubernetesObject | undefined;
    readonly stored: Stored;
  },
): Omit<ClusterGrants, "blocked"> {
  const open: OpenGrant[] = [];
  const closed: ClosedGrant[] = [];
  const found: FoundGrant[] = [];
  const waiting: JudgedGrant[] = [];
  const unreadable: string[] = [];
  for (const object of objects) {
    const ends = stored.ends.get(object.metadata.name.toUpperCase()) ?? [];
    const judged = judgeEgressGrant(object, { trust, facts, ends });
    if (judged === undefined) unreadable.push(object.metadata.name);
    for (const grant of judged ?? []) {
      if (grant.verdict === "open") open.push(grant);
      else if (grant.verdict === "closed") closed.push(grant);
      else if (grant.verdict === "found") found.push(grant);
      else waiting.push(grant);
    }
  }
  const grants = withFollowed({ open, closed });
  return {
    facts,
    ...grants,
    moves: movesOf(grants.open, facts.now),
    found,
    waiting,
    unreadable,
    cluster,
    orders: stored.orders,
    ordered: openOrdersOf(cluster, {
      trust,
      cluster: facts.cluster,
      clusterUid: facts.uid,
      now: facts.now,
    }),
    freezes: inForce(freezesOf(cluster), stored.orders, {
      trust,
      cluster: facts.cluster,
      now: facts.now,
      seen: stored.seen,
    }),
    seenFreezes: stored.seen,
    storeSilent: stored.silent,
    storeOverfull: stored.overfull,
  };
}

function nothing(facts: ClusterFacts, blocked: BlockedReason | undefined): ClusterGrants {
  return {
    facts,
    open: [],
    moves: NO_MOVES,
    closed: [],
    found: [],
    waiting: [],
    unreadable: [],
    cluster: undefined,
    orders: [],
    ordered: { open: [], unfounded: [] },
    freezes: [],
    seenFreezes: [],
    blocked,
    storeSilent: false,
    storeOverfull: false,
  };
}
