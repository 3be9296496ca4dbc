import { compile, type Compiled } from "../compile/compile.ts";
import type { Directory } from "../directory.ts";
import { type GatewayFacts, gatewayKey, type GatewayRef, type Grant } from "../grant.ts";
import {
  isObjectKind,
  type KubernetesObject,
  type ObjectRef,
  refKey,
} from "../kubernetes-object.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import { wasApplied } from "../request/grant-status.ts";
import type { ClosedGrant, FoundGrant, OpenGrant } from "../request/judge-egress-grant.ts";
import { type Change, planChanges } from "./changes.ts";

/** What one run of the mesh lane sees of a cluster beside its grants. */
export interface MeshWorld {
  /** Every object of the compiled kinds, whoever made it. */
  readonly objects: readonly KubernetesObject[];
  readonly facts: readonly GatewayFacts[];
  /** `namespace/name` of gateways with an available pod. */
  readonly ready: ReadonlySet<string>;
  /** UIDs of the namespaces that exist and are not being deleted, by name. */
  readonly namespaces: ReadonlyMap<string, string>;
}

export interface Situation {
  readonly instance: string;
  readonly directory: Directory;
  /** The cluster's name in the configuration. */
  readonly cluster: string;
  readonly open: readonly OpenGrant[];
  readonly closed: readonly ClosedGrant[];
  readonly found: readonly FoundGrant[];
  readonly world: MeshWorld;
  readonly mode: LaneMode;
}

/**
 * `all`: everything. `no-new`: no grant is built for the first time (Redis may know an end). `frozen`: nothing but what
 * an end explains. `ends-only`: deletes alone (our namespace or resources are not as they should be).
 */
export type LaneMode = "all" | "no-new" | "frozen" | "ends-only";

/** An object or a name that cannot be as it should, and what cannot work without it. */
export interface FailedObject {
  readonly subject: string;
  readonly grantIds: readonly string[];
  /** `namespace/name` of the gateway that is left out as a whole, where the object is the gateway's own. */
  readonly gateway?: string;
  readonly why: string;
  /** Of a name that leads where no grant may, or could not be looked up. */
  readonly name?: RefusalReason;
}

/** What keeps this grant from being as it should, if anything does. */
export function failureOf(
  { id, gateway: of }: Pick<Grant, "id" | "gateway">,
  failed: readonly FailedObject[],
): FailedObject | undefined {
  return failed.find(
    ({ grantIds, gateway }) => grantIds.includes(id) || gateway === gatewayKey(of),
  );
}

/** What is compiled in one try: the grants and gateways that are neither missing something nor refused. */
export interface Buildable {
  readonly grants: readonly OpenGrant[];
  readonly gateways: readonly GatewayFacts[];
}

export function buildableOf(situation: Situation, failed: readonly FailedObject[]): Buildable {
  const { world, open } = situation;
  const refused = new Set(failed.flatMap(({ gateway }) => gateway ?? []));
  const without = new Set(failed.flatMap(({ grantIds }) => grantIds));
  const gateways = world.facts.filter(
    ({ ref }) => world.namespaces.has(ref.namespace) && !refused.has(gatewayKey(ref)),
  );
  const known = new Set(gateways.map(({ ref }) => gatewayKey(ref)));
  return {
    gateways,
    grants: open.filter(
      (each) =>
        isBuildable(each, situation) &&
        !without.has(each.grant.id) &&
        known.has(gatewayKey(each.grant.gateway)),
    ),
  };
}

/**
 * A grant waits until its gateway is known and its namespace exists, as the very namespace it was approved for. A new one
 * also waits for the gateway to be ready, and is not built where nothing new is.
 */
function isBuildable(open: OpenGrant, { world, mode }: Situation): boolean {
  const { scope, gateway } = open.grant;
  if (world.namespaces.get(scope.namespace) !== open.admission.payload.namespaceUid) return false;
  return !isNew(open) || (mode === "all" && world.ready.has(gatewayKey(gateway)));
}

/** Never seen in place: neither its clock runs, nor does its object say that it was applied. */
export function isNew({ activation, object }: OpenGrant): boolean {
  return activation === undefined && !wasApplied(object);
}

export interface PlannedMesh {
  readonly changes: readonly Change[];
  /** Ours, wanted by nothing, and no end accounts for them: left alone and reported. */
  readonly unaccounted: readonly ObjectRef[];
  /** Somebody else's, under a name we would write: left alone and reported. */
  readonly foreign: readonly ObjectRef[];
}

/** What makes the cluster equal to what can be built of its open grants, and no less than they have. */
export function planMesh(situation: Situation, buildable: Buildable): PlannedMesh {
  const { instance, closed, open, found, world, mode } = situation;
  const namespaces = namespacesOf(situation);
  const probing = beingProven(closed);
  function compiled(
    grants: readonly { readonly grant: OpenGrant["grant"] }[],
    gateways = world.facts,
  ) {
    return compile({
      instance,
      grants: grants.map(({ grant }) => grant),
      namespaces,
      gateways,
      probing,
    });
  }
  const desired = compiled(buildable.grants, buildable.gateways);
  const whole =
    buildable.grants.length === open.length && found.length === 0
      ? desired
      : compiled([...open, ...found]);
  const parts = partsOf(situation, buildable, whole);
  const first = planned(situation, {
    desired,
    parts,
    closed: compiled(closed.filter(isUnsettled)),
  });
  // What nothing explains may be of a grant whose removal was proven once: somebody put it back.
  const stray = new Set(first.unaccounted.map(refKey));
  const all =
    stray.size === 0
      ? first
      : planned(situation, {
          desired,
          parts,
          closed: [
            ...compiled(closed.filter(isUnsettled)),
            ...compiled(closed).filter((each) => stray.has(keyOf(each))),
          ],
        });
  return mode === "ends-only"
    ? { ...all, changes: all.changes.filter(({ action }) => action === "deleted") }
    : all;
}

/** Removal not proven yet, of what was open once. */
export function isUnsettled({ admission, object }: ClosedGrant): boolean {
  return admission !== undefined && object.status?.["removal"] === undefined;
}

interface Parts {
  /** Keys of what open grants have or are about to have: no end removes them. */
  readonly wanted: ReadonlySet<string>;
  /** Ids of the grants whose part each object has. */
  readonly idsOf: ReadonlyMap<string, readonly string[]>;
  /** Ids of grants that are in the cluster and cannot be written now. */
  readonly leftOut: ReadonlySet<string>;
  readonly whole: ReadonlySet<string>;
}

function partsOf(
  { open, found }: Situation,
  { grants }: Buildable,
  whole: readonly Compiled[],
): Parts {
  const built = new Set(grants.map(({ grant }) => grant.id));
  const present = open.filter((each) => built.has(each.grant.id) || !isNew(each));
  const ids = new Set(present.map(({ grant }) => grant.id));
  return {
    wanted: new Set(whole.filter(({ grantIds }) => grantIds.some((id) => ids.has(id))).map(keyOf)),
    idsOf: new Map(whole.map((each) => [keyOf(each), each.grantIds])),
    leftOut: new Set([
      ...present.filter(({ grant }) => !built.has(grant.id)).map(({ grant }) => grant.id),
      // It was open once: what it has stays until an end is seen.
      ...found.filter(({ admission }) => admission !== undefined).map(({ grant }) => grant.id),
    ]),
    whole: new Set(whole.map(keyOf)),
  };
}

function planned(
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
  const ended = closed.filter(({ grantIds }) => grantIds.length > 0).map(keyOf);
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
    /** Keys of what ended grants needed. */
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
