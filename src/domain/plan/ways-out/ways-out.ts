import { compareText } from "../../compare-text.ts";
import type { Destination } from "../../grant.ts";
import { isRecord, listOf } from "../../json.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../../kubernetes-object.ts";
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
}

/** To whom objects that do not say are shown. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
export interface ExportDefaults {
  readonly serviceEntries: readonly string[];
  readonly virtualServices: readonly string[];
}

export const SHOWN_TO_ALL: ExportDefaults = { serviceEntries: ["*"], virtualServices: ["*"] };

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
 * lets in. A host that the namespace has an object of ours for is not among them: of two ServiceEntries for one host the
 * namespace's own is taken. Sorted by host, port and object; pure.
 */
export function waysOut(input: WaysOutInput): readonly WayOut[] {
  const { objects, instance, namespace } = input;
  const theirs = objects.filter(
    (object) => object.metadata.labels?.[INSTANCE_LABEL] !== instance && isVisible(object, input),
  );
  const ours = new Set(
    objects
      .filter(
        ({ kind, metadata }) =>
          kind === "ServiceEntry" &&
          metadata.labels?.[INSTANCE_LABEL] === instance &&
          metadata.namespace === namespace,
      )
      .flatMap(({ spec }) => textList(spec?.["hosts"])),
  );
  const routes = theirs.filter(
    ({ kind, spec }) => kind === "VirtualService" && isBoundToMesh(spec?.["gateways"]),
  );
  const entries = theirs.filter(({ kind }) => kind === "ServiceEntry");
  return [
    ...entries.flatMap((entry) => waysOfEntry(entry, routes)),
    ...routes.flatMap((route) => waysOfRoute(route, entries)),
  ]
    .filter(({ host }) => !ours.has(host))
    .filter((way) => isLetIn(way, input))
    .map(({ namespace: _of, ...way }) => way)
    .toSorted(byText);
}

type Found = WayOut & { readonly namespace: string };

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
function destinationOf({ spec }: KubernetesObject, host: string): string | undefined {
  const routes = ["http", "tls", "tcp"].flatMap((kind) => listOf(spec?.[kind]));
  const hosts = routes.flatMap((route) =>
    listOf(isRecord(route) ? route["route"] : undefined).flatMap((to) => {
      const destination = isRecord(to) ? to["destination"] : undefined;
      return isRecord(destination) && typeof destination["host"] === "string"
        ? [destination["host"]]
        : [];
    }),
  );
  return hosts.find((each) => each !== host && !covers(host, each));
}

function isVisible({ kind, metadata, spec }: KubernetesObject, input: WaysOutInput): boolean {
  const { namespace, defaults } = input;
  const given = textList(spec?.["exportTo"]);
  const usual = kind === "ServiceEntry" ? defaults.serviceEntries : defaults.virtualServices;
  return (given.length === 0 ? usual : given).some(
    (target) =>
      target === "*" ||
      target === namespace ||
      (target === "." && metadata.namespace === namespace),
  );
}

function isLetIn({ host, port, namespace: of }: Found, input: WaysOutInput): boolean {
  return sidecarsOf(input.namespace, input.sidecars).every((sidecar) =>
    sees(sidecar, input.namespace, { namespace: of, host, port }),
  );
}

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService */
export function isBoundToMesh(gateways: unknown): boolean {
  const names = textList(gateways);
  return names.length === 0 || names.includes("mesh");
}

function hostsOf({ spec }: KubernetesObject): readonly string[] {
  return textList(spec?.["hosts"]);
}

function portsOf(spec: KubernetesObject["spec"]): readonly (number | undefined)[] {
  const numbers = listOf(spec?.["ports"]).map((port) =>
    isRecord(port) && typeof port["number"] === "number" ? port["number"] : undefined,
  );
  return numbers.length === 0 ? [undefined] : numbers;
}

function byText(one: WayOut, other: WayOut): number {
  return compareText(wayText(one), wayText(other));
}

/** Those that lead to this very server, by name or pattern. */
export function waysTo(
  { host, port }: Pick<Destination, "host" | "port">,
  ways: readonly WayOut[],
): readonly WayOut[] {
  return ways.filter(
    (way) => covers(way.host, host) && (way.port === undefined || way.port === port),
  );
}

/** `feeds.example.org:443 directly by ServiceEntry legacy-egress/feeds`. */
export function wayText({ host, port, by, through }: WayOut): string {
  const where = port === undefined ? host : `${host}:${port}`;
  return `${where} ${through === undefined ? "directly" : `through ${through}`} by ${by}`;
}
