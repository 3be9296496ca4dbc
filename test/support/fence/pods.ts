import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Attempt, changed, FOREIGN_NAMESPACES } from "./attempt.ts";

/**
 * A value for every field of a pod's spec that a probe has not.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec
 */
export const OTHER_SPEC_FIELDS: Readonly<Record<string, unknown>> = {
  affinity: { nodeAffinity: {} },
  dnsConfig: { nameservers: ["192.0.2.53"] },
  ephemeralContainers: [{ name: "debug", image: "busybox" }],
  hostAliases: [{ ip: "192.0.2.1", hostnames: ["edition.cnn.com"] }],
  hostIPC: true,
  hostNetwork: true,
  hostPID: true,
  hostUsers: true,
  hostname: "somebody-else",
  imagePullSecrets: [{ name: "registry" }],
  initContainers: [{ name: "first", image: "busybox" }],
  nodeName: "aks-system-0",
  os: { name: "linux" },
  overhead: { cpu: "1m" },
  preemptionPolicy: "PreemptLowerPriority",
  priority: 0,
  priorityClassName: "system-node-critical",
  readinessGates: [{ conditionType: "example.com/ready" }],
  resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }],
  resources: { limits: { cpu: "1" } },
  runtimeClassName: "kata",
  schedulingGates: [{ name: "example.com/later" }],
  setHostnameAsFQDN: true,
  shareProcessNamespace: true,
  subdomain: "somebody",
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", labelSelector: {} },
  ],
  volumes: [{ name: "host", hostPath: { path: "/" } }],
};

const VOLUMES: Readonly<Record<string, unknown>> = {
  "an empty folder": { emptyDir: {} },
  "a Secret": { secret: { secretName: "key" } },
  "a ConfigMap": { configMap: { name: "settings" } },
  "a service account token": {
    projected: { sources: [{ serviceAccountToken: { path: "token" } }] },
  },
  "a claim": { persistentVolumeClaim: { claimName: "data" } },
  "what a driver mounts": { csi: { driver: "secrets-store.csi.k8s.io" } },
};

const CHECK = { exec: { command: ["sh", "-c", "true"] } };

/** The same of a container: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container */
export const OTHER_CONTAINER_FIELDS: Readonly<Record<string, unknown>> = {
  args: ["-c", "true"],
  envFrom: [{ secretRef: { name: "key" } }],
  lifecycle: { postStart: CHECK },
  livenessProbe: CHECK,
  ports: [{ containerPort: 8080 }],
  readinessProbe: CHECK,
  resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }],
  startupProbe: CHECK,
  stdin: true,
  stdinOnce: true,
  tty: true,
  volumeDevices: [{ name: "disk", devicePath: "/dev/xvda" }],
  volumeMounts: [{ name: "host", mountPath: "/host" }],
  workingDir: "/tmp",
};

/** …/pod-v1/#security-context, of the pod and of its container: fields a probe has not, and values it has not. */
const POD_SECURITY: Readonly<Record<string, unknown>> = {
  appArmorProfile: { type: "Unconfined" },
  fsGroup: 0,
  fsGroupChangePolicy: "Always",
  runAsGroup: 0,
  runAsNonRoot: false,
  runAsUser: 0,
  seLinuxChangePolicy: "Recursive",
  seLinuxOptions: { type: "spc_t" },
  seccompProfile: { type: "Unconfined" },
  supplementalGroups: [0],
  supplementalGroupsPolicy: "Merge",
  sysctls: [{ name: "kernel.shm_rmid_forced", value: "0" }],
};
const CONTAINER_SECURITY: Readonly<Record<string, unknown>> = {
  allowPrivilegeEscalation: true,
  appArmorProfile: { type: "Unconfined" },
  capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
  privileged: true,
  procMount: "Unmasked",
  readOnlyRootFilesystem: false,
  runAsGroup: 0,
  runAsNonRoot: false,
  runAsUser: 0,
  seLinuxOptions: { type: "spc_t" },
  seccompProfile: { type: "Unconfined" },
};

