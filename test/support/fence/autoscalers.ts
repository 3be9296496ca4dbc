import { apiVersionOf, type KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Attempt, changed, FOREIGN_NAMESPACES } from "./attempt.ts";

const CPU = 0;
const CPU_METRIC = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
};
const MEMORY = {
  type: "Resource",
  resource: { name: "memory", target: { type: "AverageValue", averageValue: "500Mi" } },
};
const QUEUE = {
  type: "External",
  external: { metric: { name: "queue" }, target: { type: "Value", value: "10" } },
};
const OF_OTHER_KINDS = [
  {
    type: "ContainerResource",
    containerResource: { ...CPU_METRIC.resource, container: "istio-proxy" },
  },
  {
    type: "Pods",
    pods: { metric: { name: "streams" }, target: { type: "AverageValue", averageValue: "9" } },
  },
  {
    type: "Object",
    object: {
      describedObject: { apiVersion: "v1", kind: "Service", name: "egw" },
      metric: { name: "requests" },
      target: { type: "Value", value: "9" },
    },
  },
];
const POLICY = { type: "Pods", value: 4, periodSeconds: 60 };

const SCALING = {
  stabilizationWindowSeconds: 60,
  selectPolicy: "Max",
  tolerance: "0.1",
  policies: [POLICY],
};

/** One with everything an autoscaler may have. */
const AUTOSCALER: KubernetesObject = {
  apiVersion: apiVersionOf("HorizontalPodAutoscaler"),
  kind: "HorizontalPodAutoscaler",
  metadata: {
    name: "mine",
    namespace: "egress-gw",
    labels: { app: "egw" },
    annotations: { note: "ours" },
  },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "egw-asm-1-28" },
    minReplicas: 2,
    maxReplicas: 5,
    metrics: [CPU_METRIC, MEMORY, QUEUE, ...OF_OTHER_KINDS],
    behavior: { scaleUp: SCALING, scaleDown: SCALING },
  },
};

type Change = readonly [what: string, path: readonly (string | number)[], value: unknown];

/** What the worker sets. */
export const SET: readonly Change[] = [
  ["minReplicas", ["spec", "minReplicas"], 3],
  ["maxReplicas", ["spec", "maxReplicas"], 9],
  [
    "the processor's averageUtilization",
    ["spec", "metrics", CPU, "resource", "target", "averageUtilization"],
    60,
  ],
];

/** Another value in each place of it, and one for each field that it has not. */
export const OTHER_FIELDS: readonly Change[] = [
  ...places(AUTOSCALER.spec, ["spec"]).filter(
    ([what]) => !SET.some(([, path]) => path.join(".") === what),
  ),
  ["another behavior", ["spec", "behavior", "scaleDown"], undefined],
  ["no behavior", ["spec", "behavior"], undefined],
  ["no metrics", ["spec", "metrics"], undefined],
  ["no metric of the processor", ["spec", "metrics"], [MEMORY, QUEUE]],
  ["no metric but the processor", ["spec", "metrics"], [CPU_METRIC]],
  ["metrics in another order", ["spec", "metrics"], [MEMORY, CPU_METRIC, QUEUE]],
  ["two metrics of the processor", ["spec", "metrics"], [CPU_METRIC, CPU_METRIC, MEMORY, QUEUE]],
  [
    "an amount of the processor",
    ["spec", "metrics", CPU, "resource", "target"],
    { type: "AverageValue", averageValue: "500m" },
  ],
  [
    "a percentage and an amount of the processor",
    ["spec", "metrics", CPU, "resource", "target", "averageValue"],
    "500m",
  ],
  [
    "the processor of one container",
    ["spec", "metrics", CPU],
    {
      type: "ContainerResource",
      containerResource: { ...CPU_METRIC.resource, container: "istio-proxy" },
    },
  ],
  ...[undefined, { app: "other" }, { app: "egw", "sallyport.dev/instance": "demo" }].map(
    (labels, index): Change => [`other labels (${index})`, ["metadata", "labels"], labels],
  ),
  ...[undefined, { note: "mine" }, { note: "ours", more: "x" }].map(
    (annotations, index): Change => [
      `other annotations (${index})`,
      ["metadata", "annotations"],
      annotations,
    ],
  ),
  [
    "an owner",
    ["metadata", "ownerReferences"],
    [
      {
        apiVersion: "v1",
        kind: "Pod",
        name: "other",
        uid: "00000000-0000-0000-0000-000000000001",
      },
    ],
  ],
  ["finalizers", ["metadata", "finalizers"], ["example.com/stay"]],
];

/** Another value of the same type in each place, and a list longer by one. */
function places(value: unknown, path: readonly (string | number)[]): readonly Change[] {
  const what = path.join(".");
  if (Array.isArray(value))
    return [
      [`${what} and more`, path, [...(value as unknown[]), (value as unknown[]).at(-1)]],
      ...value.flatMap((inner, at) => places(inner, [...path, at])),
    ];
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([field, inner]) => places(inner, [...path, field]));
  return [[what, path, typeof value === "number" ? value + 1 : `${String(value)}0`]];
}

/** What nobody may do to autoscalers with the worker's token. */
export function forbiddenOfAutoscalers(): readonly Attempt[] {
  return [
    { what: "an autoscaler", by: "create", object: AUTOSCALER },
    { what: "deleting an autoscaler", by: "delete", object: AUTOSCALER },
    {
      what: "the status of an autoscaler",
      by: "patch-status",
      object: { ...AUTOSCALER, status: { currentReplicas: 1, desiredReplicas: 1 } },
      over: AUTOSCALER,
    },
    ...[...FOREIGN_NAMESPACES, "team-x"].flatMap((namespace): readonly Attempt[] => {
      const over = changed(AUTOSCALER, ["metadata", "namespace"], namespace);
      return SET.map(([what, path, value]) => ({
        what: `${what} of an autoscaler in ${namespace}`,
        by: "patch",
        object: changed(over, path, value),
        over,
      }));
    }),
    ...OTHER_FIELDS.flatMap(([what, path, value]): readonly Attempt[] => {
      const object = changed(AUTOSCALER, path, value);
      return [
        { what: `an autoscaler's ${what}`, by: "patch", object, over: AUTOSCALER },
        {
          what: `an autoscaler's ${what}, and its minReplicas`,
          by: "patch",
          object: changed(object, ["spec", "minReplicas"], 3),
          over: AUTOSCALER,
        },
      ];
    }),
  ];
}

export function allowedOfAutoscalers(): readonly Attempt[] {
  const all = SET.reduce((object, [, path, value]) => changed(object, path, value), AUTOSCALER);
  return [
    ...SET.map(([what, path, value]): Attempt => ({
      what: `an autoscaler's ${what}`,
      by: "patch",
      object: changed(AUTOSCALER, path, value),
      over: AUTOSCALER,
    })),
    { what: "all that is set of an autoscaler", by: "patch", object: all, over: AUTOSCALER },
    {
      what: "an autoscaler's minReplicas where it has nothing else",
      by: "patch",
      object: bare(3),
      over: bare(2),
    },
  ];
}

function bare(minReplicas: number): KubernetesObject {
  const { scaleTargetRef } = AUTOSCALER.spec ?? {};
  const { name, namespace = "" } = AUTOSCALER.metadata;
  return {
    ...AUTOSCALER,
    metadata: { name, namespace },
    spec: { scaleTargetRef, minReplicas, maxReplicas: 5 },
  };
}
