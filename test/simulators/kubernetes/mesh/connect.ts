import { carriedOn, spoken } from "./app-protocols.ts";
import { readCatalogue } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import { serviceEntryFor } from "./cluster.ts";
import { curlOfClosed, curlOfConversation, unconnected, withinLimit } from "./curl-result.ts";
import { discovered } from "./discovery.ts";
import { matchesHost } from "./host-match.ts";
import { answeredBySidecar, throughHttp } from "./http-path.ts";
import { blockAll, routeNotFound, upgradeRequired } from "./own-replies.ts";
import { routeOutbound } from "./outbound.ts";
import type { HttpRequest } from "./route-match.ts";
import { asksDns, identitiesOf, nodeAddress, reachOutside } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { blackHole, passThrough, throughStream } from "./stream-path.ts";
import { converse } from "./conversation.ts";
import { forwardHttp } from "./upstream.ts";
import type { Reached } from "./upstream.ts";
import { virtualAddress } from "./virtual-address.ts";
import { outboundPolicyOf, serviceHost, viewOfClient } from "./visibility.ts";
import type { View } from "./visibility.ts";
import type { Attempt, MeshWorld, Outcome } from "./world.ts";

/** Linux gives up an unanswered connection after about this long (six SYN retries). */
const KERNEL_CONNECT_TIMEOUT_MS = 130_000;

/**
 * What becomes of one connection, decided from the stored objects alone: nothing is remembered between calls, nothing
 * is waited for. The path is application → sidecar → gateway pod → outside; README.md lists what is modelled.
 */
export function connect(world: MeshWorld, attempt: Attempt): Outcome {
  return connectIn(readCatalogue(world.objects), world, attempt);
}

/** As `connect`, for many attempts among the same objects. */
export function connectIn(stored: Catalogue, world: MeshWorld, attempt: Attempt): Outcome {
  const catalogue = discovered(stored, world.discoverySelectors ?? []);
  const view = viewOfClient(catalogue, world, attempt);
  // Names are the cluster's own DNS's, whatever the control plane knows.
  const address = resolveName({ world, catalogue: stored, view }, attempt);
  if (address === UNANSWERED) return unresolved(attempt);
  if (address === undefined) {
    const curl = unconnected(attempt, 6, `Could not resolve host: ${attempt.host}`);
    return { curl, elapsedMs: 3, sidecarLines: [], gatewayLines: [] };
  }
  const scene: Scene = {
    world,
    catalogue,
    view,
    attempt,
    address,
    start: world.now ?? new Date(0),
    ...identitiesOf(attempt, world.sequence ?? 0),
  };
  const outcome = attempt.client.sidecar ? throughSidecar(scene) : withoutSidecar(scene);
  return withinLimit(outcome, attempt);
}

function throughSidecar(scene: Scene): Outcome {
  const allowsAny =
    outboundPolicyOf(scene.catalogue, scene.world, scene.attempt.client) === "ALLOW_ANY";
  const outbound = routeOutbound(scene);
  switch (outbound.kind) {
    case "http":
      return throughHttp(scene, outbound);
    case "stream":
      return throughStream(scene, outbound);
    case "old-http":
      return answeredBySidecar(scene, outbound.request, { reply: upgradeRequired() });
    case "no-route":
      return answeredBySidecar(scene, outbound.request, { reply: routeNotFound() });
    case "unknown-http":
      return allowsAny
        ? allowAny(scene, outbound.request)
        : answeredBySidecar(scene, outbound.request, { reply: blockAll(), routeName: "block_all" });
    case "unknown-stream":
      return allowsAny
        ? passThrough(scene, { sni: outbound.sni, reached: directly(scene) })
        : blackHole(scene, outbound.sni);
    default:
      return outbound satisfies never;
  }
}

