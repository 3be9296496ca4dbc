import { z } from "zod";
import type { KubernetesObject } from "../kubernetes-object.ts";

/** What is seen of a gateway that Azure says is enabled, and that has no pod yet. */
export interface WithoutPod {
  readonly namespace: string;
  /** What its Deployment says of pods that the API server refused. */
  readonly refusal: string | undefined;
  readonly pods: readonly {
    readonly pod: KubernetesObject;
    /** The newest warning about it. */
    readonly warning: { readonly reason: string; readonly message: string } | undefined;
  }[];
}

/** `isSomebodys`: it does not pass by itself. `text`: the cause, and what to do. */
export interface KeepsPods {
  readonly isSomebodys: boolean;
  readonly text: string;
}

/** Why a gateway has no pod, with what to do about it; undefined where nothing says why. Pure. */
export function whyNoPod({ namespace, refusal, pods }: WithoutPod): KeepsPods | undefined {
  if (refusal !== undefined)
    return {
      isSomebodys: true,
      text: `the API server refuses its pods: “${refusal}”; ${afterRefusal(refusal, namespace)}`,
    };
  for (const { pod, warning } of pods) {
    const found = ofSandbox(warning?.message ?? "") ?? ofScheduling(pod);
    if (found !== undefined) return found;
  }
  const other = pods.find(({ warning }) => warning !== undefined);
  return other?.warning === undefined
    ? undefined
    : {
        isSomebodys: false,
        text: `its pod ${other.pod.metadata.name} does not start: ${other.warning.reason}: ${other.warning.message}`,
      };
}

/** Where the add-on has not made the gateway's Deployment or Service. https://learn.microsoft.com/azure/aks/istio-deploy-egress */
export function notMade(namespace: string): KeepsPods {
  return {
    isSomebodys: false,
    text: `waiting for AKS to make its Deployment and Service; if that takes longer than ten minutes, a webhook, a policy or a quota of namespace ${namespace} keeps them out: \`kubectl get events -n ${namespace}\` says which, and its owner has to exempt what AKS makes there`,
  };
}

/** The message of a Deployment whose pods cannot be made. https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment */
export function refusalOfPods({ status }: KubernetesObject): string | undefined {
  return Conditions.safeParse(status ?? {}).data?.conditions.find(
    ({ type, status: is }) => type === "ReplicaFailure" && is === "True",
  )?.message;
}

const Conditions = z.object({
  conditions: z
    .array(z.object({ type: z.string(), status: z.string(), message: z.string().default("") }))
    .default([]),
});

/** The first that fits decides. */
const REFUSALS: readonly (readonly [RegExp, (namespace: string) => string])[] = [
  // https://kubernetes.io/docs/concepts/policy/resource-quotas/
  [
    /(exceeded|failed) quota:/,
    (namespace) => `whoever owns namespace ${namespace} has to raise that quota or take it away`,
  ],
  // https://kubernetes.io/docs/concepts/security/pod-security-admission/
  [
    /violates PodSecurity/,
    (namespace) =>
      `label namespace ${namespace} \`pod-security.kubernetes.io/enforce\` for a level that the gateway's pods meet`,
  ],
  // https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
  [
    /admission webhook "[^"]*" denied|ValidatingAdmissionPolicy '[^']*'/,
    (namespace) => `whoever owns that policy has to exempt namespace ${namespace}`,
  ],
];

function afterRefusal(said: string, namespace: string): string {
  const row = REFUSALS.find(([pattern]) => pattern.test(said));
  return row === undefined
    ? `set right in namespace ${namespace} what it names`
    : row[1](namespace);
}

/** What the network plugin of static egress says of a pod. https://github.com/Azure/kube-egress-gateway/blob/main/pkg/cniprotocol , …/cnimanager */
function ofSandbox(message: string): KeepsPods | undefined {
  const missing = /failed to retrieve StaticGatewayConfiguration ([^\s/]+)\/([^\s:,"]+)/.exec(
    message,
  );
  if (missing !== null)
    return {
      isSomebodys: true,
      text: `its pods ask for StaticGatewayConfiguration ${missing[1]}/${missing[2]}, which is not there: make it there, or set the egress gateway's gatewayConfigurationName in Azure to one that is`,
    };
  if (!message.includes("egress IP prefix is not ready yet")) return undefined;
  return {
    isSomebodys: false,
    text: "its pods wait for their StaticGatewayConfiguration to have an egress IP prefix, which takes five minutes; if it takes longer, the events of that StaticGatewayConfiguration say why",
  };
}

const AGENT_TAINT = "egressgateway.kubernetes.azure.com/cni-not-ready";

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ , https://github.com/Azure/kube-egress-gateway/issues/1035 */
function ofScheduling({ status }: KubernetesObject): KeepsPods | undefined {
  const scheduled = Conditions.safeParse(status ?? {}).data?.conditions.find(
    ({ type, status: is }) => type === "PodScheduled" && is === "False",
  );
  if (scheduled === undefined) return undefined;
  return scheduled.message.includes(AGENT_TAINT)
    ? {
        isSomebodys: false,
        text: `no node takes its pods before AKS's agent for static egress runs there (taint ${AGENT_TAINT}); where that does not pass, a policy keeps the agent out: exempt namespace aks-static-egress-gateway from Gatekeeper and Azure Policy`,
      }
    : {
        isSomebodys: false,
        text: `no node takes its pods: “${scheduled.message}”; where no autoscaler makes room for them, the platform team has to`,
      };
}
