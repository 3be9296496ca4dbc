import { z } from "zod";
import { scales } from "../gateways/autoscaling.ts";
import { gatewayLoad } from "../gateways/load.ts";
import type { SeenGateway } from "../gateways/seen-gateway.ts";
import { AUTOSCALED } from "../gateways/status.ts";
import { gatewayKey, type Grant } from "../grant.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import {
  type Autoscaler,
  LONGEST_WORD,
  MOST_REVISIONS,
  MOST_SURVEYED,
  type SurveyedGateway,
  surveyText,
} from "./survey.ts";

export interface GatewayFindings extends SeenGateway {
  readonly egressIpPrefix: string | undefined;
  /** There is a StaticGatewayConfiguration of it. */
  readonly isConfigured: boolean;
}

export interface GatewaysInput {
  readonly gateways: readonly GatewayFindings[];
  /** Live ones of the cluster. */
  readonly grants: readonly Grant[];
  /** Every namespace mapped to a gateway of the cluster. */
  readonly mapped: readonly { readonly namespace: string; readonly gateway: string }[];
  /** Of the gateways' namespaces. */
  readonly autoscalers: readonly KubernetesObject[];
  /** What revisions of a gateway lack while the mesh is upgraded, by `namespace/name`. */
  readonly lacks: ReadonlyMap<string, readonly string[]>;
}

/** What a survey says of each gateway. Pure; in the order given. */
export function surveyGateways(input: GatewaysInput): readonly SurveyedGateway[] {
  return input.gateways.slice(0, MOST_SURVEYED).map((findings) => surveyGateway(findings, input));
}

function surveyGateway(
  findings: GatewayFindings,
  { grants, mapped, autoscalers, lacks }: GatewaysInput,
): SurveyedGateway {
  const { gateway, egressIpPrefix } = findings;
  const [namespace = "", name = ""] = gateway.split("/");
  const own = grants.filter((grant) => gatewayKey(grant.gateway) === gateway);
  const state = stateOf(findings, own.length);
  return {
    gateway,
    state,
    ...(state === "not-ready" ? { why: surveyText(whyNotReady(findings)) } : {}),
    ...(egressIpPrefix === undefined
      ? {}
      : { egressIpPrefix: surveyText(egressIpPrefix, LONGEST_WORD) }),
    pods: findings.pods.slice(0, MOST_REVISIONS).map(({ revision, available, wanted }) => ({
      revision: surveyText(revision, LONGEST_WORD),
      available,
      wanted,
      ...autoscalerEntry(`${name}-${revision}`, namespace, autoscalers),
    })),
    ...notScaledEntry(findings),
    ...lackEntry(lacks.get(gateway)),
    grants: own.length,
    ...gatewayLoad(gateway, own, mapped),
  };
}

function lackEntry(lacks: readonly string[] = []): Pick<SurveyedGateway, "lacks"> {
  return lacks.length === 0 ? {} : { lacks: surveyText(lacks.join("; ")) };
}

/** Ready is what is seen now: a pod that is available and a prefix to leave from. */
function stateOf(
  { egressIpPrefix, pods, object, isConfigured }: GatewayFindings,
  grants: number,
): SurveyedGateway["state"] {
  if (pods.some(({ available }) => available > 0) && egressIpPrefix !== undefined) return "ready";
  const isBegun = pods.length > 0 || object !== undefined || isConfigured;
  return isBegun || grants > 0 ? "not-ready" : "absent";
}

const Conditions = z.array(z.object({ type: z.string(), status: z.string(), message: z.string() }));

/** What the gateways lane said of a gateway, where it said no. */
function noOf(object: KubernetesObject | undefined, condition: string): string | undefined {
  const conditions = Conditions.safeParse(object?.status?.["conditions"]).data ?? [];
  const said = conditions.find(({ type, status }) => type === condition && status === "False");
  return said?.message === "" ? undefined : said?.message;
}

function notScaledEntry({ object }: GatewayFindings): Pick<SurveyedGateway, "notScaled"> {
  const why = noOf(object, AUTOSCALED);
  return why === undefined ? {} : { notScaled: surveyText(why) };
}

/** In the words of the gateways lane, as long as they are not about something else. */
function whyNotReady({ egressIpPrefix, pods, object }: GatewayFindings): string {
  const said = noOf(object, "Ready");
  if (said !== undefined) return said;
  if (egressIpPrefix === undefined) return "it has no egress IP prefix yet";
  return pods.length === 0
    ? "its Deployment or Service is not there, or the mesh configuration cannot be read"
    : "none of its pods is available";
}

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/ */
const Spec = z.object({
  /** Kubernetes' own default. */
  minReplicas: z.int().min(0).default(1),
  maxReplicas: z.int().min(0),
  metrics: z.array(z.unknown()).default([]),
});
const Metric = z.object({
  resource: z.object({
    name: z.literal("cpu"),
    target: z.object({ averageUtilization: z.int().min(0) }),
  }),
});
const Status = z.object({
  currentReplicas: z.int().min(0).default(0),
  currentMetrics: z.array(z.unknown()).default([]),
});
const CurrentMetric = z.object({
  resource: z.object({
    name: z.literal("cpu"),
    current: z.object({ averageUtilization: z.int().min(0) }),
  }),
});

/** By the Deployment that it scales, whatever its own name is. */
function autoscalerEntry(
  deployment: string,
  namespace: string,
  autoscalers: readonly KubernetesObject[],
): { readonly autoscaler?: Autoscaler } {
  for (const object of autoscalers) {
    const spec = Spec.safeParse(object.spec).data;
    if (spec !== undefined && scales(object, namespace, deployment))
      return { autoscaler: readAutoscaler(spec, object) };
  }
  return {};
}

function readAutoscaler(
  { minReplicas, maxReplicas, metrics }: z.infer<typeof Spec>,
  { status }: KubernetesObject,
): Autoscaler {
  const seen = Status.safeParse(status ?? {}).data;
  const target = firstOf(Metric, metrics)?.resource.target.averageUtilization;
  const now = firstOf(CurrentMetric, seen?.currentMetrics ?? [])?.resource.current;
  return {
    least: minReplicas,
    most: maxReplicas,
    now: seen?.currentReplicas ?? 0,
    ...(target === undefined ? {} : { cpuTarget: target }),
    ...(now === undefined ? {} : { cpuNow: now.averageUtilization }),
  };
}

function firstOf<Value>(shape: z.ZodType<Value>, values: readonly unknown[]): Value | undefined {
  for (const value of values) {
    const read = shape.safeParse(value);
    if (read.success) return read.data;
  }
  return undefined;
}