/** By which webhooks add to pods. */
const LABELS = {
  "azure.workload.identity/use": "true",
  "istio.io/rev": "default",
  app: "shop",
};
const ANNOTATIONS = {
  "sidecar.istio.io/proxyImage": "registry.example/proxy",
  "sidecar.istio.io/userVolume": '[{"name":"host","hostPath":{"path":"/"}}]',
  "sidecar.istio.io/bootstrapOverride": "mine",
  "inject.istio.io/templates": "mine",
  "proxy.istio.io/config": '{"proxyMetadata": {"A": "b"}}',
  note: "mine",
};

type Changes = readonly (readonly [
  what: string,
  path: readonly (string | number)[],
  value: unknown,
])[];

const CONTAINER = ["spec", "containers", 0] as const;

/** One change for each field, at a place. */
function each(
  fields: Readonly<Record<string, unknown>>,
  ...path: readonly (string | number)[]
): Changes {
  return Object.entries(fields).map(([field, value]) => [
    [...path, field].join("."),
    [...path, field],
    value,
  ]);
}

function changes({ spec = {} }: KubernetesObject): Changes {
  const containers = spec["containers"] as readonly object[];
  const security = [...CONTAINER, "securityContext"] as const;
  return [
    ...each(OTHER_SPEC_FIELDS, "spec"),
    ...Object.entries(VOLUMES).map(
      ([name, volume]) =>
        [`a volume: ${name}`, ["spec", "volumes"], [{ name: "v", ...(volume as object) }]] as const,
    ),
    ...each(OTHER_CONTAINER_FIELDS, ...CONTAINER),
    ...each(POD_SECURITY, "spec", "securityContext"),
    ...each(CONTAINER_SECURITY, ...security),
    ["no capability dropped", [...security, "capabilities", "drop"], undefined],
    ["no security settings", security, undefined],
    ["no security settings of the pod", ["spec", "securityContext"], undefined],
    ["spec.restartPolicy", ["spec", "restartPolicy"], "Always"],
    ["a service account token", ["spec", "automountServiceAccountToken"], true],
    ["whatever token is the rule", ["spec", "automountServiceAccountToken"], undefined],
    ["no deadline", ["spec", "activeDeadlineSeconds"], undefined],
    ["a late deadline", ["spec", "activeDeadlineSeconds"], 86_400],
    ["another image", [...CONTAINER, "image"], "registry.example/curlimages/curl:8.11.1"],
    ["an image of that beginning", [...CONTAINER, "image"], "curlimages/curl:8.11.10"],
    ["another command", [...CONTAINER, "command", 2], "curl https://registry.example"],
    ["another shell", [...CONTAINER, "command", 0], "bash"],
    ["another flag", [...CONTAINER, "command", 1], "-xc"],
    ["more of a command", [...CONTAINER, "command", 3], "more"],
    ["another variable", [...CONTAINER, "env", 0, "name"], "LD_PRELOAD"],
    ["a variable from a Secret", [...CONTAINER, "env", 0], FROM_SECRET],
    ["another container", [...CONTAINER, "name"], "shop"],
    ["a second container", ["spec", "containers", containers.length], A_CONTAINER],
    [
      "a sidecar of its own",
      ["spec", "containers", containers.length],
      { ...A_CONTAINER, name: "istio-proxy" },
    ],
    [
      "a native sidecar of its own",
      ["spec", "initContainers"],
      [{ ...A_CONTAINER, name: "istio-proxy", restartPolicy: "Always" }],
    ],
    ...each(LABELS, "metadata", "labels"),
    ...each(ANNOTATIONS, "metadata", "annotations"),
    ...["app.kubernetes.io/managed-by", "sallyport.dev/instance", "sallyport.dev/probe"].flatMap(
      (label): Changes => [
        [`no label ${label}`, ["metadata", "labels", label], undefined],
        [`another label ${label}`, ["metadata", "labels", label], "other"],
      ],
    ),
    ["finalizers", ["metadata", "finalizers"], ["example.com/stay"]],
    ["an owner", ["metadata", "ownerReferences"], [AN_OWNER]],
    ["another name", ["metadata", "name"], "shop-1"],
    ["a name of that beginning", ["metadata", "name"], "sallyport-probe-shop"],
  ];
}

