import { z } from "zod";
import { sameJson } from "../canonical.ts";
import { type Cluster, type ConfiguredGateway, gatewayConfigurationName } from "../directory.ts";
import type { GatewayFacts, GatewayRef } from "../grant.ts";
import {
  apiVersionOf,
  type KubernetesObject,
  type ObjectRef,
  ownLabels,
} from "../kubernetes-object.ts";
import { normaliseCidrs } from "../network/address.ts";

/** One EgressGateway a gateway, named `NAMESPACE.NAME`; both parts are DNS labels, so the name is unique. */
export function egressGatewayName({ namespace, name }: GatewayRef): string {
  return `${namespace}.${name}`;
}

export function egressGatewayRef(systemNamespace: string, gateway: GatewayRef): ObjectRef {
  return { kind: "EgressGateway", namespace: systemNamespace, name: egressGatewayName(gateway) };
}

/** What a gateway is, as the configuration has it. Undefined where the configuration lacks its node pool. */
export function egressGatewaySpec(
  instance: string,
  cluster: Cluster,
  gateway: ConfiguredGateway,
): Readonly<Record<string, unknown>> | undefined {
  const pool = cluster.pools.find(({ name }) => name === gateway.pool);
  if (pool === undefined) return undefined;
  const { name, vmSize, nodeCount, publicIpPrefixSize } = pool;
  return {
    instance,
    gateway: { namespace: gateway.namespace, name: gateway.name },
    pool: { name, vmSize, nodeCount, publicIpPrefixSize },
    staticGatewayConfiguration: gatewayConfigurationName(gateway),
    excludeCidrs: normaliseCidrs(gateway.excludeCidrs),
  };
}

export function newEgressGateway(
  systemNamespace: string,
  gateway: GatewayRef,
  spec: Readonly<Record<string, unknown>>,
): KubernetesObject {
  return {
    apiVersion: apiVersionOf("EgressGateway"),
    kind: "EgressGateway",
    metadata: {
      name: egressGatewayName(gateway),
      namespace: systemNamespace,
      labels: ownLabels(String(spec["instance"])),
    },
    spec,
  };
}

/** The names of the fields of `wanted` that an object's spec has otherwise; what else is in the spec stays. */
export function specDifferences(
  object: KubernetesObject | undefined,
  wanted: Readonly<Record<string, unknown>>,
): readonly string[] {
  const spec = object?.spec ?? {};
  return Object.keys(wanted).filter((key) => !sameJson(spec[key] ?? null, wanted[key] ?? null));
}

export function isOfInstance(
  object: KubernetesObject | undefined,
  instance: string,
): object is KubernetesObject {
  return object?.spec?.["instance"] === instance;
}

const Ref = z.object({ gateway: z.object({ namespace: z.string(), name: z.string() }) });

/** Which gateway it is of; undefined where its spec does not say, or its name says another. */
export function gatewayIn({ metadata, spec }: KubernetesObject): GatewayRef | undefined {
  const ref = Ref.safeParse(spec).data?.gateway;
  return ref !== undefined && egressGatewayName(ref) === metadata.name ? ref : undefined;
}

const Facts = z.object({
  selector: z.record(z.string(), z.string()),
  serviceAccount: z.string().min(1),
  serviceHost: z.string().min(1),
  trustDomain: z.string().min(1),
});

/** What was last observed of the gateway itself; undefined where it was never seen whole. */
export function factsIn(
  { status }: KubernetesObject,
  { namespace, name }: GatewayRef,
): GatewayFacts | undefined {
  const facts = Facts.safeParse(status?.["facts"]).data;
  return facts === undefined ? undefined : { ref: { namespace, name }, ...facts };
}

/** As they stand in the status. */
export function factsEntry({ ref: _, ...facts }: GatewayFacts): Readonly<Record<string, unknown>> {
  return facts;
}
