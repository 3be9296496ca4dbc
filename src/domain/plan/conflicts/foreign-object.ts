import { gatewayKey, type GatewayRef, type Grant } from "../../grant.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../../kubernetes-object.ts";
import type { Refusal } from "../../outcome.ts";
import { covers, textList } from "../ways-out/sidecar-scope.ts";
import { isBoundToMesh } from "../ways-out/ways-out.ts";
import { conflict, type ConflictInput } from "./conflict.ts";

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
      (name) => covers(name, host) || isOfGateway(name, grant.gateway, serviceHost),
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

/**
 * Also before the gateway is built, since its Service's name is known: of a rule for that host some routes break, all of
 * them or none, by names and subsets.
 */
function isOfGateway(
  name: string,
  { namespace, name: gateway }: GatewayRef,
  serviceHost = `${gateway}.${namespace}.svc.cluster.local`,
): boolean {
  const service = `${gateway}.${namespace}`;
  return (
    covers(name, serviceHost) ||
    name === service ||
    name === `${service}.svc` ||
    name.startsWith(`${service}.svc.`)
  );
}

function hostsOf({ kind, spec }: KubernetesObject): readonly string[] {
  if (kind === "ServiceEntry") return textList(spec?.["hosts"]);
  // One for an ingress gateway only is nothing to sidecars.
  if (kind === "VirtualService")
    return isBoundToMesh(spec?.["gateways"]) ? textList(spec?.["hosts"]) : [];
  if (kind === "DestinationRule") return textList([spec?.["host"]]);
  return [];
}
