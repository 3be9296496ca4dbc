import { createHash } from "node:crypto";
import type { ClusterObjects, StoredObject, StoredRef } from "./cluster-objects.ts";
import { createPrefixPool } from "./egress-prefixes.ts";
import type { Scheduler } from "./scheduler.ts";

/** A node pool of mode Gateway, as the SGC controller finds it by its tag; `prefixLength` 28 to 31. */
export interface GatewayPool {
  readonly name: string;
  readonly prefixLength: number;
}

export interface StaticGatewayController {
  /** Which pools exist now; configurations waiting for one go on. */
  setGatewayPools(pools: readonly GatewayPool[]): void;
  /** From now on `namespace/name` only reports this error, and never gets a prefix; undefined lets it go on. */
  stick(name: string, message: string | undefined): void;
  /** A public IP prefix of the subscription's owner, which a configuration may name. */
  bringPrefix(id: string, prefix: string): void;
  close(): void;
}

const FINALIZER = "static-gateway-configuration-controller.microsoft.com";
const KIND = "StaticGatewayConfiguration";
const FIRST_PORT = 6000;

/**
 * Plays Azure's kube-egress-gateway controller: https://github.com/Azure/kube-egress-gateway/tree/main/controllers.
 * A configuration gets its finalizer and its egress IP prefix after `delayMs`; errors show only as Events.
 * Deleting waits for the pool to be there, as the real controller does.
 */
export function startStaticGatewayController(options: {
  readonly objects: ClusterObjects;
  readonly scheduler: Scheduler;
  readonly delayMs: number;
}): StaticGatewayController {
  const { objects, scheduler, delayMs } = options;
  const prefixes = createPrefixPool();
  const stuck = new Map<string, string>();
  const brought = new Map<string, string>();
  const scheduled = new Map<string, () => void>();
  let pools: readonly GatewayPool[] = [];

  function ask(key: string): void {
    if (scheduled.has(key)) return;
    scheduled.set(
      key,
      scheduler.after(delayMs, () => {
        scheduled.delete(key);
        const [namespace = "", name = ""] = key.split("/");
        const configuration = objects.get({ kind: KIND, namespace, name });
        if (configuration !== undefined) reconcile(key, configuration);
      }),
    );
  }

  function reconcile(key: string, configuration: StoredObject): void {
    const ref = refOf(configuration);
    const pool = poolOf(configuration, pools);
    if (configuration.metadata.deletionTimestamp !== undefined) {
      if (pool === undefined) return report(ref, "ReconcileError", "gateway agent pool not found");
      prefixes.release(key);
      return objects.removeFinalizer(ref, FINALIZER);
    }
    addFinalizer(configuration);
    const problem = specProblem(configuration);
    if (problem !== undefined) return report(ref, "InvalidSpec", problem);
    const error =
      stuck.get(key) ?? (pool === undefined ? "gateway agent pool not found" : undefined);
    if (error !== undefined || pool === undefined)
      return report(ref, "ReconcileError", error ?? "");
    if (typeof configuration.status?.["egressIpPrefix"] === "string") return undefined;
    return provision(key, configuration, pool);
  }

  function provision(key: string, configuration: StoredObject, pool: GatewayPool): void {
    const ref = refOf(configuration);
    const id = configuration.spec?.["publicIpPrefixId"];
    const own = typeof id === "string" ? (brought.get(id) ?? "") : undefined;
    const wrong = own === undefined ? undefined : broughtProblem(String(id), own, pool);
    if (wrong !== undefined) return report(ref, "ReconcileGatewayVMConfigurationError", wrong);
    const prefix = own ?? prefixes.take(key, pool.prefixLength);
    objects.putStatus(ref, statusOf(configuration, prefix, FIRST_PORT + prefixes.size() - 1));
    return objects.event(ref, {
      type: "Normal",
      reason: "Reconciled",
      message: `StaticGatewayConfiguration provisioned with egress prefix ${prefix}`,
    });
  }

  function addFinalizer({ metadata, ...rest }: StoredObject): void {
    const finalizers = metadata.finalizers ?? [];
    if (finalizers.includes(FINALIZER)) return;
    objects.put({ ...rest, metadata: { ...metadata, finalizers: [...finalizers, FINALIZER] } });
  }

  function report(ref: StoredRef, reason: string, message: string): void {
    objects.event(ref, { type: "Warning", reason, message });
  }

  const stop = objects.onChange(({ type, object }) => {
    if (object.kind !== KIND || type === "DELETED") return;
    if (isWaiting(object)) ask(keyOf(object));
  });

  function askAll(): void {
    for (const configuration of objects.list(KIND).filter(isWaiting)) ask(keyOf(configuration));
  }

  return {
    setGatewayPools(next) {
      pools = next;
      askAll();
    },
    stick(name, message) {
      if (message === undefined) stuck.delete(name);
      else stuck.set(name, message);
      askAll();
    },
    bringPrefix(id, prefix) {
      brought.set(id, prefix);
      askAll();
    },
    close() {
      stop();
      for (const cancel of scheduled.values()) cancel();
      scheduled.clear();
    },
  };
}

function isWaiting({ metadata, status }: StoredObject): boolean {
  return metadata.deletionTimestamp !== undefined || typeof status?.["egressIpPrefix"] !== "string";
}

function poolOf({ spec }: StoredObject, pools: readonly GatewayPool[]): GatewayPool | undefined {
  const wanted = String(spec?.["gatewayNodepoolName"]).toLowerCase();
  return pools.find(({ name }) => name.toLowerCase() === wanted);
}

function specProblem({ spec }: StoredObject): string | undefined {
  const hasPool =
    typeof spec?.["gatewayNodepoolName"] === "string" && spec["gatewayNodepoolName"] !== "";
  const hasScaleSet = spec?.["gatewayVmssProfile"] !== undefined;
  if (!hasPool && !hasScaleSet)
    return "Either GatewayNodepoolName or GatewayVmssProfile must be provided";
  if (hasPool && hasScaleSet)
    return "Only one of GatewayNodepoolName and GatewayVmssProfile should be provided";
  return undefined;
}

/** https://github.com/Azure/kube-egress-gateway/blob/main/controllers/manager/gatewayvmconfiguration_controller.go */
function broughtProblem(
  id: string,
  prefix: string,
  { prefixLength }: GatewayPool,
): string | undefined {
  if (prefix === "") return `failed to parse public ip prefix id: ${id}`;
  const length = Number(prefix.split("/")[1]);
  return length === prefixLength
    ? undefined
    : `provided public ip prefix has invalid length(${length}), required(${prefixLength})`;
}

function statusOf(
  configuration: StoredObject,
  prefix: string,
  port: number,
): Record<string, unknown> {
  const uid = configuration.metadata.uid ?? keyOf(configuration);
  return {
    egressIpPrefix: prefix,
    gatewayServerProfile: {
      ip: "10.224.0.100",
      port,
      publicKey: createHash("sha256").update(uid).digest("base64"),
      privateKeySecretRef: {
        apiVersion: "v1",
        kind: "Secret",
        name: `sgw-${uid}`,
        namespace: "aks-static-egress-gateway",
      },
    },
  };
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function refOf({ kind, metadata }: StoredObject): StoredRef {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}
