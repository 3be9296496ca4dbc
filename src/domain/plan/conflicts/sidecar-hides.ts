import type { Grant } from "../../grant.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import type { Refusal } from "../../outcome.ts";
import { conflict, type ConflictInput, textList } from "./conflict.ts";

/** The add-on's root namespace. https://learn.microsoft.com/azure/aks/istio-about */
const ROOT_NAMESPACE = "aks-istio-system";

/**
 * A Sidecar that hides the namespace's own objects closes every grant there. One of the root namespace stands in for
 * namespaces without one of their own. https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export function sidecarHides(grant: Grant, { observed }: ConflictInput): readonly Refusal[] {
  const { namespace } = grant.scope;
  const general = observed.sidecars.filter(({ spec }) => spec?.["workloadSelector"] === undefined);
  const own = general.filter(({ metadata }) => metadata.namespace === namespace);
  const root = general.filter(({ metadata }) => metadata.namespace === ROOT_NAMESPACE);
  return (own.length > 0 ? own : root)
    .filter((sidecar) => hidesOwnNamespace(sidecar, namespace))
    .map((sidecar) =>
      conflict(grant, "SidecarHides", {
        why: `Sidecar ${sidecar.metadata.namespace}/${sidecar.metadata.name} hides the Istio objects of namespace ${namespace} from its pods`,
        fix: 'add "./*" to its egress hosts, then ask again',
      }),
    );
}

/** https://istio.io/latest/docs/reference/config/networking/sidecar/#IstioEgressListener: `namespace/dnsName`. */
function hidesOwnNamespace({ spec }: KubernetesObject, namespace: string): boolean {
  const egress = spec?.["egress"];
  if (!Array.isArray(egress)) return false;
  const hosts = egress.flatMap((listener: unknown) =>
    typeof listener === "object" && listener !== null && "hosts" in listener
      ? textList(listener.hosts)
      : [],
  );
  return !hosts.some((host) => ["./*", "*/*", `${namespace}/*`].includes(host));
}
