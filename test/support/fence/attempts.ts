import { INSTANCE_LABEL, type KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { registryOnlySidecar } from "#src/domain/admin/registry-only/team-sidecar.ts";
import type { Attempt } from "./attempt.ts";
import { allowedOfAutoscalers, forbiddenOfAutoscalers } from "./autoscalers.ts";
import { allowedOfMeshConfig, forbiddenOfMeshConfig } from "./mesh-config.ts";
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
    ...forbiddenKinds(instanceOf(gatewayNamespace)),
    ...forbiddenOfMesh(registryOnlySidecar(instanceOf(gatewayNamespace), "team-x")),
    ...forbiddenOfMeshConfig(),
  ];
}

export function allowed({ probe, gatewayNamespace, objects }: Made): readonly Attempt[] {
  return [
    ...allowedOfPods(probe),
    ...allowedOfNamespaces(gatewayNamespace),
    ...objects.flatMap(allowedOfMesh),
    ...allowedOfAutoscalers(),
    ...allowedOfMesh(registryOnlySidecar(instanceOf(gatewayNamespace), "team-x")),
    ...allowedOfMeshConfig(),
  ];
}

function instanceOf({ metadata }: KubernetesObject): string {
  return metadata.labels?.[INSTANCE_LABEL] ?? "";
}