const FROM_SECRET = {
  name: "SALLYPORT_ATTEMPTS",
  valueFrom: { secretKeyRef: { name: "key", key: "key" } },
};
const A_CONTAINER = { name: "shop", image: "registry.example/shop" };
const AN_OWNER = {
  apiVersion: "v1",
  kind: "Pod",
  name: "other",
  uid: "00000000-0000-0000-0000-000000000001",
};
/** As if somebody else had written what is not a probe's. */
const BY_SOMEBODY = {
  manager: "somebody",
  operation: "Update",
  apiVersion: "v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:spec": { "f:hostNetwork": {} } },
};

/** What nobody may do to pods with the worker's token, made from a probe as the worker makes it. */
export function forbiddenOfPods(probe: KubernetesObject): readonly Attempt[] {
  const labels = Object.keys(probe.metadata.labels ?? {});
  const someone = changed(probe, ["metadata", "labels"], { app: "shop" });
  return [
    ...changes(probe).map(([what, path, value]): Attempt => ({
      what: `a probe with ${what}`,
      by: "create",
      object: changed(probe, path, value),
    })),
    ...[...FOREIGN_NAMESPACES, "egress-gw"].map((namespace): Attempt => ({
      what: `a probe in ${namespace}`,
      by: "create",
      object: changed(
        changed(probe, ["metadata", "namespace"], namespace),
        ["spec", "serviceAccountName"],
        "default",
      ),
    })),
    ...["sallyport.dev/probe", "sallyport.dev/instance"]
      .filter((label) => labels.includes(label))
      .map((label): Attempt => ({
        what: `deleting a pod without label ${label}`,
        by: "delete",
        object: changed(probe, ["metadata", "labels", label], undefined),
      })),
    ...[
      [BY_SOMEBODY],
      [{ ...BY_SOMEBODY, manager: "sallyport" }],
      [{ ...BY_SOMEBODY, manager: "sallyport", operation: "Apply" }],
      [{ ...BY_SOMEBODY, manager: "sallyport", subresource: "status" }],
      [{}],
      [],
    ].map((managedFields, index): Attempt => ({
      what: `a probe in the node's network, with managedFields of its own (${index})`,
      by: "create",
      object: {
        ...changed(probe, ["spec", "hostNetwork"], true),
        metadata: { ...probe.metadata, managedFields },
      },
    })),
    { what: "deleting somebody's pod", by: "delete", object: someone },
    {
      what: "changing a probe",
      by: "apply",
      object: changed(probe, ["metadata", "labels", "app"], "shop"),
      over: probe,
    },
    { what: "taking over somebody's pod", by: "apply", object: probe, over: someone },
  ];
}

export function allowedOfPods(probe: KubernetesObject): readonly Attempt[] {
  const image = [...CONTAINER, "image"];
  const [container] = (probe.spec ?? {})["containers"] as readonly { readonly image: string }[];
  return [
    { what: "a probe", by: "create", object: probe },
    {
      what: "a probe whose image names its digest",
      by: "create",
      object: changed(probe, image, `${container?.image ?? ""}@sha256:${"a".repeat(64)}`),
    },
    {
      what: "a probe for tainted nodes",
      by: "create",
      object: changed(probe, ["spec", "tolerations"], [{ operator: "Exists" }]),
    },
    {
      what: "a probe without sidecar",
      by: "create",
      object: changed(probe, ["metadata", "labels", "sidecar.istio.io/inject"], "false"),
    },
    { what: "deleting a probe", by: "delete", object: probe },
  ];
}