/** Plain HTTP to a Host the mesh does not know, let through by ALLOW_ANY. */
function allowAny(scene: Scene, request: HttpRequest): Outcome {
  const { address, attempt } = scene;
  const place = { address, port: attempt.port };
  const cluster = {
    name: "PassthroughCluster",
    host: address,
    port: attempt.port,
    subset: "",
    target: { kind: "external" as const, hosts: [place] },
    tls: undefined,
    connectTimeoutMs: 10_000,
    // As its client speaks: https://github.com/istio/istio/blob/1.29.5/pilot/pkg/networking/core/cluster.go
    usesClientProtocol: true,
    portProtocol: "HTTP/1.1" as const,
  };
  const source = nodeAddress(scene);
  const carried = carriedOn(spoken(attempt), cluster);
  const reply = forwardHttp(cluster, { attempt, carried, source }, (at) => reachOutside(scene, at));
  return answeredBySidecar(scene, request, {
    reply,
    routeName: "allow_any",
    cluster: cluster.name,
    ...(reply.connected ? { sourceAddress: source } : {}),
  });
}

/** A pod outside the mesh: the node's address is its source, and only a NetworkPolicy stops it. */
function withoutSidecar(scene: Scene): Outcome {
  const { attempt, address } = scene;
  const base = { sidecarLines: [], gatewayLines: [] };
  const reached = directly(scene);
  switch (reached.kind) {
    case "no-address":
    case "silent": {
      const limit = Math.min(attempt.connectTimeoutMs ?? Infinity, attempt.maxTimeMs ?? Infinity);
      const elapsedMs = Math.min(limit, KERNEL_CONNECT_TIMEOUT_MS);
      const message = `Failed to connect to ${attempt.host} port ${attempt.port} after ${elapsedMs} ms: Timeout was reached`;
      return { ...base, elapsedMs, curl: { ...unconnected(attempt, 28, message), remoteIp: "" } };
    }
    case "refused": {
      const message = `Failed to connect to ${attempt.host} port ${attempt.port} after 1 ms: Couldn't connect to server`;
      return {
        ...base,
        elapsedMs: 1,
        curl: { ...unconnected(attempt, 7, message), remoteIp: address },
      };
    }
    case "closed":
      return {
        ...base,
        elapsedMs: 2,
        curl: curlOfClosed(scene),
        sourceAddress: nodeAddress(scene),
      };
    case "connected": {
      const source = nodeAddress(scene);
      const curl = curlOfConversation(scene, converse(reached.external, attempt, source));
      return { ...base, elapsedMs: 5, curl, sourceAddress: source };
    }
    default:
      return reached satisfies never;
  }
}

/** What a connection meets that leaves the pod for the very address it was opened to. */
function directly(scene: Scene): Reached {
  const { address, attempt } = scene;
  return reachOutside(scene, { address, port: attempt.port, host: attempt.host });
}

/** A resolver's own limit: two tries of five seconds. https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
const RESOLVER_TIMEOUT_MS = 10_000;

/** DNS that never answers: curl gives up at its own limit, else the resolver does. */
function unresolved(attempt: Attempt): Outcome {
  const base = { sidecarLines: [], gatewayLines: [] };
  const limit = Math.min(attempt.connectTimeoutMs ?? Infinity, attempt.maxTimeMs ?? Infinity);
  if (limit >= RESOLVER_TIMEOUT_MS) {
    const curl = unconnected(attempt, 6, `Could not resolve host: ${attempt.host}`);
    return { ...base, curl, elapsedMs: RESOLVER_TIMEOUT_MS };
  }
  const curl = unconnected(attempt, 28, `Resolving timed out after ${limit} milliseconds`);
  return { ...base, curl, elapsedMs: limit };
}

/** DNS does not answer at all. */
const UNANSWERED = Symbol("unanswered");

/** An address given by hand, else the mesh's virtual address, else the cluster's own DNS, else the outside's. */
function resolveName(
  at: { readonly world: MeshWorld; readonly catalogue: Catalogue; readonly view: View },
  attempt: Attempt,
): string | typeof UNANSWERED | undefined {
  if (attempt.address !== undefined) return attempt.address;
  const host = attempt.host.replace(/\.$/u, "");
  const entry = serviceEntryFor(at.view, host);
  if (attempt.client.sidecar && at.world.dnsCapture && entry?.spec.hosts.includes(host) === true) {
    return entry.spec.addresses[0] ?? virtualAddress(entry);
  }
  if (!asksDns(at.catalogue, attempt.client)) return UNANSWERED;
  const service = at.catalogue.services.find((candidate) => serviceHost(candidate) === host);
  if (service?.spec.clusterIP !== undefined) return service.spec.clusterIP;
  return at.world.externals.find((external) => matchesHost(external.host, host))?.addresses[0];
}
