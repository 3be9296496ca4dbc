import { gatewayKey, type Grant } from "../../grant.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../../kubernetes-object.ts";
import type { Refusal } from "../../outcome.ts";
import { conflict, type ConflictInput, textList } from "./conflict.ts";

/** Istio objects of others in the namespace that would take the traffic, or break it. */
export function foreignObject(
  grant: Grant,
  { observed, instance, gateways }: ConflictInput,
): readonly Refusal[] {
  const { namespace } = grant.scope;
  const { host } = grant.destination;
  const serviceHost = gateways.find(
    ({ ref }) => gatewayKey(ref) === gatewayKey(grant.gateway),
  )?.serviceHost;
  const theirs = observed.objects.filter(
    ({ metadata }) =>
      metadata.namespace === namespace && metadata.labels?.[INSTANCE_LABEL] !== instance,
  );
  return theirs.flatMap((object) => {
    const about = hostsOf(object).find(
      (name) =>
        name === host ||
        name === serviceHost ||
        (name.startsWith("*.") && host.endsWith(name.slice(1))),
    );
    if (about === undefined) return [];
    return [
      conflict(grant, "ForeignObject", {
        why: `${object.kind} ${namespace}/${object.metadata.name}, which is not Sallyport's, is about ${about}`,
        fix: `delete it or let it leave out ${about}; ask its owner first`,
      }),
    ];
  });
}

function hostsOf({ kind, spec }: KubernetesObject): readonly string[] {
  if (kind === "ServiceEntry") return textList(spec?.["hosts"]);
  if (kind === "VirtualService") return boundToMesh(spec) ? textList(spec?.["hosts"]) : [];
  if (kind === "DestinationRule") return textList([spec?.["host"]]);
  return [];
}

/**
 * Whether sidecars follow it; one for an ingress gateway only is nothing to them.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService
 */
function boundToMesh(spec: KubernetesObject["spec"]): boolean {
  const gateways = textList(spec?.["gateways"]);
  return gateways.length === 0 || gateways.includes("mesh");
}
