import type { Catalogue } from "./catalogue.ts";
import { labelsOfNamespace, selectsLabels } from "./network-policy.ts";
import type { LabelSelector } from "./workload-schema.ts";

/**
 * What the control plane knows: in a namespace that none of `discoverySelectors` selects it ignores services and every
 * object of Istio's. None means all namespaces. Pods and policies of Kubernetes stay: nobody asks the control plane for
 * those.
 * https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-discovery_selectors ,
 * https://istio.io/latest/docs/ops/configuration/mesh/configuration-scoping/#discoveryselectors
 */
export function discovered(catalogue: Catalogue, selectors: readonly LabelSelector[]): Catalogue {
  if (selectors.length === 0) return catalogue;
  function known<Item extends { readonly metadata: { readonly namespace: string } }>(
    items: readonly Item[],
  ): readonly Item[] {
    return items.filter(({ metadata }) => {
      const labels = labelsOfNamespace(catalogue, metadata.namespace);
      return selectors.some((selector) => selectsLabels(selector, labels));
    });
  }
  return {
    ...catalogue,
    services: known(catalogue.services),
    serviceEntries: known(catalogue.serviceEntries),
    virtualServices: known(catalogue.virtualServices),
    destinationRules: known(catalogue.destinationRules),
    gateways: known(catalogue.gateways),
    authorizationPolicies: known(catalogue.authorizationPolicies),
    sidecars: known(catalogue.sidecars),
    telemetries: known(catalogue.telemetries),
  };
}
