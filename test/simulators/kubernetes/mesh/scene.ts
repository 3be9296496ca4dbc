import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { LogEntry } from "./access-log.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Pod } from "./workload-schema.ts";
import { targetInMesh } from "./cluster.ts";
import type { Cluster, PlacedTarget } from "./cluster.ts";
import { endOfClient, endOfPod, isLetThrough, KUBE_DNS } from "./network-policy.ts";
import { logLines } from "./telemetry.ts";
import { type Place, reach, type Reached } from "./upstream.ts";
import type { View } from "./visibility.ts";
import type { Attempt, Client, GatewayLine, MeshWorld } from "./world.ts";

/** One attempt in progress, with all that derives from it once. */
export interface Scene {
  readonly world: MeshWorld;
  readonly catalogue: Catalogue;
  readonly view: View;
  readonly attempt: Attempt;
  /** The address the client connects to. */
  readonly address: string;
  readonly start: Date;
  readonly ports: {
    /** The application's end, as its sidecar sees it. */
    readonly application: number;
    /** The sidecar's end of its connection to a gateway. */
    readonly sidecar: number;
    /** The gateway's end of its connection to the outside. */
    readonly gateway: number;
  };
  /** Each proxy makes its own `x-request-id`. */
  readonly requestIds: { readonly sidecar: string; readonly gateway: string };
}

const DEFAULT_NODE_ADDRESS = "198.51.100.200";

/** Ports and ids that differ between attempts and are the same for the same attempt. */
export function identitiesOf(
  attempt: Attempt,
  sequence: number,
): Pick<Scene, "ports" | "requestIds"> {
  const digest = createHash("sha256")
    .update(`${attempt.client.namespace}/${attempt.client.podName} ${sequence}`)
    .digest();
  function port(offset: number): number {
    return 32_768 + (digest.readUInt16BE(offset) % 28_000);
  }
  function uuid(offset: number): string {
    return digest
      .toString("hex", offset, offset + 16)
      .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/u, "$1-$2-4$3-a$4-$5");
  }
  return {
    ports: { application: port(0), sidecar: port(2), gateway: port(4) },
    requestIds: { sidecar: uuid(6), gateway: uuid(14) },
  };
}

export function sidecarLines(scene: Scene, entry: LogEntry): readonly string[] {
  const { namespace, labels } = scene.attempt.client;
  return logLines(scene.world, scene.catalogue, { workload: { namespace, labels }, entry });
}

export function gatewayLines(scene: Scene, pod: Pod, entry: LogEntry): readonly GatewayLine[] {
  const { namespace, name, labels } = pod.metadata;
  return logLines(scene.world, scene.catalogue, { workload: { namespace, labels }, entry }).map(
    (line) => ({
      pod: name,
      namespace,
      line,
    }),
  );
}

/** Where a gateway pod's connections come from: an address of its StaticGatewayConfiguration's prefix. */
export function egressAddress(scene: Scene, pod: Pod): string {
  const annotation = "kubernetes.azure.com/static-gateway-configuration";
  const { namespace, name, annotations } = pod.metadata;
  const prefix = scene.catalogue.staticGatewayConfigurations.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === annotations[annotation],
  )?.status.egressIpPrefix;
  const parsed = /^(?<head>\d+\.\d+\.\d+)\.(?<last>\d+)\/(?<length>\d+)$/u.exec(
    prefix ?? "",
  )?.groups;
  if (parsed === undefined) return nodeAddress(scene);
  const size = 2 ** (32 - Number(parsed["length"]));
  const index = scene.catalogue.pods
    .filter(
      ({ metadata }) =>
        metadata.namespace === namespace && metadata.annotations[annotation] !== undefined,
    )
    .findIndex(({ metadata }) => metadata.name === name);
  return `${parsed["head"]}.${Number(parsed["last"]) + (Math.max(0, index) % size)}`;
}

/** Where a cluster's connection goes: one to the original destination goes to the address that the client dialled. */
export function targetFor(scene: Scene, { target }: Cluster): PlacedTarget {
  if (target.kind !== "original-destination") return target;
  const place = { address: scene.address, port: scene.attempt.port };
  return targetInMesh(scene.catalogue, place) ?? { kind: "external", hosts: [place] };
}

/** Where connections that bypass every gateway come from. */
export function nodeAddress(scene: Scene): string {
  return scene.world.nodeAddress ?? DEFAULT_NODE_ADDRESS;
}

/** Whether the client's packets reach a pod's port. */
export function reachesPod(scene: Scene, pod: Pod, port: number): boolean {
  return isLetThrough(scene.catalogue, {
    from: endOfClient(scene.attempt.client),
    to: endOfPod(pod),
    protocol: "TCP",
    port,
  });
}

/** Whether the client can ask the cluster's DNS. */
export function asksDns(catalogue: Catalogue, client: Client): boolean {
  return isLetThrough(catalogue, {
    from: endOfClient(client),
    to: KUBE_DNS,
    protocol: "UDP",
    port: 53,
  });
}

/** What the client's own connection to a place outside meets: what its policies do not let through is never answered. */
export function reachOutside(scene: Scene, place: Place): Reached {
  const { world, catalogue, attempt } = scene;
  if (isIP(place.address) === 0 && !asksDns(catalogue, attempt.client))
    return { kind: "no-address" };
  const reached = reach(world, place);
  if (reached.kind === "no-address") return reached;
  const isLet = isLetThrough(catalogue, {
    from: endOfClient(attempt.client),
    to: { ip: reached.address.slice(0, reached.address.lastIndexOf(":")) },
    protocol: "TCP",
    port: place.port,
  });
  return isLet ? reached : { kind: "silent", address: reached.address };
}
