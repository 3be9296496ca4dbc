import { INSTANCE_LABEL, type KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Attempt } from "./attempt.ts";
import { allowedOfAutoscalers, forbiddenOfAutoscalers } from "./autoscalers.ts";
import { allowedOfMesh, forbiddenKinds, forbiddenOfMesh, forbiddenOfResources } from "./mesh.ts";
import { allowedOfNamespaces, forbiddenOfNamespaces } from "./namespaces.ts";
import { allowedOfPods, forbiddenOfPods } from "./pods.ts";

/** What the worker makes: a probe, a gateway's namespace, and objects of the mesh. */
export interface Made {
  readonly probe: KubernetesObject;
  readonly gatewayNamespace: KubernetesObject;
  readonly objects: readonly KubernetesObject[];
}

export function forbidden({ probe, gatewayNamespace, objects }: Made): readonly Attempt[] {
  return [
    ...forbiddenOfPods(probe),
    ...forbiddenOfNamespaces(gatewayNamespace),
    ...objects.flatMap(forbiddenOfMesh),
    ...forbiddenOfAutoscalers(),
    ...forbiddenOfResources(),
    ...forbiddenKinds(gatewayNamespace.metadata.labels?.[INSTANCE_LABEL] ?? ""),
  ];
}

export function allowed({ probe, gatewayNamespace, objects }: Made): readonly Attempt[] {
  return [
    ...allowedOfPods(probe),
    ...allowedOfNamespaces(gatewayNamespace),
    ...objects.flatMap(allowedOfMesh),
    ...allowedOfAutoscalers(),
  ];
}
