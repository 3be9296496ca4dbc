import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { objectOf, objectsOf, stringOf } from "#test/simulators/slack/json.ts";
import type { JsonObject } from "#test/simulators/slack/json.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import type { Installation } from "#test/support/installation.ts";
import type { ConfigFile } from "#test/support/workplace.ts";
import { type Faults, SERVERS } from "./faults.ts";
import type { BehindState, GrantShown, ManagedCluster, ObjectShown } from "./wire.ts";

/** How many of Azure's writes are shown. */
const SHOWN_WRITES = 6;

/** Azure, the cluster and what can be broken, as they are now. */
export function behindStateOf(
  installation: Installation,
  clusters: readonly string[],
  faults: Faults,
): BehindState {
  const objects = installation.kubernetes.store.snapshot();
  return {
    azure: clusters.map((name) => managedCluster(installation, name, objects)),
    grants: objects.filter(({ kind }) => kind === "EgressGrant").map((object) => grantOf(object)),
    objects: objects.filter((object) => isShown(object)).map((object) => shown(object)),
    teams: teamsIn(objects),
    servers: SERVERS.map(({ kind, host, port }) => ({ kind, host, port })),
    faults: faults.shown(),
  };
}

/** The managed clusters of the installation's configuration, as Azure calls them. */
export async function clusterNames({ environment }: Installation): Promise<readonly string[]> {
  const file = parse(await readFile(environment["SALLYPORT_CONFIG"] ?? "", "utf8")) as ConfigFile;
  return file.clusters.map(({ resourceName }) => resourceName);
}

function managedCluster(
  { arm }: Installation,
  name: string,
  objects: readonly KubernetesObject[],
): ManagedCluster {
  const properties = objectOf(arm.cluster(name)["properties"]);
  const istio = objectOf(objectOf(properties["serviceMeshProfile"])["istio"]);
  const network = objectOf(properties["networkProfile"]);
  return {
    name,
    state: String(properties["provisioningState"]),
    hasStaticEgress: objectOf(network["staticEgressGatewayProfile"])["enabled"] === true,
    revisions: Array.isArray(istio["revisions"]) ? istio["revisions"].map(String) : [],
    pools: objectsOf(properties["agentPoolProfiles"]).map((pool) => ({
      name: String(pool["name"]),
      mode: String(pool["mode"]),
      nodes: Number(pool["count"]),
      size: String(pool["vmSize"]),
      state: String(pool["provisioningState"]),
    })),
    gateways: objectsOf(objectOf(istio["components"])["egressGateways"]).map((gateway) => ({
      name: `${String(gateway["namespace"])}/${String(gateway["name"])}`,
      isEnabled: gateway["enabled"] === true,
      prefix: prefixOf(gateway, objects),
    })),
    writes: arm
      .writes()
      .map(({ url }) => `PUT ${url.split("?")[0]?.split("/").slice(-2).join("/") ?? url}`)
      .toReversed()
      .slice(0, SHOWN_WRITES),
  };
}

function prefixOf(gateway: JsonObject, objects: readonly KubernetesObject[]): string | undefined {
  const found = objects.find(
    ({ kind, metadata }) =>
      kind === "StaticGatewayConfiguration" &&
      metadata.namespace === gateway["namespace"] &&
      metadata.name === gateway["gatewayConfigurationName"],
  );
  return stringOf(found?.status?.["egressIpPrefix"]);
}

/** The columns of `kubectl get egrant`. */
function grantOf({ metadata, spec, status }: KubernetesObject): GrantShown {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    team: textOf(spec?.["team"]),
    destination: textOf(spec?.["summary"]),
    state: textOf(status?.["state"]),
    verdict: textOf(objectOf(status?.["evidence"])["verdict"]),
    prefix: textOf(status?.["egressIpPrefix"]),
    endsAt: textOf(spec?.["endsAt"]),
  };
}

function textOf(value: unknown): string {
  return stringOf(value) ?? "";
}

/** What opens or closes egress, and what it rests on. */
function isShown({ apiVersion, kind }: KubernetesObject): boolean {
  return (
    /(?:\.istio\.io|^sallyport\.dev|egressgateway\.kubernetes\.azure\.com)\//u.test(apiVersion) ||
    kind === "NetworkPolicy"
  );
}

export function isIstioObjectOfOurs({ apiVersion, metadata }: KubernetesObject): boolean {
  return (
    apiVersion.includes(".istio.io/") &&
    metadata.labels?.["app.kubernetes.io/managed-by"] === "sallyport"
  );
}

function shown(object: KubernetesObject): ObjectShown {
  const { kind, metadata } = object;
  return {
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    isOurs: isIstioObjectOfOurs(object),
  };
}

function teamsIn(objects: readonly KubernetesObject[]): BehindState["teams"] {
  return objects
    .filter(({ kind, metadata }) => kind === "Namespace" && metadata.labels?.["istio.io/rev"])
    .map(({ metadata: { name } }) => ({
      namespace: name,
      accounts: objects
        .filter(({ kind, metadata }) => kind === "ServiceAccount" && metadata.namespace === name)
        .map(({ metadata }) => metadata.name),
    }))
    .filter(({ accounts }) => accounts.length > 0);
}
