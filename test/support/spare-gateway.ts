import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { isRecord } from "#src/domain/json.ts";
import type { Installation } from "./installation.ts";
import type { ConfigFile } from "./workplace.ts";

/** A gateway beside the example's, on a node pool of its own. */
export const SPARE = "egress-spare/spare";

/** Team-y has it. */
export function withSpareGateway(file: ConfigFile): void {
  addSpareGateway(file);
  mapTeamY(file.teams, SPARE);
}

/** Nobody has it. */
export function addSpareGateway({ clusters }: ConfigFile): void {
  const [cluster] = clusters;
  cluster?.gatewayPools.push({
    name: "spare",
    vmSize: "Standard_D2s_v5",
    nodeCount: 2,
    publicIpPrefixSize: 31,
  });
  cluster?.gateways.push({
    name: "spare",
    namespace: "egress-spare",
    pool: "spare",
    excludeCidrs: [],
  });
}

function mapTeamY(teams: ConfigFile["teams"], gateway: string): void {
  for (const { name, placements } of teams)
    for (const placement of placements) if (name === "team-y") placement.gateway = gateway;
}

/** Maps team-y to another gateway; what is started from now on knows it. */
export async function remap({ environment }: Installation, gateway: string): Promise<void> {
  const path = environment["SALLYPORT_CONFIG"] ?? "";
  const file = parse(await readFile(path, "utf8")) as ConfigFile;
  mapTeamY(file.teams, gateway);
  await writeFile(path, stringify(file));
}

/** The managed cluster as Azure has it. */
export function managedCluster({ arm }: Installation): Readonly<Record<string, unknown>> {
  const found = arm.cluster("aks-prod")["properties"];
  return isRecord(found) ? found : {};
}

/** Names of its node pools. */
export function nodePools(installation: Installation): readonly string[] {
  const found = managedCluster(installation)["agentPoolProfiles"];
  return Array.isArray(found) ? found.map(({ name }: { readonly name: string }) => name) : [];
}
