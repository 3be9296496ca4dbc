import { gatewayKey, type Grant } from "../../grant.ts";
import { INSTANCE_LABEL } from "../../kubernetes-object.ts";
import type { ConflictInput } from "./conflict.ts";

/** A policy already there costs nothing; a new one ends the gateway's long connections. */
export function newPolicy(
  grant: Grant,
  { observed, gateways, instance }: ConflictInput,
): readonly string[] {
  const exists = gateways.some(({ ref }) => gatewayKey(ref) === gatewayKey(grant.gateway));
  const policies = observed.objects.filter(
    ({ kind, metadata }) =>
      kind === "AuthorizationPolicy" &&
      metadata.namespace === grant.gateway.namespace &&
      metadata.labels?.[INSTANCE_LABEL] === instance,
  );
  const known = policies.some(({ spec }) =>
    JSON.stringify(spec ?? {}).includes(`"*.${grant.scope.namespace}.ns.`),
  );
  if (!exists || policies.length === 0 || known) return [];
  return [
    `namespace ${grant.scope.namespace} is new on gateway ${gatewayKey(grant.gateway)}: its policy ends long connections of every team there after 45 s`,
  ];
}
