import { gatewayKey, type GatewayRef, type Grant } from "../../grant.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../../kubernetes-object.ts";
import type { Refusal } from "../../outcome.ts";
import { someOf } from "../../some-of.ts";
import { adoptionWords } from "../adoption/adoption-text.ts";
import { covers, textList } from "../ways-out/sidecar-scope.ts";
import { isBoundToMesh } from "../ways-out/mesh-fields.ts";
import { conflict, type ConflictInput } from "./conflict.ts";

/** Istio objects of others in the namespace that would take the traffic, or break it: one refusal, since one order. */
export function foreignObject(grant: Grant, input: ConflictInput): readonly Refusal[] {
  const { observed, instance, gateways } = input;
  const { namespace } = grant.scope;
  const { host } = grant.destination;
  const serviceHost = gateways.find(
    ({ ref }) => gatewayKey(ref) === gatewayKey(grant.gateway),
  )?.serviceHost;
  const theirs = observed.objects.filter(
    ({ metadata }) =>
      metadata.namespace === namespace && metadata.labels?.[INSTANCE_LABEL] !== instance,
  );
  const found = theirs.flatMap((object): readonly Found[] => {
    const names = hostsOf(object);
    const isCarrying = names.some((name) => covers(name, host));
    const about = names.find(
      // Of a wildcard also what is for a host below it, which would take that host.
      (name) =>
        covers(name, host) || covers(host, name) || isOfGateway(name, grant.gateway, serviceHost),
    );
    const name = `${object.kind} ${namespace}/${object.metadata.name}`;
    return about === undefined ? [] : [{ name, about, isCarrying }];
  });
  if (found.length === 0) return [];
  const why = found.map(
    ({ name, about }) => `${name}, which is not Sallyport's, is about ${about}`,
  );
  return [
    conflict(grant, "ForeignObject", {
      why: someOf(why, MOST_NAMED),
      ...remedy(grant, found, input),
    }),
  ];
}

interface Found {
  readonly name: string;
  readonly about: string;
  /** It is for the host, not for the gateway's own. */
  readonly isCarrying: boolean;
}

const MOST_NAMED = 5;

/** What is for the gateway's host carries nothing of the namespace's yet, and can just go. */
function remedy(
  grant: Grant,
  found: readonly Found[],
  input: ConflictInput,
): Pick<Refusal, "fix" | "steps"> {
  const inTheWay = found
    .filter(({ isCarrying }) => !isCarrying)
    .map(({ name, about }) => `delete ${name}, or let it leave out ${about}; ask its owner first`);
  const adoption = adoptionWords(grant, input, "refused");
  return adoption === undefined
    ? { fix: someOf(inTheWay, MOST_NAMED) }
    : { fix: adoption.headline, steps: [...inTheWay, ...adoption.steps] };
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
