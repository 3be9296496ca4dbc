import { compareText } from "../compare-text.ts";
import { sameJson } from "../canonical.ts";
import type { Compiled } from "../compile/compile.ts";
import {
  INSTANCE_LABEL,
  isObjectKind,
  type KubernetesObject,
  type ObjectKind,
  type ObjectRef,
  refKey,
} from "../kubernetes-object.ts";
import { outdatedAnnotations } from "./own-annotations.ts";

export type Action = "created" | "updated" | "unchanged" | "deleted" | "skipped";

/** One line of a ChangeSet: what is logged, told and asserted. */
export interface Change {
  readonly subject: ObjectRef;
  readonly action: Action;
  /** What to apply; of creates, updates and the unchanged. */
  readonly object?: KubernetesObject;
  /** As it is in the cluster, of updates. */
  readonly observed?: KubernetesObject;
  /** Of the object to delete: nothing else under its name is. */
  readonly uid?: string;
  readonly grantIds: readonly string[];
  /** `namespace/name` of the gateway it belongs to; none of deletes. */
  readonly gateway?: string;
  /** Why nothing is done, of the skipped. */
  readonly why?: string;
}

export interface PlanInput {
  readonly desired: readonly Compiled[];
  /** Every object of the compiled kinds in the cluster, whoever made it. */
  readonly observed: readonly KubernetesObject[];
  readonly instance: string;
  /** `refKey`s of what only ended grants needed: nothing else is ever deleted. */
  readonly accounted: ReadonlySet<string>;
}

export interface PlannedChanges {
  /** In the order they are carried out. */
  readonly changes: readonly Change[];
  /** Ours, wanted by nothing and accounted for by no end: left alone, and reported. */
  readonly unaccounted: readonly ObjectRef[];
  /** Somebody else's under a name we would write: left alone, and reported. */
  readonly foreign: readonly ObjectRef[];
}

/**
 * What makes the cluster equal to what is desired: minimal, sorted, and never touching what is not ours. Pure; carried
 * out and planned again, everything is unchanged. An AuthorizationPolicy is never deleted: a namespace's is append-only,
 * and without its default-deny one a gateway lets everybody in.
 */
export function planChanges({ desired, observed, instance, accounted }: PlanInput): PlannedChanges {
  const existing = new Map(
    observed.flatMap((object) => {
      const ref = refOf(object);
      return ref === undefined ? [] : [[refKey(ref), object] as const];
    }),
  );
  const wanted = new Set<string>();
  const writes: Change[] = [];
  const foreign: ObjectRef[] = [];
  for (const compiled of desired) {
    const subject = refOf(compiled.object);
    if (subject === undefined)
      throw new TypeError(`the compiler emitted a ${compiled.object.kind}`);
    wanted.add(refKey(subject));
    const found = existing.get(refKey(subject));
    if (found !== undefined && !isOurs(found, instance)) foreign.push(subject);
    writes.push(changeFor(compiled, { subject, found, instance }));
  }
  const ours = observed.filter((object) => isOurs(object, instance));
  const unwanted = ours.flatMap((object) => {
    const subject = refOf(object);
    return subject === undefined || wanted.has(refKey(subject)) ? [] : [{ subject, object }];
  });
  function isAccounted({ subject }: Unwanted): boolean {
    return accounted.has(refKey(subject)) && subject.kind !== "AuthorizationPolicy";
  }
  const deletes = unwanted.filter(
    (entry) => isAccounted(entry) && entry.object.metadata.deletionTimestamp === undefined,
  );
  const gateways = gatewayNamespaces(desired, ours);
  return {
    changes: [
      ...writes.toSorted(inOrder(WRITE_ORDER, gateways)),
      ...deletes.map(toDelete).toSorted(inOrder(DELETE_ORDER, gateways)),
    ],
    unaccounted: unwanted.filter((entry) => !isAccounted(entry)).map(({ subject }) => subject),
    foreign,
  };
}

interface Found {
  readonly subject: ObjectRef;
  readonly found: KubernetesObject | undefined;
  readonly instance: string;
}

