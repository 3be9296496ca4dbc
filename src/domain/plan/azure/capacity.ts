import type { Cluster, ConfiguredGateway } from "../../directory.ts";
import { gatewayKey } from "../../grant.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { type Refusal, refuse } from "../../outcome.ts";
import type { Step } from "../../request/request.ts";
import type { ManagedClusterFacts } from "./infrastructure.ts";

/** What a subscription has of something in a region, and may have. */
export interface QuotaUsage {
  readonly used: number;
  readonly limit: number;
}

/**
 * A gateway leaves by the addresses of its pool's nodes: without one its egress IP prefix is never used, and nothing says
 * so but events. Undefined also where the pool is still to be made, or nothing is built.
 * https://learn.microsoft.com/azure/aks/configure-static-egress-gateway
 */
export function poolRefusal(
  { resourceGroup, resourceName }: Cluster,
  gateway: ConfiguredGateway,
  { azure, steps }: { readonly azure: ManagedClusterFacts; readonly steps: readonly Step[] },
): Refusal | undefined {
  const pool = azure.pools.find(({ name }) => name === gateway.pool);
  if (steps.length === 0 || pool === undefined) return undefined;
  const command = `az aks nodepool %s -g ${resourceGroup} --cluster-name ${resourceName} -n ${pool.name}`;
  function no(why: string, fix: string): Refusal {
    return refuse("NoGatewayNode", {
      what: `nothing can be opened through gateway ${gatewayKey(gateway)}`,
      why: `its node pool ${pool?.name} ${why} in Azure, and the gateway leaves by the addresses of that pool's nodes`,
      fix: `${fix}, then ask again`,
    });
  }
  // https://learn.microsoft.com/azure/aks/start-stop-nodepools
  if (pool.isStopped) return no("is stopped", `start it (\`${command.replace("%s", "start")}\`)`);
  return pool.count === 0
    ? no(
        "is scaled to zero",
        `give it a node again (\`${command.replace("%s", "scale")} --node-count 2\`)`,
      )
    : undefined;
}

/** Whether these steps have Azure make a public IP prefix: not where the configuration names one. */
export function takesPrefix(gateway: ConfiguredGateway, steps: readonly Step[]): boolean {
  return (
    gateway.publicIpPrefixId === undefined &&
    steps.some(({ kind }) => kind === "static-gateway-configuration")
  );
}

/** How many StaticGatewayConfigurations will have a public IP prefix made for them and have none yet. */
export function waitingForPrefix(configurations: readonly KubernetesObject[]): number {
  return configurations.filter(
    ({ spec = {}, status, metadata }) =>
      metadata.deletionTimestamp === undefined &&
      spec["provisionPublicIps"] !== false &&
      (spec["publicIpPrefixId"] ?? "") === "" &&
      (status?.["egressIpPrefix"] ?? "") === "",
  ).length;
}

interface PrefixRoom extends QuotaUsage {
  readonly location: string;
  /** Others that Azure is about to make. */
  readonly waiting: number;
}

/** Whether the subscription may have one more public IP prefix, beside those that are about to be made. */
export function prefixRefusal(
  gateway: ConfiguredGateway,
  { used, limit, location, waiting }: PrefixRoom,
): Refusal | undefined {
  if (used + waiting < limit) return undefined;
  const soon =
    waiting === 0 ? "" : `, and ${waiting} more ${waiting === 1 ? "is" : "are"} about to be made`;
  return refuse("NoPrefixLeft", {
    what: `nothing can be opened through gateway ${gatewayKey(gateway)}`,
    why: `it needs a public IP prefix of its own, and the subscription has ${used} of the ${limit} that it may have in ${location}${soon}`,
    fix: "have that quota raised (public IP prefixes, by a support request to Azure), or name a prefix that is there already as publicIpPrefixId of the gateway in Sallyport's configuration, then ask again",
  });
}
