import type { z } from "zod";
import { isRecord, type JsonRecord } from "#src/domain/json.ts";
import type { QuotaUsage } from "#src/domain/plan/azure/capacity.ts";
import type {
  GatewayPoolSpec,
  ManagedClusterFacts,
} from "#src/domain/plan/azure/infrastructure.ts";
import type {
  ClusterAddress,
  ManagedClusterChange,
  ManagedClusters,
  OperationHandle,
  OperationState,
} from "#src/ports/cluster/clusters.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { type ArmClient, type ArmClientOptions, createArmClient } from "./arm-client.ts";
import { type ArmAnswer, refused } from "./arm-errors.ts";
import { toFacts } from "./facts.ts";
import { mergeChange } from "./merge.ts";
import {
  ManagedCluster,
  MeshRevisionPage,
  OperationBody,
  saidIn,
  UserCredentials,
} from "./schema.ts";
import { readPages } from "./pages.ts";
import { prefixUsage } from "./usages.ts";
import { networkRanges } from "./virtual-networks.ts";

/** https://learn.microsoft.com/rest/api/aks/managed-clusters */
const API_VERSION = "2026-06-01";

export function createManagedClusters(options: ArmClientOptions): ManagedClusters {
  return new AzureManagedClusters(createArmClient(options));
}

class AzureManagedClusters implements ManagedClusters {
  readonly #arm: ArmClient;

  constructor(arm: ArmClient) {
    this.#arm = arm;
  }

  until(signal: AbortSignal, beforeWriting?: () => void): ManagedClusters {
    return new AzureManagedClusters(this.#arm.until(signal, beforeWriting));
  }

  async read(cluster: ClusterAddress): Promise<ManagedClusterFacts> {
    return toFacts((await this.#read(cluster)).cluster);
  }

  async change(
    cluster: ClusterAddress,
    change: ManagedClusterChange,
    etag: string,
  ): Promise<OperationHandle | undefined> {
    const doing = `changing managed cluster ${cluster.name}`;
    const { raw, cluster: read } = await this.#read(cluster);
    if (etag !== "" && read.eTag !== etag)
      throw new RetryableError(doing, { cause: new Error("it changed since it was read") });
    // The body is made from what was read here, so that is what must not have changed.
    const guard = read.eTag ?? "";
    const answer = await this.#arm.call({
      method: "PUT",
      url: pathOf(cluster),
      headers: guard === "" ? {} : { "If-Match": guard },
      body: mergeChange(raw, change),
      doing,
    });
    return operationOf(doing, answer);
  }

  async createGatewayPool(
    cluster: ClusterAddress,
    pool: GatewayPoolSpec,
  ): Promise<OperationHandle | undefined> {
    const { name, vmSize, nodeCount, publicIpPrefixSize } = pool;
    const doing = `creating node pool ${name} of managed cluster ${cluster.name}`;
    const answer = await this.#arm.call({
      method: "PUT",
      url: pathOf(cluster, `/agentPools/${encodeURIComponent(name)}`),
      headers: { "If-None-Match": "*" },
      body: {
        properties: {
          mode: "Gateway",
          type: "VirtualMachineScaleSets",
          osType: "Linux",
          vmSize,
          count: nodeCount,
          enableAutoScaling: false,
          gatewayProfile: { publicIPPrefixSize: publicIpPrefixSize },
        },
      },
      doing,
    });
    return operationOf(doing, answer);
  }

  async deletePool(cluster: ClusterAddress, name: string): Promise<OperationHandle | undefined> {
    const doing = `deleting node pool ${name} of managed cluster ${cluster.name}`;
    const answer = await this.#arm.call({
      method: "DELETE",
      url: pathOf(cluster, `/agentPools/${encodeURIComponent(name)}`),
      doing,
    });
    return operationOf(doing, answer);
  }

  async operation(handle: OperationHandle): Promise<OperationState> {
    const doing = "looking at an operation";
    const answer = await this.#arm.call({ method: "GET", url: handle, doing }).catch((error) => {
      throw error instanceof RetryableError ? error : new RetryableError(doing, { cause: error });
    });
    if (answer.status === 404) return { state: "gone" };
    const seen = OperationBody.safeParse(answer.body);
    if (answer.status === 200 && seen.success) return stateOf(seen.data);
    const cause = answer.status === 200 ? seen.error : refused(doing, answer);
    throw cause instanceof RetryableError ? cause : new RetryableError(doing, { cause });
  }

  async virtualNetworkRanges(cluster: ClusterAddress): Promise<readonly string[]> {
    const { cluster: read } = await this.#read(cluster);
    return networkRanges(this.#arm, cluster, read);
  }

  async publicIpPrefixes(
    { subscriptionId }: ClusterAddress,
    location: string,
  ): Promise<QuotaUsage | undefined> {
    return prefixUsage(this.#arm, subscriptionId, location);
  }

  async meshRevisions(
    { subscriptionId }: ClusterAddress,
    location: string,
  ): Promise<readonly string[]> {
    const [subscription, region] = [subscriptionId, location].map((part) =>
      encodeURIComponent(part),
    );
    const pages = await readPages(
      this.#arm,
      {
        doing: `reading the mesh revisions that Azure offers in ${location}`,
        url: `/subscriptions/${subscription}/providers/Microsoft.ContainerService/locations/${region}/meshRevisionProfiles?api-version=${API_VERSION}`,
      },
      MeshRevisionPage,
    );
    return pages
      .flatMap(({ value }) => value)
      .flatMap(({ properties }) => properties.meshRevisions.map(({ revision }) => revision));
  }

  async userKubeconfig(cluster: ClusterAddress): Promise<Uint8Array> {
    const doing = `reading the user kubeconfig of managed cluster ${cluster.name}`;
    const answer = await this.#arm.call({
      method: "POST",
      url: pathOf(cluster, "/listClusterUserCredential", "&format=exec"),
      doing,
    });
    const { kubeconfigs } = parsed(doing, answer, UserCredentials);
    return new Uint8Array(Buffer.from(kubeconfigs[0]?.value ?? "", "base64"));
  }

  async #read(
    cluster: ClusterAddress,
  ): Promise<{ readonly raw: JsonRecord; readonly cluster: ManagedCluster }> {
    const doing = `reading managed cluster ${cluster.name}`;
    const answer = await this.#arm.call({ method: "GET", url: pathOf(cluster), doing });
    const read = parsed(doing, answer, ManagedCluster);
    return { raw: isRecord(answer.body) ? answer.body : {}, cluster: read };
  }
}

