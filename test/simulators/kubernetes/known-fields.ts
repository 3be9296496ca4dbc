import { fields, type Shape } from "./field-shape.ts";
import { shapeOfSchema } from "./custom-resources/schema.ts";
import { ISTIO_SPECS } from "./istio-fields.ts";
import type { Resource } from "./resources.ts";

const METADATA: Shape = {
  ...fields(
    "name generateName namespace uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds finalizers managedFields selfLink",
  ),
  labels: { "*": "any" },
  annotations: { "*": "any" },
  ownerReferences: fields("apiVersion kind name uid controller blockOwnerDeletion"),
};

const CONTAINER = fields(
  "name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty",
);
const POD_SPEC: Shape = {
  ...fields(
    "volumes ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources",
  ),
  containers: CONTAINER,
  initContainers: CONTAINER,
};
const PEER: Shape = {
  podSelector: "any",
  namespaceSelector: "any",
  ipBlock: fields("cidr except"),
};

const SCALING = fields("stabilizationWindowSeconds selectPolicy policies tolerance");
const METRIC_TARGET = fields("type value averageValue averageUtilization");
const METRIC: Shape = fields("name selector");

const SPECS: Readonly<Record<string, Shape>> = {
  ...ISTIO_SPECS,
  Namespace: fields("finalizers"),
  Pod: POD_SPEC,
  NetworkPolicy: {
    ...fields("podSelector policyTypes"),
    ingress: { from: PEER, ports: fields("protocol port endPort") },
    egress: { to: PEER, ports: fields("protocol port endPort") },
  },
  // https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
  HorizontalPodAutoscaler: {
    ...fields("minReplicas maxReplicas"),
    scaleTargetRef: fields("apiVersion kind name"),
    metrics: {
      type: "any",
      resource: { name: "any", target: METRIC_TARGET },
      containerResource: { ...fields("name container"), target: METRIC_TARGET },
      pods: { metric: METRIC, target: METRIC_TARGET },
      object: {
        describedObject: fields("apiVersion kind name"),
        metric: METRIC,
        target: METRIC_TARGET,
      },
      external: { metric: METRIC, target: METRIC_TARGET },
    },
    behavior: { scaleUp: SCALING, scaleDown: SCALING },
  },
  Lease: fields(
    "holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions preferredHolder strategy",
  ),
  ResourceQuota: fields("hard scopes scopeSelector"),
  LimitRange: { limits: fields("type max min default defaultRequest maxLimitRequestRatio") },
  ValidatingAdmissionPolicy: {
    failurePolicy: "any",
    paramKind: fields("apiVersion kind"),
    matchConstraints: "any",
    validations: fields("expression message reason messageExpression"),
    auditAnnotations: fields("key valueExpression"),
    matchConditions: fields("name expression"),
    variables: fields("name expression"),
  },
  ValidatingAdmissionPolicyBinding: fields("policyName paramRef matchResources validationActions"),
  // https://github.com/Azure/kube-egress-gateway (api/v1alpha1)
  StaticGatewayConfiguration: {
    ...fields("gatewayNodepoolName defaultRoute provisionPublicIps publicIpPrefixId excludeCidrs"),
    gatewayVmssProfile: fields("vmssResourceGroup vmssName publicIpPrefixSize"),
  },
};

const TOP: Readonly<Record<string, Shape>> = {
  ConfigMap: fields("data binaryData immutable"),
  ServiceAccount: fields("secrets imagePullSecrets automountServiceAccountToken"),
  Event: "any",
};

/** Every field an object of this kind may have. */
export function shapeOf({ kind, schema }: Resource): Shape {
  const top =
    schema === undefined
      ? (TOP[kind] ?? { spec: SPECS[kind] ?? "any", status: "any" })
      : shapeOfSchema(schema);
  if (top === "any") return "any";
  return { ...top, apiVersion: "any", kind: "any", metadata: METADATA };
}
