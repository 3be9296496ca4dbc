import { PROBE_LABEL } from "../evidence/probe/probe-labels.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { toCel } from "../kubernetes/cel-text.ts";
import { admissionGuard, type Guarded } from "./admission-guard.ts";

/** https://istio.io/latest/docs/reference/config/annotations/ */
export const CAPTURE = "traffic.sidecar.istio.io/";
/** https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy */
export const INJECT = "sidecar.istio.io/inject";
/** Gives a pod the egress of a StaticGatewayConfiguration. https://learn.microsoft.com/azure/aks/configure-static-egress-gateway */
export const STATIC_GATEWAY = "kubernetes.azure.com/static-gateway-configuration";

/**
 * Keeps pods of a team's namespaces from going round their sidecar by annotation, and round every NetworkPolicy by the
 * node's network or a static egress gateway of their own. Pods with a probe's label may go without a sidecar where who is
 * admitted makes them.
 *
 * Where Istio's CNI plug-in runs, its webhook writes `traffic.sidecar.istio.io/…` on every pod, and a validating policy
 * comes after it; so of a new pod only what its maker sent counts, which `managedFields` tell: the API server writes them
 * before any webhook is asked. Where there is not exactly one entry, everything counts. Of a change only what it changes
 * does, so that pods from before the guard still get their finalizers taken out.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management ,
 * https://github.com/istio/istio/blob/master/manifests/charts/istio-control/istio-discovery/files/injection-template.yaml
 */
export function podsGuard({ team, namespaces, admitted }: Guarded): readonly KubernetesObject[] {
  return admissionGuard({
    name: `sallyport-guard-pods-${team}`,
    namespaces,
    resources: { "": ["pods"] },
    variables: {
      probe: [
        `request.userInfo.username in ${toCel(admitted)}`,
        ...Object.entries(PROBE_LABEL).map(
          ([key, value]) => `object.metadata.?labels['${key}'].orValue('') == '${value}'`,
        ),
      ].join(" && "),
      annotations: "object.metadata.?annotations.orValue({})",
      annotationsBefore: "oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})",
      isTold: "object.metadata.?managedFields.orValue([]).size() == 1",
      told: "object.metadata.managedFields[0].?fieldsV1['f:metadata']['f:annotations'].orValue({})",
      sent: [
        "variables.annotations.filter(key,",
        "oldObject == null ? !variables.isTold || ('f:' + key) in variables.told :",
        "!(key in variables.annotationsBefore) || variables.annotationsBefore[key] != variables.annotations[key])",
      ].join(" "),
      isNew: "oldObject == null",
    },
    validations: [
      {
        expression: `!variables.sent.exists(key, key.startsWith('${CAPTURE}'))`,
        message: `a pod here says nothing of what goes round its sidecar: no annotation ${CAPTURE}…`,
      },
      ...(["labels", "annotations"] as const).map((where) => ({
        expression: `variables.probe || ${injects("object", where)} in ['', 'true'] || (!variables.isNew && ${injects("oldObject", where)} == ${injects("object", where)})`,
        message: `a pod here has a sidecar: no ${where.slice(0, -1)} ${INJECT} but "true"`,
      })),
      {
        expression: "!variables.isNew || !object.spec.?hostNetwork.orValue(false)",
        message: "a pod here is not in the network of its node: no hostNetwork",
      },
      {
        expression: `!('${STATIC_GATEWAY}' in variables.sent)`,
        message: `a pod here has no static egress gateway of its own: no annotation ${STATIC_GATEWAY}`,
      },
    ],
  });
}

function injects(object: "object" | "oldObject", where: "labels" | "annotations"): string {
  return `${object}.metadata.?${where}['${INJECT}'].orValue('')`;
}