function pathOf(cluster: ClusterAddress, below = "", query = ""): string {
  const [subscription, group, name] = [
    cluster.subscriptionId,
    cluster.resourceGroup,
    cluster.name,
  ].map((part) => encodeURIComponent(part));
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${name}${below}?api-version=${API_VERSION}${query}`;
}

function parsed<Schema extends z.ZodType>(
  doing: string,
  answer: ArmAnswer,
  schema: Schema,
): z.infer<Schema> {
  if (answer.status !== 200) throw refused(doing, answer);
  const read = schema.safeParse(answer.body);
  if (!read.success) throw new FatalError("BadAnswer", doing, { cause: read.error });
  return read.data;
}

function operationOf(doing: string, answer: ArmAnswer): OperationHandle | undefined {
  if (answer.status < 200 || answer.status >= 300) throw refused(doing, answer);
  return answer.headers["azure-asyncoperation"];
}

const UNSUCCESSFUL_ENDS = ["failed", "canceled", "cancelled"];

/**
 * Exactly Succeeded, Failed and Canceled end an operation; AKS puts free text, with any words, while it runs.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
 */
function stateOf({ status, error }: z.infer<typeof OperationBody>): OperationState {
  const word = status.toLowerCase();
  if (word === "succeeded") return { state: "succeeded" };
  if (!UNSUCCESSFUL_ENDS.includes(word)) return { state: "running", status };
  const { code, message } = saidIn(error);
  return { state: "failed", code: code === "" ? status : code, message };
}
