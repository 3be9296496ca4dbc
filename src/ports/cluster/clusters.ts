import type { AzureAnswer } from "#src/domain/plan/azure/azure-answers.ts";
import type { QuotaUsage } from "#src/domain/plan/azure/capacity.ts";
import type {
  GatewayPoolSpec,
  ManagedClusterFacts,
} from "#src/domain/plan/azure/infrastructure.ts";

/** Where a managed cluster lives in Azure. */
export interface ClusterAddress {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** The URL of a running operation (`Azure-AsyncOperation`), stored by the caller right after acceptance. */
export type OperationHandle = string;

/** What a write to the managed cluster should change; everything else in it stays byte for byte as read. */
export interface ManagedClusterChange {
  readonly staticEgress?: boolean;
  /** Entries are matched by (name, namespace): added, or set to this; others are left alone. */
  readonly egressGateways?: readonly EgressGatewayEntry[];
}

export interface EgressGatewayEntry {
  readonly name: string;
  readonly namespace: string;
  readonly enabled: boolean;
  readonly gatewayConfigurationName: string;
}

export type OperationState =
  | { readonly state: "running"; readonly status: string }
  | { readonly state: "succeeded" }
  | { readonly state: "failed"; readonly code: string; readonly message: string }
  /** The record of the operation is gone; the cluster itself has to be read. */
  | { readonly state: "gone" };

/** The cause of an error that Azure answered with, and not the network or signing in. */
export class AzureRefusal extends Error {
  override readonly name = "AzureRefusal";
  readonly answer: AzureAnswer;

  constructor(answer: AzureAnswer) {
    const { status, code, message } = answer;
    super(`azure answered ${[status, code, message].filter((part) => part !== "").join(": ")}`);
    this.answer = answer;
  }
}

/**
 * Azure Resource Manager, as far as Sallyport uses it. Every method may throw `RetryableError` (409 another
 * operation, 412 changed meanwhile, 429 with `retryAfterMs`, 5xx, network, time-out) or `FatalError`
 * (`Forbidden` 401/403, `ClusterNotFound` 404, `BadRequest` 400, `BadAnswer`). A write is one PUT, never retried
 * by itself beyond what was certainly not carried out: after an unclear answer the caller reads again. Where Azure
 * answered, the error's `cause` is an `AzureRefusal`.
 */
export interface ManagedClusters {
  /**
   * The same, but every call of the result is also given up as soon as `signal` is aborted. `beforeWriting` is called
   * right before each PUT: what it throws keeps the write back, and is the cause of a RetryableError.
   */
  until(signal: AbortSignal, beforeWriting?: () => void): ManagedClusters;

  read(cluster: ClusterAddress): Promise<ManagedClusterFacts>;

  /**
   * Read-modify-write of the whole managed cluster as raw JSON with `If-Match: <etag>`: unknown properties survive,
   * `nodeImageVersion` and read-only fields are not sent. `etag` is the one the plan was made from; "" where the
   * server gives none. Answers with the operation to follow, or undefined where it was done at once.
   */
  change(
    cluster: ClusterAddress,
    change: ManagedClusterChange,
    etag: string,
  ): Promise<OperationHandle | undefined>;

  /** Creates a node pool of mode Gateway; `If-None-Match: *`, so an existing pool is never altered (412 → RetryableError). */
  createGatewayPool(
    cluster: ClusterAddress,
    pool: GatewayPoolSpec,
  ): Promise<OperationHandle | undefined>;

  /** Deletes a node pool; undefined also where there is none. https://learn.microsoft.com/rest/api/aks/agent-pools/delete */
  deletePool(cluster: ClusterAddress, name: string): Promise<OperationHandle | undefined>;

  /** One look at an operation. A failed look throws RetryableError: it says nothing about the operation. */
  operation(handle: OperationHandle): Promise<OperationState>;

  /**
   * Address prefixes of the virtual networks the cluster's nodes live in: of the pools' `vnetSubnetID`s, or, where
   * AKS made the network, of the virtual networks in the node resource group. IPv4 CIDRs, sorted.
   * https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/get
   */
  virtualNetworkRanges(cluster: ClusterAddress): Promise<readonly string[]>;

  /**
   * How many public IP prefixes the cluster's subscription has in a location, and may have; undefined where Azure names no
   * limit of them. https://learn.microsoft.com/rest/api/virtualnetwork/usages/list
   */
  publicIpPrefixes(cluster: ClusterAddress, location: string): Promise<QuotaUsage | undefined>;

  /**
   * Revisions of the mesh that Azure offers in a location: one that is none of them is out of support.
   * https://learn.microsoft.com/rest/api/aks/managed-clusters/list-mesh-revision-profiles
   */
  meshRevisions(cluster: ClusterAddress, location: string): Promise<readonly string[]>;

  /** The user kubeconfig (`listClusterUserCredentials`, format exec), as bytes of YAML. */
  userKubeconfig(cluster: ClusterAddress): Promise<Uint8Array>;
}
