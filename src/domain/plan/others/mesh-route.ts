import { isRecord, listOf } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { type Interference, type Judged, nameOf } from "./interference.ts";

/**
 * A route of the Kubernetes Gateway API that sidecars of the team's namespace go by: one of its own namespace that is
 * attached to something else than a Gateway. Which of it and Sallyport's VirtualService counts for a host is not settled.
 * https://gateway-api.sigs.k8s.io/mesh/ , https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/
 */
export function meshRoute(object: KubernetesObject, { way }: Judged): readonly Interference[] {
  if (object.metadata.namespace !== way.scope.namespace) return [];
  if (!listOf(object.spec?.["parentRefs"]).some(isMesh)) return [];
  return [
    {
      effect: "not-judged",
      text: `${nameOf(object)} routes what the namespace's sidecars send by the Kubernetes Gateway API, and is not judged: AKS's egress gateways are routed to by Istio's own objects, and the Gateway API on AKS is for gateways that are deployed by hand; a grant takes its place`,
    },
  ];
}

/** Left out, a parent's kind is Gateway. */
function isMesh(parent: unknown): boolean {
  return isRecord(parent) && parent["kind"] !== undefined && parent["kind"] !== "Gateway";
}