function changeFor(compiled: Compiled, { subject, found, instance }: Found): Change {
  const { object, grantIds, gateway } = compiled;
  const skipped = { subject, grantIds, gateway, action: "skipped" } as const;
  const base = { subject, object, grantIds, gateway };
  if (found !== undefined && !isOurs(found, instance))
    return { ...skipped, why: "an object of somebody else has this name" };
  if (found !== undefined && holds(found, object)) return { ...base, action: "unchanged" };
  return found === undefined
    ? { ...base, action: "created" }
    : { ...base, action: "updated", observed: found };
}

/** A gateway's own objects and namespace policies: without them nothing of that gateway may be written. */
export function isGatewayWide(
  change: Pick<Change, "subject" | "grantIds"> & { readonly gateway?: string },
): boolean {
  const { subject, grantIds, gateway } = change;
  return grantIds.length === 0 && gateway?.split("/", 1).join() === subject.namespace;
}

interface Unwanted {
  readonly subject: ObjectRef;
  readonly object: KubernetesObject;
}

function toDelete({ subject, object }: Unwanted): Change {
  const { uid } = object.metadata;
  return { subject, action: "deleted", grantIds: [], ...(uid === undefined ? {} : { uid }) };
}

function isOurs(object: KubernetesObject, instance: string): boolean {
  return object.metadata.labels?.[INSTANCE_LABEL] === instance;
}

/**
 * Whether an object already says what is desired, and no more. The whole spec is ours, so it is compared whole: one field
 * that somebody adds can open what ours closes. Labels and annotations of others are theirs; of ours none is missing, and
 * none is left that should be gone.
 */
function holds(found: KubernetesObject, desired: KubernetesObject): boolean {
  return (
    found.apiVersion === desired.apiVersion &&
    includes(found.metadata.labels ?? {}, desired.metadata.labels ?? {}) &&
    includes(found.metadata.annotations ?? {}, desired.metadata.annotations ?? {}) &&
    outdatedAnnotations(found, desired).length === 0 &&
    sameJson(found.spec ?? {}, desired.spec ?? {})
  );
}

function includes(
  whole: Readonly<Record<string, string>>,
  part: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(part).every(([key, value]) => whole[key] === value);
}

function refOf({ kind, metadata }: KubernetesObject): ObjectRef | undefined {
  if (!isObjectKind(kind)) return undefined;
  const { namespace, name } = metadata;
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

interface Order {
  readonly gatewaySide: readonly ObjectKind[];
  readonly teamSide: readonly ObjectKind[];
}

/**
 * Gateway side before team side: a client that is sent to the gateway finds its door there. A team's ServiceEntry last:
 * it takes the host from one of another namespace, and by itself leads nowhere, so that what uses that one would stop
 * until the route is there.
 */
const WRITE_ORDER: Order = {
  gatewaySide: [
    "Telemetry",
    "AuthorizationPolicy",
    "ServiceEntry",
    "DestinationRule",
    "Gateway",
    "VirtualService",
  ],
  teamSide: ["Telemetry", "DestinationRule", "VirtualService", "ServiceEntry"],
};

/** The server or the route first: that is what closes. The client's ServiceEntry last: while it is there, nothing leaks. */
const DELETE_ORDER: Order = {
  gatewaySide: ["Gateway", "VirtualService", "DestinationRule", "Telemetry", "ServiceEntry"],
  teamSide: ["VirtualService", "DestinationRule", "Telemetry", "ServiceEntry"],
};

/** Teams do not live where gateways do, and servers and policies of ours stand nowhere else. */
function gatewayNamespaces(
  desired: readonly Compiled[],
  ours: readonly KubernetesObject[],
): ReadonlySet<string> {
  return new Set([
    ...desired.map(({ gateway }) => gateway.split("/", 1).join()),
    ...ours
      .filter(({ kind }) => kind === "Gateway" || kind === "AuthorizationPolicy")
      .map(({ metadata }) => metadata.namespace ?? ""),
  ]);
}

function inOrder(
  { gatewaySide, teamSide }: Order,
  gateways: ReadonlySet<string>,
): (one: Change, other: Change) => number {
  function rank({ kind, namespace = "" }: ObjectRef): number {
    return gateways.has(namespace)
      ? gatewaySide.indexOf(kind)
      : gatewaySide.length + teamSide.indexOf(kind);
  }
  return ({ subject: one }, { subject: other }) =>
    rank(one) - rank(other) || compareText(refKey(one), refKey(other));
}
