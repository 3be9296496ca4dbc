import { compile, type Compiled } from "../compile/compile.ts";
import { ISTIO_LOG_PROVIDER } from "../compile/names.ts";
import { gatewayKey, type GatewayRef, type Grant } from "../grant.ts";
import { isObjectKind, type ObjectRef, refKey } from "../kubernetes-object.ts";
import type { ClosedGrant } from "../request/egress-grant/judge-egress-grant.ts";
import { type Change, planChanges } from "./changes.ts";
import { type Buildable, isNew, isUnsettled, type LaneMode, type Situation } from "./situation.ts";

export interface PlannedMesh {
  readonly changes: readonly Change[];
  /** Ours, wanted by nothing, and no end accounts for them: left alone and reported. */
  readonly unaccounted: readonly ObjectRef[];
  /** Somebody else's, under a name we would write: left alone and reported. */
  readonly foreign: readonly ObjectRef[];
}

/** Plans for one situation, whatever can be built of it. */
export type MeshPlanner = (buildable: Buildable) => PlannedMesh;

/**
 * What makes the cluster equal to what can be built of its open grants, and no less than they have. Everything that is
 * compiled for a situation is compiled once, and planned again only when something else can be built than before.
 */
export function meshPlanner(situation: Situation): MeshPlanner {
  const compiled = situationCompiler(situation);
  let last: { readonly of: Buildable; readonly plan: PlannedMesh } | undefined;
  return (buildable) => {
    if (last === undefined || !isSame(last.of, buildable))
      last = { of: buildable, plan: planned(situation, buildable, compiled) };
    return last.plan;
  };
}

function isSame(one: Buildable, other: Buildable): boolean {
  return sameItems(one.grants, other.grants) && sameItems(one.gateways, other.gateways);
}

