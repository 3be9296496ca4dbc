import { gatewayKey, type GatewayRef } from "../../grant.ts";
import { isSameThing, type Made } from "../../gateways/memory.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../../kubernetes-object.ts";
import type { ManagedClusterFacts } from "../../plan/azure/infrastructure.ts";
import type { Step } from "../../request/request.ts";

/** What is seen of a gateway that is to go, and of what else uses what it uses. */
export interface RemovalSight {
  readonly instance: string;
  readonly cluster: string;
  readonly gateway: GatewayRef;
  readonly pool: string;
  /** Name of its StaticGatewayConfiguration, in its namespace. */
  readonly configuration: string;
  readonly azure: ManagedClusterFacts;
  /** Its namespace, if it is there. */
  readonly namespace: KubernetesObject | undefined;
  /** The API server does not let the worker delete it. */
  readonly keepsNamespace?: true;
  /** Of the whole cluster. */
  readonly configurations: readonly KubernetesObject[];
  /** In its namespace, pods that are not the gateway's own. */
  readonly otherPods: readonly string[];
  /** What Sallyport made in this cluster, as it signed then. */
  readonly made: readonly Made[];
  /** Nothing goes that was made after this. Epoch ms. */
  readonly before: number;
  /** The cluster's other gateways that are there, or wanted. */
  readonly others: readonly { readonly ref: GatewayRef; readonly pool: string }[];
}

/** A thing that is there: it goes, or stays for this reason. */
export interface Removable {
  readonly step: Step;
  readonly stays: string | undefined;
}

/**
 * What is there of a gateway, in the order in which it goes: nothing that we did not make, that something else uses, or
 * that carries what stays. With `shown`, nothing but these steps.
 */
export function removables(sight: RemovalSight, shown?: readonly Step[]): readonly Removable[] {
  const found = [entryOf, configurationOf, namespaceOf, poolOf, featureOf].map((look) =>
    look(sight),
  );
  const all: Removable[] = [];
  for (const { step, usedBy } of found.filter((each) => each !== undefined)) {
    const carried = all.find(
      (each) => each.stays !== undefined && CARRIED.includes(each.step.kind),
    );
    const own = carried && `${thingText(carried.step)}, which stays,`;
    all.push({ step, stays: whyStays(sight, step, { usedBy: usedBy ?? own, shown }) });
  }
  return all;
}

/** What all that comes after it carries. */
const CARRIED: readonly Step["kind"][] = ["egress-gateway", "static-gateway-configuration"];

interface There {
  readonly step: Step;
  readonly usedBy: string | undefined;
}

function whyStays(
  { made, before, keepsNamespace }: RemovalSight,
  step: Step,
  {
    usedBy,
    shown,
  }: { readonly usedBy: string | undefined; readonly shown?: readonly Step[] | undefined },
): string | undefined {
  const own = made.filter((each) => isSameThing(each, step));
  if (own.length === 0) return "Sallyport did not make it";
  // An old order that somebody puts back takes nothing away that was built since.
  if (own.some(({ at }) => at > before)) return "it was made after this was approved";
  if (usedBy !== undefined) return `${usedBy} uses it`;
  if (step.kind === "namespace" && keepsNamespace === true) return "Sallyport may not delete it";
  if (shown?.some((each) => isSameThing(each, step)) === false)
    return "it was not in the approved plan";
  return undefined;
}

function entryOf({ azure, gateway, configuration }: RemovalSight): There | undefined {
  const entry = azure.egressGateways.find(
    ({ name, namespace }) => name === gateway.name && namespace === gateway.namespace,
  );
  if (entry?.enabled !== true) return undefined;
  const step: Step = { kind: "egress-gateway", target: gatewayKey(gateway), spec: {} };
  return {
    step,
    usedBy:
      entry.gatewayConfigurationName === configuration
        ? undefined
        : `StaticGatewayConfiguration ${entry.gatewayConfigurationName ?? "of another name"}`,
  };
}

function isIts({ gateway, configuration }: RemovalSight, { metadata }: KubernetesObject): boolean {
  return metadata.namespace === gateway.namespace && metadata.name === configuration;
}

