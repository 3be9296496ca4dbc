import type { GatewayPod } from "../evidence/right-source.ts";
import type { RevisionPods } from "../gateways/seen-gateway.ts";
import { inOrder } from "./revision-order.ts";

/** Why what a workload of one mesh revision sends may not go through the gateway's pods of that revision, or not well. */
export type RevisionLack =
  | { readonly why: "no-deployment" | "no-pods"; readonly revision: string }
  /** Its pods leave by others' addresses: bound to these, or to none. */
  | {
      readonly why: "bound-elsewhere";
      readonly revision: string;
      readonly to: readonly string[];
    };

/**
 * What each revision of a built gateway lacks while there are several, of the mesh or of the gateway: every one is to have
 * available pods, bound to the gateway's own StaticGatewayConfiguration. The Service sends connections to pods of all of
 * them. Pure. https://learn.microsoft.com/azure/aks/istio-deploy-egress
 */
export function gatewayLacks({
  mesh,
  deployments,
  pods,
  configuration,
}: {
  /** Revisions of the mesh. */
  readonly mesh: readonly string[];
  readonly deployments: readonly RevisionPods[];
  readonly pods: readonly GatewayPod[];
  /** The gateway's StaticGatewayConfiguration, by name. */
  readonly configuration: string;
}): readonly RevisionLack[] {
  const known = new Map(deployments.map((each) => [each.revision, each]));
  const names = [...new Set([...mesh, ...known.keys()])];
  if (known.size === 0 || names.length < 2) return [];
  return inOrder(names.map((revision) => ({ revision }))).flatMap(
    ({ revision }): readonly RevisionLack[] => {
      const deployment = known.get(revision);
      if (deployment === undefined) return [{ revision, why: "no-deployment" }];
      const wrong = pods.filter(
        (pod) => pod.revision === revision && pod.boundTo !== configuration,
      );
      const to = [...new Set(wrong.map(({ boundTo = "" }) => boundTo))].toSorted();
      return [
        ...(deployment.available === 0
          ? [{ revision, why: "no-pods" } satisfies RevisionLack]
          : []),
        ...(to.length === 0
          ? []
          : [{ revision, why: "bound-elsewhere", to } satisfies RevisionLack]),
      ];
    },
  );
}

/** For people, in one sentence that fits into a survey. */
export function lackText(lack: RevisionLack, configuration: string): string {
  const { revision } = lack;
  if (!("to" in lack))
    return lack.why === "no-pods"
      ? `no pod of revision ${revision} is available: look at the Deployment's events`
      : `there is no Deployment of revision ${revision}: look at the gateway's entry in the managed cluster`;
  const [first = ""] = lack.to;
  const to = first === "" ? "no StaticGatewayConfiguration" : `StaticGatewayConfiguration ${first}`;
  return `pods of revision ${revision} are bound to ${to} and not to ${configuration}, so they leave from other addresses: look at the gateway's entry in the managed cluster`;
}
