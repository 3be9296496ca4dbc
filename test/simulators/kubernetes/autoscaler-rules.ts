import { ApiFailure, type Cause } from "./api-failure.ts";
import { textOf, treeOf, treesOf } from "./json-tree.ts";
import type { KubernetesObject } from "./stored-object.ts";

/**
 * What the API server refuses of a HorizontalPodAutoscaler, as far as numbers are concerned.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/autoscaling/validation/validation.go
 */
export function autoscalerCauses({ kind, spec }: KubernetesObject): readonly Cause[] {
  if (kind !== "HorizontalPodAutoscaler") return [];
  const { minReplicas: least, maxReplicas: most, metrics } = treeOf(spec);
  const isAtMost = typeof least === "number" && typeof most === "number" && least > most;
  return [
    ...below(1, least, "spec.minReplicas", "must be greater than or equal to 1"),
    ...below(1, most ?? 0, "spec.maxReplicas", "must be greater than 0"),
    ...(isAtMost
      ? [cause("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")]
      : []),
    ...treesOf(metrics).flatMap((metric, at) =>
      below(
        1,
        treeOf(treeOf(metric["resource"])["target"])["averageUtilization"],
        `spec.metrics[${at}].resource.target.averageUtilization`,
        "must be greater than 0",
      ),
    ),
  ];
}

/**
 * The add-on lets nobody set fewer than two replicas, since nodes could not be drained then; its words are not documented.
 * https://learn.microsoft.com/azure/aks/istio-scale
 */
export function checkAddOnsAutoscaler({ kind, metadata, spec }: KubernetesObject): void {
  if (kind !== "HorizontalPodAutoscaler") return;
  const isAddOns = Object.keys(metadata.labels ?? {}).some((label) =>
    label.startsWith("azureservicemesh/"),
  );
  const { minReplicas: least } = treeOf(spec);
  if (!isAddOns || typeof least !== "number" || least >= 2) return;
  const webhook = "azure-service-mesh-ccp-validating-webhook.azmk8s.io";
  throw new ApiFailure(
    403,
    "Forbidden",
    `admission webhook "${webhook}" denied the request: minReplicas of ${textOf(metadata.name)} must be at least 2`,
  );
}

function below(least: number, value: unknown, field: string, why: string): readonly Cause[] {
  return typeof value === "number" && value < least ? [cause(field, value, why)] : [];
}

function cause(field: string, value: unknown, why: string): Cause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  };
}
