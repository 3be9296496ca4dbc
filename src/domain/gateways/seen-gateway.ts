import { type LabelSelector, selects } from "../kubernetes/label-selector.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";

/** What a gateway's Deployment of one mesh revision says of its pods. */
export interface RevisionPods {
  readonly revision: string;
  readonly available: number;
  readonly wanted: number;
  /** Which pods are the Deployment's. */
  readonly selector?: LabelSelector;
}

/** Of which mesh revision a gateway's pod is: that of the Deployment which selects it. */
export function revisionOf(
  labels: Readonly<Record<string, string>>,
  deployments: readonly RevisionPods[],
): string | undefined {
  return deployments.find(({ selector }) => selector !== undefined && selects(selector, labels))
    ?.revision;
}

/** A configured gateway as one run sees it. */
export interface SeenGateway {
  /** `namespace/name` */
  readonly gateway: string;
  /** Of each revision that it has a Deployment of; none while it, its Service or the mesh configuration is missing. */
  readonly pods: readonly RevisionPods[];
  /** Its EgressGateway, where it is there and ours. */
  readonly object: KubernetesObject | undefined;
}
