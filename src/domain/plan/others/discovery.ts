import { type LabelSelector, selects } from "../../kubernetes/label-selector.ts";
import type { Interference, Judged, Labels } from "./interference.ts";

/**
 * `discoverySelectors` of each revision of the mesh; none means every namespace, several add up.
 * https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-discovery_selectors
 */
export type Discovery = readonly (readonly LabelSelector[])[];

/** Whether the control plane of some revision ignores all that is in a namespace. */
export function isLeftOut(
  name: string,
  { labels, discovery }: { readonly labels: Labels; readonly discovery: Discovery },
): boolean {
  // Kubernetes gives every namespace this label.
  const all = { ...labels, "kubernetes.io/metadata.name": name };
  return discovery.some(
    (selectors) => selectors.length > 0 && !selectors.some((each) => selects(each, all)),
  );
}

/** A gateway's namespace that is not there yet is made without labels that a mesh may ask for. */
export function undiscovered({ way, surroundings }: Judged): readonly Interference[] {
  const { namespaceLabels, discovery, unseen } = surroundings;
  if (discovery === "unknown" || unseen.includes("Namespace")) return [];
  return [...new Set([way.gateway.namespace, way.scope.namespace])]
    .filter((name) => isLeftOut(name, { labels: namespaceLabels.get(name) ?? {}, discovery }))
    .map((name) => ({
      effect: "not-discovered",
      text: `discoverySelectors of the mesh configuration leave namespace ${name} out, so that the control plane ignores every object in it`,
    }));
}
