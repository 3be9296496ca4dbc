import { isRecord } from "../../json.ts";
import { ROOT_NAMESPACE } from "../../kubernetes/needed-pods.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";

/**
 * The Sidecars that decide what a namespace's pods see, but for pods selected by one of their own; one of the root
 * namespace stands in where the namespace has none. https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export function sidecarsOf(
  namespace: string,
  sidecars: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  const general = sidecars.filter(({ spec }) => spec?.["workloadSelector"] === undefined);
  const own = general.filter(({ metadata }) => metadata.namespace === namespace);
  return own.length > 0
    ? own
    : general.filter(({ metadata }) => metadata.namespace === ROOT_NAMESPACE);
}

/** What a Sidecar is asked about: a host of an object in `namespace`, on a port. */
export interface Wanted {
  readonly namespace: string;
  readonly host: string;
  /** Undefined for a host on whichever port. */
  readonly port: number | undefined;
}

/**
 * Whether pods of namespace `from` see it. A listener with a port is all there is for that port; one without stands for
 * every other port. https://istio.io/latest/docs/reference/config/networking/sidecar/#IstioEgressListener
 */
export function sees(sidecar: KubernetesObject, from: string, wanted: Wanted): boolean {
  const listeners = listenersOf(sidecar);
  if (listeners === undefined) return true;
  const named = listeners.filter(({ port }) => port !== undefined && port === wanted.port);
  const rest = listeners.filter(({ port }) => port === undefined);
  const mine = wanted.port === undefined ? listeners : named.length > 0 ? named : rest;
  return mine.some(({ hosts }) => hosts.some((entry) => lets(entry, from, wanted)));
}

interface Listener {
  readonly port: number | undefined;
  readonly hosts: readonly string[];
}

function listenersOf({ spec }: KubernetesObject): readonly Listener[] | undefined {
  const egress = spec?.["egress"];
  if (!Array.isArray(egress)) return undefined;
  return egress.map((listener: unknown) => {
    if (!isRecord(listener)) return { port: undefined, hosts: [] };
    const { port, hosts } = listener;
    return {
      port: isRecord(port) && typeof port["number"] === "number" ? port["number"] : undefined,
      hosts: textList(hosts),
    };
  });
}

/** `namespace/dnsName`, either of which may be a star. */
function lets(entry: string, from: string, { namespace, host }: Wanted): boolean {
  const [where = "", pattern = "*"] = entry.split("/");
  const isThere = where === "*" || where === namespace || (where === "." && namespace === from);
  return isThere && (covers(pattern, host) || covers(host, pattern));
}

/** Whether a host, or a pattern with a leading star, has the other under it. */
export function covers(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith("*") && host.endsWith(pattern.slice(1)));
}

export function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
