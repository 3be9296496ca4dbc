import { classifyAddress } from "#src/domain/network/address.ts";
import { z } from "zod";
import { gatewayConfigurationRef } from "#src/domain/directory.ts";
import { type Destination, endpoint, type Grant } from "#src/domain/grant.ts";
import { connectsTo } from "#src/domain/network/modes/modes.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import type { ObservedInfrastructure } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../lane-ports.ts";

/**
 * Where a name leads now, as the gateway would go there: refused where it does not exist, or leads inside. Asked at
 * planning, at admission and at every verification: a public name can be pointed elsewhere at any time.
 */
export async function resolvePublic(
  ports: Pick<LanePorts, "resolver" | "allowedRanges">,
  destination: Destination,
): Promise<readonly string[] | Refusal> {
  const host = connectsTo(destination);
  const { exists, addresses } = await ports.resolver.resolve(host);
  const what = `egress to ${endpoint(destination)} was not planned`;
  if (!exists || addresses.length === 0) {
    return refuse("NameDoesNotResolve", {
      what,
      why: `no resolver knows an address of ${said(destination)}`,
      fix: "check the spelling; a gateway cannot reach a name that does not resolve",
    });
  }
  for (const address of addresses) {
    const found = classifyAddress(address, []);
    if (found === "public" || isAllowed(address, ports.allowedRanges)) continue;
    return refuse("PrivateAddress", {
      what,
      why: `${said(destination)} resolves to ${address}, which is ${found.range}; the gateway must not become a way inside`,
      fix: "use a public name, or ask the platform team to allow that range in `destinations.allowedRanges`",
    });
  }
  return addresses;
}

function said(destination: Destination): string {
  const host = connectsTo(destination);
  return host === destination.host ? host : `${host}, which ${destination.host} goes via,`;
}

const ALLOWED = "allowed by the configuration";

function isAllowed(address: string, ranges: readonly string[]): boolean {
  const found = classifyAddress(
    address,
    ranges.map((cidr) => ({ cidr, name: ALLOWED })),
  );
  return found !== "public" && found.range === ALLOWED;
}

/** Where the gateway would go for this grant now; refused where that is inside, or around the gateway. */
export async function resolveOutside(
  ports: Pick<LanePorts, "resolver" | "allowedRanges">,
  mesh: Mesh,
  { destination, gateway }: Grant,
): Promise<readonly string[] | Refusal> {
  const addresses = await resolvePublic(ports, destination);
  if (isRefusal(addresses)) return addresses;
  const configuration = await mesh.get(gatewayConfigurationRef(gateway));
  const excluded = z.array(z.string()).safeParse(configuration?.spec?.["excludeCidrs"]).data ?? [];
  return aroundGatewayRefusal(destination, addresses, excluded) ?? addresses;
}

/**
 * Ranges a gateway's nodes do not send through it: what leads there leaves by another way, and mostly stays inside.
 * `ranges`: `spec.excludeCidrs` of its StaticGatewayConfiguration.
 */
function aroundGatewayRefusal(
  destination: Destination,
  addresses: readonly string[],
  ranges: readonly string[],
): Refusal | undefined {
  const excluded = ranges.map((cidr) => ({ cidr, name: cidr }));
  for (const address of addresses) {
    const found = classifyAddress(address, excluded);
    if (found === "public" || !ranges.includes(found.range)) continue;
    return refuse("AroundGateway", {
      what: `egress to ${endpoint(destination)} is not proven`,
      why: `${said(destination)} resolves to ${address}, in ${found.range}, which does not go through the gateway but stays inside`,
      fix: "name something outside the cluster and its networks",
    });
  }
  return undefined;
}

/** The cluster's own ranges are never a destination, public looking or not. */
export function clusterRangeRefusal(
  destination: Destination,
  addresses: readonly string[],
  observed: ObservedInfrastructure,
): Refusal | undefined {
  const ranges = [
    ...observed.azure.podCidrs.map((cidr) => ({ cidr, name: "a pod range of the cluster" })),
    ...observed.azure.serviceCidrs.map((cidr) => ({
      cidr,
      name: "a service range of the cluster",
    })),
    ...observed.virtualNetworkRanges.map((cidr) => ({
      cidr,
      name: "a range of the cluster's virtual network",
    })),
  ];
  for (const address of addresses) {
    const found = classifyAddress(address, ranges);
    if (found === "public" || !ranges.some(({ name }) => name === found.range)) continue;
    return refuse("ClusterAddress", {
      what: `egress to ${endpoint(destination)} was not planned`,
      why: `${said(destination)} resolves to ${address}, ${found.range}`,
      fix: "name something outside the cluster",
    });
  }
  return undefined;
}