function sameItems<Item>(one: readonly Item[], other: readonly Item[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}

interface Compilations {
  buildable(buildable: Buildable): readonly Compiled[];
  /** Of everything that is or was open, and not ended. */
  readonly whole: () => readonly Compiled[];
  /** Of ended grants whose removal is still to be proven. */
  readonly unsettled: () => readonly Compiled[];
  /** Of every ended grant: only where an object is there that nothing else explains. */
  readonly ended: () => readonly Compiled[];
}

/** Where a compiler that knows the run before would come in: it would give the same, and compile only what changed. */
function situationCompiler(situation: Situation): Compilations {
  const { instance, open, closed, found, world, standingBy = new Set() } = situation;
  const namespaces = namespacesOf(situation);
  const probing = beingProven(closed);
  function compiled(
    grants: readonly { readonly grant: Grant }[],
    gateways = world.facts,
  ): readonly Compiled[] {
    return compile({
      instance,
      grants: grants.map(({ grant }) => grant),
      namespaces,
      gateways,
      probing,
      standingBy,
      logProvider: world.logProvider ?? ISTIO_LOG_PROVIDER,
    });
  }
  const whole = once(() => compiled([...open, ...found]));
  return {
    whole,
    buildable: ({ grants, gateways }) =>
      found.length === 0 && sameItems(grants, open) && sameItems(gateways, world.facts)
        ? whole()
        : compiled(grants, gateways),
    unsettled: once(() => compiled(closed.filter(isUnsettled))),
    ended: once(() => compiled(closed)),
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function planned(situation: Situation, buildable: Buildable, compiled: Compilations): PlannedMesh {
  const { open, found, mode } = situation;
  const desired = compiled.buildable(buildable);
  const whole =
    buildable.grants.length === open.length && found.length === 0 ? desired : compiled.whole();
  const parts = partsOf(situation, buildable, whole);
  const first = compared(situation, { desired, parts, closed: compiled.unsettled() });
  // What nothing explains may be of a grant whose removal was proven once: somebody put it back.
  const stray = new Set(first.unaccounted.map(refKey));
  const all =
    stray.size === 0
      ? first
      : compared(situation, {
          desired,
          parts,
          closed: [
            ...compiled.unsettled(),
            ...compiled.ended().filter((each) => stray.has(keyOf(each))),
          ],
        });
  return mode === "ends-only"
    ? { ...all, changes: all.changes.filter(({ action }) => action === "deleted") }
    : all;
}

interface Parts {
  /** Keys of what open grants have or are about to have: no end removes them. */
  readonly wanted: ReadonlySet<string>;
  /** Ids of the grants whose part each object has. */
  readonly idsOf: ReadonlyMap<string, readonly string[]>;
  /** Ids of grants that are in the cluster and cannot be written now. */
  readonly leftOut: ReadonlySet<string>;
  readonly whole: ReadonlySet<string>;
  /** Keys of what grants need that are closed for a while. */
  readonly suspended: readonly string[];
}

function partsOf(
  { open, found, suspended = new Set() }: Situation,
  { grants }: Buildable,
  whole: readonly Compiled[],
): Parts {
  const built = new Set(grants.map(({ grant }) => grant.id));
  const present = open
    .filter(({ grant }) => !suspended.has(grant.id))
    .filter((each) => built.has(each.grant.id) || !isNew(each));
  const ids = new Set(present.map(({ grant }) => grant.id));
  return {
    wanted: new Set(whole.filter(({ grantIds }) => grantIds.some((id) => ids.has(id))).map(keyOf)),
    idsOf: new Map(whole.map((each) => [keyOf(each), each.grantIds])),
    leftOut: new Set([
      ...present.filter(({ grant }) => !built.has(grant.id)).map(({ grant }) => grant.id),
      // It was open once: what it has stays until an end is seen.
      ...found.filter(({ wasOpen }) => wasOpen).map(({ grant }) => grant.id),
    ]),
    whole: new Set(whole.map(keyOf)),
    suspended: whole.filter(({ grantIds }) => grantIds.some((id) => suspended.has(id))).map(keyOf),
  };
}

function compared(
  { instance, world, mode }: Situation,
  {
    desired,
    parts,
    closed,
  }: {
    readonly desired: readonly Compiled[];
    readonly parts: Parts;
    readonly closed: readonly Compiled[];
  },
): PlannedMesh {
  const ended = [
    ...closed.filter(({ grantIds }) => grantIds.length > 0).map(keyOf),
    ...parts.suspended,
  ];
  const touched = new Set(ended);
  const { changes, unaccounted, foreign } = planChanges({
    desired,
    observed: world.objects,
    instance,
    accounted: new Set(ended.filter((key) => !parts.wanted.has(key))),
  });
  return {
    changes: changes.map((change) => heldBack(change, { mode, parts, touched })),
    // What waits for something, or belongs to what was found, is not stray.
    unaccounted: unaccounted.filter((ref) => !parts.whole.has(refKey(ref))),
    foreign,
  };
}

function heldBack(
  change: Change,
  {
    mode,
    parts,
    touched,
  }: {
    readonly mode: LaneMode;
    readonly parts: Parts;
    /** Keys of what ended and suspended grants needed. */
    readonly touched: ReadonlySet<string>;
  },
): Change {
  const key = refKey(change.subject);
  if (change.action !== "created" && change.action !== "updated") return change;
  if (mode === "frozen" && (change.action === "created" || !touched.has(key)))
    return { ...change, action: "skipped", why: "the cluster is frozen" };
  const loses = (parts.idsOf.get(key) ?? []).filter((id) => parts.leftOut.has(id));
  // An end goes before what was found: closing never waits for something that may not be open.
  return change.action === "updated" && loses.length > 0 && !touched.has(key)
    ? { ...change, action: "skipped", why: `${loses.join(", ")} would lose its part of it` }
    : change;
}

/** Where a removal is still to be proven, the probe's log has to be seen. */
function beingProven(
  closed: readonly ClosedGrant[],
): readonly { readonly namespace: string; readonly gateway: GatewayRef }[] {
  return closed
    .filter(isUnsettled)
    .map(({ grant: { scope, gateway } }) => ({ namespace: scope.namespace, gateway }));
}

/** Every namespace mapped to a gateway gets its policy early: adding one later ends the gateway's long connections. */
function namespacesOf({
  directory,
  cluster,
  open,
  closed,
}: Situation): readonly { readonly namespace: string; readonly gateway: string }[] {
  const mapped = directory.teams
    .flatMap((team) => team.placements)
    .filter((placement) => placement.cluster === cluster)
    .map(({ namespace, gateway }) => ({ namespace, gateway }));
  const granted = [...open, ...closed].map(({ grant: { scope, gateway } }) => ({
    namespace: scope.namespace,
    gateway: gatewayKey(gateway),
  }));
  const unique = new Map(
    [...mapped, ...granted].map((entry) => [`${entry.gateway} ${entry.namespace}`, entry]),
  );
  return [...unique.values()];
}

function keyOf({ object }: Compiled): string {
  if (!isObjectKind(object.kind)) throw new TypeError(`the compiler emitted a ${object.kind}`);
  const { namespace, name } = object.metadata;
  return refKey({ kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) });
}
