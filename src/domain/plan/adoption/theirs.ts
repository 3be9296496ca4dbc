import type { Grant, Mode } from "../../grant.ts";
import { isRecord, listOf } from "../../json.ts";
import {
  INSTANCE_LABEL,
  type KubernetesObject,
  type ObjectRef,
  refKey,
} from "../../kubernetes-object.ts";
import type { ConflictInput } from "../conflicts/conflict.ts";
import {
  destinationsOf,
  hostsOf,
  isBoundToMesh,
  isItself,
  isShownTo,
  type RouteKind,
  shownTo,
} from "../ways-out/mesh-fields.ts";
import { covers, sees, sidecarsOf } from "../ways-out/sidecar-scope.ts";
import { waysOut } from "../ways-out/ways-out.ts";

const THEIR_KINDS = ["ServiceEntry", "VirtualService", "DestinationRule"] as const;
export type TheirKind = (typeof THEIR_KINDS)[number];

/** An object of somebody else that has a say in how a namespace reaches a host. */
export interface Theirs {
  readonly ref: ObjectRef & { readonly kind: TheirKind; readonly namespace: string };
  readonly object: KubernetesObject;
  /** Of its hosts, those that are the host asked for, or cover it. */
  readonly about: readonly string[];
  readonly otherHosts: readonly string[];
  /** Namespaces that see it; `*` for all. */
  readonly shownTo: readonly string[];
  /** It is in the namespace that asks. */
  readonly isOwn: boolean;
}

export type AdoptionInput = Pick<ConflictInput, "live" | "observed" | "instance">;

/**
 * What there is for the host of a grant that is not Sallyport's: in its namespace, or shown to it from another one. Of
 * DestinationRules those of the namespace alone: another one's say how a host is spoken to, not where it leads.
 */
export function theirsFor(grant: Grant, input: AdoptionInput): readonly Theirs[] {
  const { observed, instance } = input;
  const { namespace } = grant.scope;
  const ways = waysOut({ namespace, instance, defaults: observed.exportDefaults, ...observed });
  const leadingOut = new Set(ways.map(({ by }) => by));
  return observed.objects.flatMap((object) => {
    const theirs = readTheirs(object, grant, input);
    if (theirs === undefined) return [];
    return isInTheWay(theirs, { grant, input, leadingOut }) ? [theirs] : [];
  });
}

/** Every ServiceEntry of others for that host, whoever sees it. */
export function entriesAnywhere(grant: Grant, input: AdoptionInput): readonly Theirs[] {
  return input.observed.objects.flatMap((object) => {
    const theirs = object.kind === "ServiceEntry" ? readTheirs(object, grant, input) : undefined;
    return theirs === undefined ? [] : [theirs];
  });
}

function readTheirs(
  object: KubernetesObject,
  { scope, destination }: Grant,
  { instance, observed: { exportDefaults } }: AdoptionInput,
): Theirs | undefined {
  const kind = THEIR_KINDS.find((each) => each === object.kind);
  const { name, namespace, labels } = object.metadata;
  if (kind === undefined || namespace === undefined || labels?.[INSTANCE_LABEL] === instance)
    return undefined;
  const hosts = kind === "DestinationRule" ? ruleHosts(object) : hostsOf(object);
  const about = hosts.filter((host) => covers(host, destination.host));
  if (about.length === 0) return undefined;
  return {
    ref: { kind, namespace, name },
    object,
    about,
    otherHosts: hosts.filter((host) => !about.includes(host)),
    shownTo: shownTo(object, exportDefaults),
    isOwn: namespace === scope.namespace,
  };
}

export function ruleHosts({ spec }: KubernetesObject): readonly string[] {
  const host = spec?.["host"];
  return typeof host === "string" ? [host] : [];
}

function isInTheWay(
  { ref, object, shownTo: namespaces, isOwn }: Theirs,
  {
    grant: { scope, destination },
    input: { observed },
    leadingOut,
  }: {
    readonly grant: Grant;
    readonly input: AdoptionInput;
    readonly leadingOut: ReadonlySet<string>;
  },
): boolean {
  if (ref.kind === "VirtualService" && !isBoundToMesh(object.spec?.["gateways"])) return false;
  if (isOwn) return true;
  if (ref.kind !== "VirtualService")
    return ref.kind === "ServiceEntry" && leadingOut.has(refKey(ref));
  const wanted = { namespace: ref.namespace, host: destination.host, port: undefined };
  return (
    isShownTo(namespaces, scope.namespace) &&
    sidecarsOf(scope.namespace, observed.sidecars).every((each) =>
      sees(each, scope.namespace, wanted),
    )
  );
}

/** `ServiceEntry recipes/cnn`. */
export function nameOfTheirs({ ref }: Pick<Theirs, "ref">): string {
  return refKey(ref);
}

/** What an application speaks to a port of a ServiceEntry. */
export type Speech = "http" | "tls" | "bytes";

/** https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
export function portsSpoken({ spec }: KubernetesObject): ReadonlyMap<number, Speech> {
  return new Map(
    listOf(spec?.["ports"]).flatMap((port) =>
      isRecord(port) && typeof port["number"] === "number"
        ? [[port["number"], speechOf(port["protocol"])] as const]
        : [],
    ),
  );
}

function speechOf(protocol: unknown): Speech {
  const name = typeof protocol === "string" ? protocol.toUpperCase() : "";
  if (["HTTP", "HTTP2", "GRPC", "GRPC-WEB"].includes(name)) return "http";
  return name === "TLS" || name === "HTTPS" ? "tls" : "bytes";
}

/**
 * Where a VirtualService sends a host. `onward`: to something else, such as an egress gateway. `itself`: to the host as
 * it is, with timeouts or retries of its own. `both`: some routes so, some so. `nowhere`: it has no such route, or answers
 * by itself.
 */
export type Direction = "onward" | "itself" | "both" | "nowhere";

export function directionOf(
  { object }: Theirs,
  host: string,
  kinds?: readonly RouteKind[],
): Direction {
  const destinations = destinationsOf(object, host, kinds);
  if (destinations.length === 0) return "nowhere";
  const onward = destinations.filter((each) => !isItself(each, host));
  if (onward.length === 0) return "itself";
  return onward.length === destinations.length ? "onward" : "both";
}

/** Routes that a grant of the mode takes the place of. */
export function routeKindsOf(mode: Mode): readonly RouteKind[] {
  return mode === "http" ? ["http"] : ["tls", "tcp"];
}
