import { isRecord, listOf } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { covers, textList } from "./sidecar-scope.ts";

/** Of a ServiceEntry or VirtualService. */
export function hostsOf({ spec }: KubernetesObject): readonly string[] {
  return textList(spec?.["hosts"]);
}

/** Numbers; undefined for one that has none. */
export function portsOf(spec: KubernetesObject["spec"]): readonly (number | undefined)[] {
  const numbers = listOf(spec?.["ports"]).map((port) =>
    isRecord(port) && typeof port["number"] === "number" ? port["number"] : undefined,
  );
  return numbers.length === 0 ? [undefined] : numbers;
}

/** To whom objects that do not say are shown. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
export interface ExportDefaults {
  readonly serviceEntries: readonly string[];
  readonly virtualServices: readonly string[];
}

export const SHOWN_TO_ALL: ExportDefaults = { serviceEntries: ["*"], virtualServices: ["*"] };

/** Namespaces that see an object, by name; `*` for all of them. Sorted. */
export function shownTo(
  { kind, metadata: { namespace = "" }, spec }: KubernetesObject,
  { serviceEntries, virtualServices }: ExportDefaults,
): readonly string[] {
  const given = textList(spec?.["exportTo"]);
  const usual = kind === "ServiceEntry" ? serviceEntries : virtualServices;
  const targets = given.length === 0 ? usual : given;
  return [...new Set(targets.map((target) => (target === "." ? namespace : target)))].toSorted();
}

export function isShownTo(namespaces: readonly string[], namespace: string): boolean {
  return namespaces.includes("*") || namespaces.includes(namespace);
}

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService */
export function isBoundToMesh(gateways: unknown): boolean {
  const names = textList(gateways);
  return names.length === 0 || names.includes("mesh");
}

export const ROUTE_KINDS = ["http", "tls", "tcp"] as const;
export type RouteKind = (typeof ROUTE_KINDS)[number];

/** Hosts a VirtualService sends a host's traffic to, by routes of these kinds; those of other names' SNI left out. */
export function destinationsOf(
  { spec }: KubernetesObject,
  host: string,
  kinds: readonly RouteKind[] = ROUTE_KINDS,
): readonly string[] {
  return kinds
    .flatMap((kind) => listOf(spec?.[kind]))
    .filter((route) => isRecord(route) && isFor(route, host))
    .flatMap((route) => listOf(isRecord(route) ? route["route"] : undefined))
    .flatMap((to) => {
      const destination = isRecord(to) ? to["destination"] : undefined;
      return isRecord(destination) && typeof destination["host"] === "string"
        ? [destination["host"]]
        : [];
    });
}

function isFor(route: Readonly<Record<string, unknown>>, host: string): boolean {
  const names = listOf(route["match"]).flatMap((match) =>
    textList(isRecord(match) ? match["sniHosts"] : undefined),
  );
  return names.length === 0 || names.some((name) => covers(name, host) || covers(host, name));
}

/** Whether a destination is that host itself, or a host under that pattern. */
export function isItself(destination: string, host: string): boolean {
  return destination === host || covers(host, destination);
}