function configurationOf(sight: RemovalSight): There | undefined {
  const found = sight.configurations.find((each) => isIts(sight, each));
  if (found === undefined) return undefined;
  const target = gatewayKey(sight.gateway);
  return {
    step: { kind: "static-gateway-configuration", target, spec: {} },
    usedBy: isOurs(sight, found) ? undefined : "another instance or a person, as its labels say,",
  };
}

function isOurs({ instance }: RemovalSight, { metadata }: KubernetesObject): boolean {
  return metadata.labels?.[INSTANCE_LABEL] === instance;
}

function namespaceOf(sight: RemovalSight): There | undefined {
  const { namespace, gateway, azure, otherPods, others } = sight;
  if (namespace === undefined) return undefined;
  const enabled = azure.egressGateways.find(
    (each) => each.enabled && each.namespace === gateway.namespace && each.name !== gateway.name,
  );
  const other = others.find(({ ref }) => ref.namespace === gateway.namespace);
  const configuration = sight.configurations.find(
    (each) => each.metadata.namespace === gateway.namespace && !isIts(sight, each),
  );
  const [pod] = otherPods;
  return {
    step: { kind: "namespace", target: gateway.namespace, spec: {} },
    usedBy: first(
      isOurs(sight, namespace) ? undefined : "another instance or a person, as its labels say,",
      other && `gateway ${gatewayKey(other.ref)}`,
      enabled && `egress gateway ${enabled.name}`,
      configuration && `StaticGatewayConfiguration ${configuration.metadata.name}`,
      pod === undefined ? undefined : `pod ${pod}`,
    ),
  };
}

function poolOf(sight: RemovalSight): There | undefined {
  const { azure, pool, others } = sight;
  const found = azure.pools.find(({ name, mode }) => name === pool && mode === "Gateway");
  if (found === undefined) return undefined;
  const other = others.find((each) => each.pool === pool);
  const configuration = sight.configurations.find(
    (each) => !isIts(sight, each) && each.spec?.["gatewayNodepoolName"] === pool,
  );
  return {
    step: { kind: "gateway-node-pool", target: pool, spec: {} },
    usedBy: first(
      other && `gateway ${gatewayKey(other.ref)}`,
      configuration &&
        `StaticGatewayConfiguration ${configuration.metadata.namespace ?? ""}/${configuration.metadata.name}`,
    ),
  };
}

/** On for the whole cluster: any other pool or StaticGatewayConfiguration needs it. */
function featureOf(sight: RemovalSight): There | undefined {
  const { azure, cluster, pool, others } = sight;
  if (!azure.staticEgress) return undefined;
  const otherPool = azure.pools.find(({ name, mode }) => mode === "Gateway" && name !== pool);
  const configuration = sight.configurations.find((each) => !isIts(sight, each));
  const [other] = others;
  const its = poolOf(sight);
  const poolStays =
    its === undefined ? undefined : whyStays(sight, its.step, { usedBy: its.usedBy });
  return {
    step: { kind: "static-egress-feature", target: cluster, spec: {} },
    usedBy: first(
      other && `gateway ${gatewayKey(other.ref)}`,
      otherPool && `node pool ${otherPool.name}`,
      configuration &&
        `StaticGatewayConfiguration ${configuration.metadata.namespace ?? ""}/${configuration.metadata.name}`,
      poolStays === undefined ? undefined : `node pool ${pool}, which stays,`,
    ),
  };
}

function first(...whys: readonly (string | undefined)[]): string | undefined {
  return whys.find((why) => why !== undefined);
}

const NAMES: Readonly<Record<Step["kind"], string>> = {
  "egress-gateway": "the egress gateway",
  "static-gateway-configuration": "StaticGatewayConfiguration",
  namespace: "namespace",
  "gateway-node-pool": "gateway node pool",
  "static-egress-feature": "the static egress feature of cluster",
  "shared-mesh-config": "the shared mesh configuration of revision",
  sidecar: "the Sidecar of namespace",
};

/** For people: what stays, and why. */
export function leftText({ step, stays }: Removable): string {
  return `${thingText(step)}: ${stays ?? "it goes"}`;
}

/** For people: `gateway node pool egress`. */
export function thingText({ kind, target }: Pick<Step, "kind" | "target">): string {
  return `${NAMES[kind]} ${target}`;
}
