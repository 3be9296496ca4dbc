import { compareText } from "../../compare-text.ts";
import type { Destination } from "../../grant.ts";
import { listOf } from "../../json.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../../kubernetes-object.ts";
import {
  destinationsOf,
  type ExportDefaults,
  hostsOf,
  isBoundToMesh,
  isItself,
  isShownTo,
  portsOf,
  shownTo,
} from "./mesh-fields.ts";
import { covers, sees, sidecarsOf, textList } from "./sidecar-scope.ts";

/** A way out of a namespace that no grant of ours opens. */
export interface WayOut {
  /** As the object says it; may begin with a star. */
  readonly host: string;
  /** Undefined where the object names none. */
  readonly port: number | undefined;
  /** `ServiceEntry legacy-egress/feeds`. */
  readonly by: string;
  /** The host traffic is sent to, where a VirtualService sends it on; undefined where it leaves directly. */
  readonly through: string | undefined;
  /** Of another namespace, while this one has an object of ours for that host and port: it leads out when ours is gone. */
  readonly isBehindOurs: boolean;
}

export interface WaysOutInput {
  readonly namespace: string;
  /** ServiceEntries and VirtualServices of every namespace; others are ignored. */
  readonly objects: readonly KubernetesObject[];
  /** Of every namespace. */
  readonly sidecars: readonly KubernetesObject[];
  readonly instance: string;
  readonly defaults: ExportDefaults;
}

/**
 * Every way out of a namespace that is not ours: what others export to it, from anywhere in the mesh, and its Sidecar
 * lets in. Of two ServiceEntries for one host the namespace's own is taken: seen on a mesh of the ports that both have;
 * of ports that ours does not have it was not. Sorted by host, port and object; pure.
 */
export function waysOut(input: WaysOutInput): readonly WayOut[] {
  const { objects, instance } = input;
  const theirs = objects.filter(
    (object) => object.metadata.labels?.[INSTANCE_LABEL] !== instance && isVisible(object, input),
  );
  const ours = oursIn(input);
  const routes = theirs.filter(
    ({ kind, spec }) => kind === "VirtualService" && isBoundToMesh(spec?.["gateways"]),
  );
  const entries = theirs.filter(({ kind }) => kind === "ServiceEntry");
  return [
    ...entries.flatMap((entry) => waysOfEntry(entry, routes)),
    ...routes.flatMap((route) => waysOfRoute(route, entries)),
  ]
    .filter((way) => isLetIn(way, input))
    .map(({ namespace: of, ...way }) => ({
      ...way,
      isBehindOurs: of !== input.namespace && ours.has(placeText(way)),
    }))
    .toSorted(byText);
}

type Found = Omit<WayOut, "isBehindOurs"> & { readonly namespace: string };

/** Hosts and ports of our own in the namespace. */
function oursIn({ objects, instance, namespace }: WaysOutInput): ReadonlySet<string> {
  return new Set(
    objects
      .filter(
        ({ kind, metadata }) =>
          kind === "ServiceEntry" &&
          metadata.labels?.[INSTANCE_LABEL] === instance &&
          metadata.namespace === namespace,
      )
      .flatMap(({ spec }) =>
        textList(spec?.["hosts"]).flatMap((host) =>
          portsOf(spec).map((port) => placeText({ host, port })),
        ),
      ),
  );
}

function waysOfEntry(
  { metadata, spec }: KubernetesObject,
  routes: readonly KubernetesObject[],
): readonly Found[] {
  // What is inside is none; STATIC without endpoints leads nowhere by itself.
  if (spec?.["location"] === "MESH_INTERNAL") return [];
  const namespace = metadata.namespace ?? "";
  const by = `ServiceEntry ${namespace}/${metadata.name}`;
  const leadsOut = spec?.["resolution"] !== "STATIC" || listOf(spec["endpoints"]).length > 0;
  return textList(spec?.["hosts"]).flatMap((host) => {
    const route = routes.find((each) => hostsOf(each).some((name) => covers(name, host)));
    const through = route === undefined ? undefined : destinationOf(route, host);
    return through === undefined && !leadsOut
      ? []
      : portsOf(spec).map((port) => ({ host, port, by, through, namespace }));
  });
}

/**
 * Without a ServiceEntry a VirtualService's http routes are served all the same, on port 80: seen on a mesh. What it
 * sends to the host itself leads nowhere then.
 */
function waysOfRoute(
  route: KubernetesObject,
  entries: readonly KubernetesObject[],
): readonly Found[] {
  const { metadata, spec } = route;
  if (listOf(spec?.["http"]).length === 0) return [];
  const namespace = metadata.namespace ?? "";
  return hostsOf(route).flatMap((host) => {
    const isKnown = entries.some((entry) => hostsOf(entry).some((name) => covers(name, host)));
    const through = destinationOf(route, host);
    return isKnown || through === undefined || !isExternal(host)
      ? []
      : [
          {
            host,
            port: 80,
            by: `VirtualService ${namespace}/${metadata.name}`,
            through,
            namespace,
          },
        ];
  });
}

/** Hosts of Services are inside; a short name is one of them. */
function isExternal(host: string): boolean {
  return host.includes(".") && !/\.svc(\.|$)/.test(host);
}

/** Where it sends what is not meant for that host itself. */
function destinationOf(route: KubernetesObject, host: string): string | undefined {
  return destinationsOf(route, host).find((each) => !isItself(each, host));
}

function isVisible(object: KubernetesObject, { namespace, defaults }: WaysOutInput): boolean {
  return isShownTo(shownTo(object, defaults), namespace);
}

function isLetIn({ host, port, namespace: of }: Found, input: WaysOutInput): boolean {
  return sidecarsOf(input.namespace, input.sidecars).every((sidecar) =>
    sees(sidecar, input.namespace, { namespace: of, host, port }),
  );
}

function byText(one: WayOut, other: WayOut): number {
  return compareText(wayText(one), wayText(other));
}

/** Those that lead to this very server, by name or pattern; of a wildcard, to any host below it. */
export function waysTo(
  { host, port }: Pick<Destination, "host" | "port">,
  ways: readonly WayOut[],
): readonly WayOut[] {
  return ways.filter(
    (way) =>
      (covers(way.host, host) || covers(host, way.host)) &&
      (way.port === undefined || way.port === port),
  );
}

/** `feeds.example.org:443 directly by ServiceEntry legacy-egress/feeds`. */
export function wayText(way: WayOut): string {
  const { by, through, isBehindOurs } = way;
  const unused = isBehindOurs ? ", unused as long as Sallyport's own is there" : "";
  return `${placeText(way)} ${through === undefined ? "directly" : `through ${through}`} by ${by}${unused}`;
}

function placeText({ host, port }: Pick<WayOut, "host" | "port">): string {
  return port === undefined ? host : `${host}:${port}`;
}
