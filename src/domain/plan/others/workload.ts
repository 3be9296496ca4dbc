import { selects } from "../../kubernetes/label-selector.ts";
import { ROOT_NAMESPACE } from "../../kubernetes/needed-pods.ts";
import { isRecord } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import type { Judged, Labels } from "./interference.ts";

/**
 * Whether an Istio object is on one of the gateway's pods: it is in their namespace or the mesh's root namespace, and its
 * selector, if any, matches. Those with `targetRefs` are for gateways of the Kubernetes Gateway API and for waypoints.
 * https://istio.io/latest/docs/reference/config/type/workload-selector/
 */
export function isOnGateway(object: KubernetesObject, { way, surroundings }: Judged): boolean {
  return (
    isIn(object, way.gateway.namespace) &&
    !hasTargets(object) &&
    matchesAny(selectorOf(object), surroundings.gatewayPods)
  );
}

/** As `isOnGateway`, of the team's pods; in the team's own namespace any selector counts, whichever pods run right now. */
export function isOnTeam(object: KubernetesObject, { way, surroundings }: Judged): boolean {
  const { namespace } = way.scope;
  if (!isIn(object, namespace) || hasTargets(object)) return false;
  return (
    object.metadata.namespace === namespace || matchesAny(selectorOf(object), surroundings.teamPods)
  );
}

function isIn({ metadata }: KubernetesObject, namespace: string): boolean {
  return metadata.namespace === namespace || metadata.namespace === ROOT_NAMESPACE;
}

function hasTargets({ spec }: KubernetesObject): boolean {
  return spec?.["targetRef"] !== undefined || spec?.["targetRefs"] !== undefined;
}

/** EnvoyFilters have a selector of their own form. */
export function selectorOf({ kind, spec }: KubernetesObject): Labels {
  const selector = spec?.[kind === "EnvoyFilter" ? "workloadSelector" : "selector"];
  if (!isRecord(selector)) return {};
  return labelsIn(selector[kind === "EnvoyFilter" ? "labels" : "matchLabels"]);
}

export function labelsIn(value: unknown): Labels {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) =>
      typeof each === "string" ? [[key, each] as const] : [],
    ),
  );
}

/** A selector without labels matches every pod, also those that are not there yet. */
export function matchesAny(selector: Labels, pods: readonly Labels[]): boolean {
  return (
    Object.keys(selector).length === 0 ||
    pods.some((labels) => selects({ matchLabels: selector, matchExpressions: [] }, labels))
  );
}
