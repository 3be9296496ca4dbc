import type { KubernetesObject } from "../kubernetes-object.ts";

/** What a gateway's Deployment of one mesh revision says of its pods. */
export interface RevisionPods {
  readonly revision: string;
  readonly available: number;
  readonly wanted: number;
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
