import { z } from "zod";
import type { AutoscalerSettings } from "../directory.ts";
import type { GatewayRef } from "../grant.ts";
import { isRecord, type JsonRecord, listOf } from "../json.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { inOrder } from "../upgrades/revision-order.ts";

/**
 * The autoscaler of a gateway is that of its oldest revision: while the mesh is upgraded the add-on copies what stands
 * there to the newer revision's, and reverts what is written on that one.
 * https://learn.microsoft.com/azure/aks/istio-upgrade
 */
export type Autoscaling =
  /** What of the settings cannot be set by changing values alone; the rest is in the patch. */
  | {
      readonly kind: "found";
      readonly object: KubernetesObject;
      /** A merge patch; undefined where nothing is to be changed. */
      readonly patch: JsonRecord | undefined;
      readonly hasNoCpuTarget: boolean;
    }
  | { readonly kind: "missing" | "several"; readonly deployment: string };

interface Looking {
  readonly gateway: GatewayRef;
  readonly settings: AutoscalerSettings;
  /** Mesh revisions it has a Deployment of, in any order. */
  readonly revisions: readonly string[];
  /** HorizontalPodAutoscalers of its namespace. */
  readonly autoscalers: readonly KubernetesObject[];
}

/** Which autoscaler has the settings of a gateway, and what to change in it. Pure; undefined without a Deployment. */
export function autoscalingOf({
  gateway,
  settings,
  revisions,
  autoscalers,
}: Looking): Autoscaling | undefined {
  const [oldest] = inOrder(revisions.map((revision) => ({ revision })));
  if (oldest === undefined) return undefined;
  const deployment = `${gateway.name}-${oldest.revision}`;
  const found = autoscalers.filter((each) => scales(each, gateway.namespace, deployment));
  const [object] = found;
  if (object === undefined) return { kind: "missing", deployment };
  // Two on one Deployment fight each other, and neither says which one the add-on copies.
  if (found.length > 1) return { kind: "several", deployment };
  const { patch, hasNoCpuTarget } = patchOf(object.spec ?? {}, settings);
  return { kind: "found", object, patch, hasNoCpuTarget };
}

const Target = z.object({ scaleTargetRef: z.object({ kind: z.string(), name: z.string() }) });

/** Whether it scales that Deployment, whatever its own name is. */
export function scales(
  { metadata, spec }: KubernetesObject,
  namespace: string,
  deployment: string,
): boolean {
  const { scaleTargetRef } = Target.safeParse(spec).data ?? {};
  return (
    metadata.namespace === namespace &&
    scaleTargetRef?.kind === "Deployment" &&
    scaleTargetRef.name === deployment
  );
}

function patchOf(
  spec: JsonRecord,
  { min, max, cpu }: AutoscalerSettings,
): { readonly patch: JsonRecord | undefined; readonly hasNoCpuTarget: boolean } {
  const metrics = listOf(spec["metrics"]);
  const wanted = cpu === undefined ? metrics : metrics.map((metric) => withCpu(metric, cpu));
  const isOther = wanted.some((metric, at) => metric !== metrics[at]);
  const changed = {
    ...(min === undefined || min === spec["minReplicas"] ? {} : { minReplicas: min }),
    ...(max === undefined || max === spec["maxReplicas"] ? {} : { maxReplicas: max }),
    // A list is replaced whole: https://www.rfc-editor.org/rfc/rfc7386
    ...(isOther ? { metrics: wanted } : {}),
  };
  return {
    patch: Object.keys(changed).length === 0 ? undefined : { spec: changed },
    hasNoCpuTarget: cpu !== undefined && !metrics.some((metric) => targetOf(metric) !== undefined),
  };
}

/** The very same metric where there is nothing to change in it. */
function withCpu(metric: unknown, cpu: number): unknown {
  const target = targetOf(metric);
  if (target === undefined || target["averageUtilization"] === cpu || !isRecord(metric))
    return metric;
  const resource = isRecord(metric["resource"]) ? metric["resource"] : {};
  return {
    ...metric,
    resource: { ...resource, target: { ...target, averageUtilization: cpu } },
  };
}

/** Of the processor, where it is a percentage of what pods ask for and not an amount. */
function targetOf(metric: unknown): JsonRecord | undefined {
  if (!isRecord(metric) || metric["type"] !== "Resource") return undefined;
  const { resource } = metric;
  if (!isRecord(resource) || resource["name"] !== "cpu") return undefined;
  const { target } = resource;
  return isRecord(target) && target["type"] === "Utilization" ? target : undefined;
}

/** For people. */
export function settingsText({ min, max, cpu }: AutoscalerSettings): string {
  const said = [
    ...(min === undefined ? [] : [`at least ${min} pods`]),
    ...(max === undefined ? [] : [`at most ${max} pods`]),
    ...(cpu === undefined ? [] : [`${cpu} % of the processor`]),
  ];
  return said.join(", ");
}
