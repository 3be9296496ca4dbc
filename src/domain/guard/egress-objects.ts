import type { KubernetesObject } from "../kubernetes-object.ts";
import { toCel } from "../kubernetes/cel-text.ts";
import { admissionGuard, type Guarded } from "./admission-guard.ts";

/** Objects that lead a namespace's traffic, or change what its sidecars do. https://istio.io/latest/docs/reference/config/ */
const RESOURCES = {
  "networking.istio.io": [
    "serviceentries",
    "virtualservices",
    "destinationrules",
    "sidecars",
    "envoyfilters",
    "workloadentries",
    "workloadgroups",
    "proxyconfigs",
  ],
  "telemetry.istio.io": ["telemetries"],
} as const;

/** They take finalizers and owners out of what is being deleted, and change nothing else. */
const COLLECTORS = [
  "system:serviceaccount:kube-system:generic-garbage-collector",
  "system:serviceaccount:kube-system:namespace-controller",
];

/**
 * Keeps everybody but the named from writing egress objects in a team's namespaces. A VirtualService for gateways alone is
 * the team's own business: it counts where it, what it was before, or one of its routes is for the mesh, which is also
 * what one without gateways is for. https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService
 */
export function egressObjectsGuard({
  team,
  namespaces,
  admitted,
}: Guarded): readonly KubernetesObject[] {
  return admissionGuard({
    name: `sallyport-guard-objects-${team}`,
    namespaces,
    resources: RESOURCES,
    variables: {
      admitted: `request.userInfo.username in ${toCel(admitted)}`,
      collector: [
        `request.userInfo.username in ${toCel(COLLECTORS)}`,
        "oldObject != null",
        "object.?spec.orValue({}) == oldObject.?spec.orValue({})",
      ].join(" && "),
      routes: `[${["http", "tls", "tcp"]
        .map((kind) => `object.?spec.?${kind}.orValue([])`)
        .join(", ")}]`,
      routesForMesh:
        "variables.routes.exists(kind, kind.exists(route, route.?match.orValue([]).exists(match, 'mesh' in match.?gateways.orValue([]))))",
      wasForMesh: `oldObject != null && (${forMesh("oldObject")})`,
      forMesh: `${forMesh("object")} || variables.routesForMesh || variables.wasForMesh`,
    },
    validations: [
      {
        expression:
          "variables.admitted || variables.collector || (request.resource.resource == 'virtualservices' && !variables.forMesh)",
        messageExpression:
          "'only Sallyport writes ' + request.resource.resource + ' in ' + request.namespace + ', but for VirtualServices of gateways alone; ask it for egress'",
      },
    ],
  });
}

function forMesh(object: "object" | "oldObject"): string {
  const gateways = `${object}.?spec.?gateways.orValue([])`;
  return `${gateways}.size() == 0 || 'mesh' in ${gateways}`;
}
