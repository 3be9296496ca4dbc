import type { RemovalSight } from "#src/domain/admin/removal/removable.ts";
import {
  type Cluster,
  type ConfiguredGateway,
  gatewayConfigurationName,
} from "#src/domain/directory.ts";
import { gatewayIn, isOfInstance } from "#src/domain/gateways/egress-gateway.ts";
import { readMemory } from "#src/domain/gateways/memory.ts";
import { gatewayKey, type GatewayRef } from "#src/domain/grant.ts";
import { isRecord } from "#src/domain/json.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { findConfiguration } from "#src/domain/plan/azure/infrastructure-steps.ts";
import { longestPauseMs } from "#src/domain/plan/azure/azure-answers.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../../lane-ports.ts";
import { addressOf } from "../cluster-address.ts";
import { observeConfigurations } from "./gateway-states.ts";

type Ports = Pick<
  LanePorts,
  "clusters" | "systemNamespace" | "instance" | "trust" | "clock" | "timing"
>;

interface Removing {
  readonly cluster: Cluster;
  readonly gateway: ConfiguredGateway;
  /** `namespace/name` of the gateways that open grants go through. */
  readonly wanted: ReadonlySet<string>;
  /** When the removal was admitted, or now. Epoch ms. */
  readonly before: number;
}

/** All reads of a gateway that is to be removed, and of what else uses what it uses. */
export async function observeRemoval(
  ports: Ports,
  mesh: Mesh,
  { cluster, gateway, wanted, before }: Removing,
): Promise<RemovalSight> {
  const { systemNamespace, instance } = ports;
  const azure = await ports.clusters.read(addressOf(cluster));
  const namespace = await mesh.get({ kind: "Namespace", name: gateway.namespace });
  const { gatewayConfigurations } = await observeConfigurations(mesh);
  const listed = await mesh.list("EgressGateway", { namespace: systemNamespace });
  const objects = listed.filter((object) => isOfInstance(object, instance));
  return {
    instance,
    cluster: cluster.name,
    gateway: { namespace: gateway.namespace, name: gateway.name },
    pool: gateway.pool,
    configuration: gatewayConfigurationName(gateway),
    azure,
    namespace,
    configurations: gatewayConfigurations,
    otherPods: namespace === undefined ? [] : await otherPods(mesh, gateway),
    made: objects.flatMap((object) => madeIn(ports, cluster, object)),
    before,
    others: objects.flatMap((object) =>
      otherIn(object, gateway, (ref) => {
        const key = gatewayKey(ref);
        return wanted.has(key) || isThere(ref, { azure, gatewayConfigurations });
      }),
    ),
  };
}

function madeIn(
  { trust, clock, timing }: Ports,
  cluster: Cluster,
  object: KubernetesObject,
): RemovalSight["made"] {
  const ref = gatewayIn(object);
  if (ref === undefined) return [];
  const now = clock.now();
  const longestPause = longestPauseMs(timing.laneParkMs);
  return readMemory(object, ref, { trust, cluster, now, longestPauseMs: longestPause }).made;
}

/** One of which nothing is there, and that nobody waits for, uses nothing. */
function isThere(
  { namespace, name }: GatewayRef,
  {
    azure,
    gatewayConfigurations,
  }: Pick<RemovalSight, "azure"> & {
    readonly gatewayConfigurations: readonly KubernetesObject[];
  },
): boolean {
  return (
    azure.egressGateways.some(
      (each) => each.enabled && each.namespace === namespace && each.name === name,
    ) || findConfiguration({ namespace, name }, { gatewayConfigurations }) !== undefined
  );
}

function otherIn(
  object: KubernetesObject,
  gateway: ConfiguredGateway,
  isUsed: (ref: GatewayRef) => boolean,
): RemovalSight["others"] {
  const ref = gatewayIn(object);
  const pool = object.spec?.["pool"];
  const name = isRecord(pool) ? pool["name"] : undefined;
  if (ref === undefined || gatewayKey(ref) === gatewayKey(gateway) || !isUsed(ref)) return [];
  return [{ ref, pool: typeof name === "string" ? name : "" }];
}

async function otherPods(
  mesh: Mesh,
  { namespace, name }: ConfiguredGateway,
): Promise<readonly string[]> {
  const pods = await mesh.list("Pod", { namespace });
  return pods
    .map(({ metadata }) => metadata.name)
    .filter((pod) => !pod.startsWith(`${name}-asm-`))
    .toSorted();
}
