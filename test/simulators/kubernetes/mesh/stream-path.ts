import type { LogEntry } from "./access-log.ts";
import { isAuthorized } from "./authorization.ts";
import { resolveCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { curlOfClosed, curlOfConversation, firstFlight } from "./curl-result.ts";
import { shakeHands } from "./gateway.ts";
import type { Chain } from "./gateway.ts";
import { noChainEntry } from "./http-entry.ts";
import { egressAddress, gatewayLines, nodeAddress, sidecarLines } from "./scene.ts";
import type { Scene } from "./scene.ts";
import type { Pod } from "./schema.ts";
import { converse, reach } from "./upstream.ts";
import type { Conversation, Reached } from "./upstream.ts";
import { viewOfNamespace } from "./visibility.ts";
import type { GatewayLine, Outcome } from "./world.ts";

/** How one proxy's upstream connection ended; without a conversation the client's bytes reached nobody. */
interface StreamEnd {
  readonly flags?: string;
  readonly terminationDetails?: string;
  readonly transportFailure?: string;
  readonly upstreamHost?: string;
  readonly connected: boolean;
  readonly sent: number;
  readonly received: number;
  readonly elapsedMs: number;
  readonly conversation?: Conversation;
  readonly sourceAddress?: string;
  readonly gatewayLines?: readonly GatewayLine[];
}

const REFUSED = "delayed_connect_error:_Connection_refused";
/** The time after which a proxy gives up a connection of PassthroughCluster. */
const PASSTHROUGH_TIMEOUT_MS = 10_000;

/** TLS or bytes that a sidecar's route sends to a cluster, unread. */
export function throughStream(
  scene: Scene,
  routed: { readonly cluster: Cluster | undefined; readonly sni: string | undefined },
): Outcome {
  const { cluster, sni } = routed;
  const end: StreamEnd = cluster === undefined ? closedAtOnce("NC") : overCluster(scene, cluster);
  return finish(scene, end, { cluster: cluster?.name, sni });
}

/** `BlackHoleCluster`: REGISTRY_ONLY knows no listener or filter chain for it. */
export function blackHole(scene: Scene, sni: string | undefined): Outcome {
  return finish(scene, closedAtOnce("UH"), { cluster: "BlackHoleCluster", sni });
}

/** `PassthroughCluster`: ALLOW_ANY lets it leave to the address it was meant for. */
export function passThrough(
  scene: Scene,
  at: { readonly sni: string | undefined; readonly reached: Reached },
): Outcome {
  const source = nodeAddress(scene);
  const end = overConnection(scene, at.reached, { source, timeoutMs: PASSTHROUGH_TIMEOUT_MS });
  return finish(scene, end, { cluster: "PassthroughCluster", sni: at.sni });
}

function overCluster(scene: Scene, cluster: Cluster): StreamEnd {
  switch (cluster.target.kind) {
    case "original-destination": {
      const reached = reach(scene.world, { address: scene.address, port: scene.attempt.port });
      return overConnection(scene, reached, {
        source: nodeAddress(scene),
        timeoutMs: cluster.connectTimeoutMs,
      });
    }
    case "external": {
      const place = cluster.target.hosts[0];
      if (place === undefined) return closedAtOnce("UH");
      const reached = reach(scene.world, place);
      return overConnection(scene, reached, {
        source: nodeAddress(scene),
        timeoutMs: cluster.connectTimeoutMs,
      });
    }
    case "pods":
      return toGateway(scene, cluster, { pods: cluster.target.pods, port: cluster.target.port });
    default:
      return cluster.target satisfies never;
  }
}

function toGateway(
  scene: Scene,
  cluster: Cluster,
  target: { readonly pods: readonly Pod[]; readonly port: number },
): StreamEnd {
  const pod = target.pods[(scene.world.sequence ?? 0) % Math.max(1, target.pods.length)];
  if (pod === undefined) return closedAtOnce("UH");
  const upstreamHost = `${pod.status.podIP}:${target.port}`;
  const handshake = shakeHands({ ...scene, client: scene.attempt.client }, cluster, pod);
  switch (handshake.kind) {
    case "refused":
      return { ...closedAtOnce("UF,URX"), upstreamHost, transportFailure: REFUSED };
    case "no-chain": {
      const entry = noChainEntry(scene, pod, { port: target.port, sni: handshake.sni });
      return {
        ...closedAtOnce("UF,URX"),
        upstreamHost,
        gatewayLines: gatewayLines(scene, pod, entry),
      };
    }
    case "wrong-gateway":
      return {
        ...closedAtOnce("UF,URX"),
        upstreamHost,
        transportFailure:
          "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_SAN_matcher:TLS_error_end",
      };
    case "wrong-account":
    case "accepted":
      return insideGateway(scene, { ...handshake, pod, port: target.port });
    default:
      return handshake satisfies never;
  }
}

interface Visit {
  readonly kind: "accepted" | "wrong-account";
  readonly chain: Chain;
  readonly pod: Pod;
  readonly port: number;
}

function insideGateway(scene: Scene, visit: Visit): StreamEnd {
  const { world, catalogue, attempt } = scene;
  const { chain, pod } = visit;
  const destination = chain.route?.route[0]?.destination;
  const view = viewOfNamespace(catalogue, pod.metadata.namespace);
  const cluster = destination && resolveCluster(catalogue, view, destination);
  const place = cluster?.target.kind === "external" ? cluster.target.hosts[0] : undefined;
  const reached: Reached = place === undefined ? { kind: "no-address" } : reach(world, place);
  const source = egressAddress(scene, pod);
  const peer = {
    ...attempt.client,
    trustDomain: world.trustDomain,
    sni: chain.sni,
    port: chain.server.port.number,
  };
  const isAllowed = isAuthorized(catalogue, pod, { peer, rootNamespace: world.rootNamespace });
  const end = gatewayEnd(scene, { visit, cluster, reached, source, isAllowed });
  const sees = gatewayLines(scene, pod, gatewayEntry(scene, visit, { end, cluster }));
  return { ...sidecarEnd(scene, visit, end), gatewayLines: sees };
}

/**
 * A certificate refused by `subjectAltNames` leaves a line that looks like success, with 0 bytes: the gateway opens the
 * upstream connection before the client's certificate is judged.
 */
function gatewayEnd(
  scene: Scene,
  at: {
    readonly visit: Visit;
    readonly cluster: Cluster | undefined;
    readonly reached: Reached;
    readonly source: string;
    readonly isAllowed: boolean;
  },
): StreamEnd {
  if (at.cluster === undefined) return closedAtOnce("NC");
  const upstream =
    at.reached.kind === "connected"
      ? { connected: true, upstreamHost: at.reached.address }
      : { connected: false };
  if (at.visit.kind === "wrong-account") return { ...upstream, sent: 0, received: 0, elapsedMs: 1 };
  if (!at.isAllowed) {
    return {
      ...upstream,
      sent: scene.attempt.kind === "tls" ? 517 : 6,
      received: 0,
      elapsedMs: 1,
      terminationDetails: "rbac_access_denied_matched_policy[none]",
    };
  }
  return overConnection(scene, at.reached, {
    source: at.source,
    timeoutMs: at.cluster.connectTimeoutMs,
  });
}

/** What the sidecar saw of the same connection: a handshake cut short, or an open one that then closed. */
function sidecarEnd(scene: Scene, visit: Visit, end: StreamEnd): StreamEnd {
  const upstreamHost = `${visit.pod.status.podIP}:${visit.port}`;
  if (end.flags === "NC" || end.flags === "UH") return { ...closedAtOnce("UF,URX"), upstreamHost };
  const { conversation, sourceAddress } = end;
  return {
    connected: true,
    upstreamHost,
    sent: conversation?.sent ?? firstFlight(scene.attempt),
    received: conversation?.received ?? 0,
    elapsedMs: end.elapsedMs + 4,
    ...(conversation === undefined ? {} : { conversation }),
    ...(sourceAddress === undefined ? {} : { sourceAddress }),
  };
}

function overConnection(
  scene: Scene,
  reached: Reached,
  at: { readonly source: string; readonly timeoutMs: number },
): StreamEnd {
  switch (reached.kind) {
    case "no-address":
      return closedAtOnce("UH");
    case "refused":
      return {
        ...closedAtOnce("UF,URX"),
        upstreamHost: reached.address,
        transportFailure: REFUSED,
      };
    case "silent":
      return {
        ...closedAtOnce("UF,URX"),
        upstreamHost: reached.address,
        elapsedMs: at.timeoutMs + 3,
      };
    case "closed":
      return {
        connected: true,
        upstreamHost: reached.address,
        sent: firstFlight(scene.attempt),
        received: 0,
        elapsedMs: 2,
        sourceAddress: at.source,
      };
    case "connected": {
      const conversation = converse(reached.external, scene.attempt, at.source);
      return {
        connected: true,
        upstreamHost: reached.address,
        sent: conversation.sent,
        received: conversation.received,
        elapsedMs: scene.attempt.kind === "tls" ? 7 : 3,
        conversation,
        sourceAddress: at.source,
      };
    }
    default:
      return reached satisfies never;
  }
}

function closedAtOnce(flags: string): StreamEnd {
  return { flags, connected: false, sent: 0, received: 0, elapsedMs: 1 };
}

function gatewayEntry(
  scene: Scene,
  visit: Visit,
  ended: { readonly end: StreamEnd; readonly cluster: Cluster | undefined },
): LogEntry {
  const { pod, port, chain } = visit;
  return {
    ...streamEntry(ended.end),
    startTime: new Date(scene.start.getTime() + 3),
    ...(ended.cluster === undefined ? {} : { upstreamCluster: ended.cluster.name }),
    ...(ended.end.connected ? { upstreamLocal: `${pod.status.podIP}:${scene.ports.gateway}` } : {}),
    downstreamLocal: `${pod.status.podIP}:${port}`,
    downstreamRemote: `${scene.attempt.client.ip}:${scene.ports.sidecar}`,
    sni: chain.sni,
  };
}

function finish(
  scene: Scene,
  end: StreamEnd,
  named: { readonly cluster: string | undefined; readonly sni: string | undefined },
): Outcome {
  const { client, port } = scene.attempt;
  const entry: LogEntry = {
    ...streamEntry(end),
    startTime: scene.start,
    ...(named.cluster === undefined ? {} : { upstreamCluster: named.cluster }),
    ...(end.connected ? { upstreamLocal: `${client.ip}:${scene.ports.sidecar}` } : {}),
    downstreamLocal: `${scene.address}:${port}`,
    downstreamRemote: `${client.ip}:${scene.ports.application}`,
    ...(named.sni === undefined ? {} : { sni: named.sni }),
  };
  const { conversation, sourceAddress } = end;
  return {
    curl:
      conversation === undefined ? curlOfClosed(scene) : curlOfConversation(scene, conversation),
    elapsedMs: end.elapsedMs + 1,
    sidecarLines: sidecarLines(scene, entry),
    gatewayLines: end.gatewayLines ?? [],
    ...(sourceAddress === undefined ? {} : { sourceAddress }),
  };
}

function streamEntry(
  end: StreamEnd,
): Omit<LogEntry, "startTime" | "downstreamLocal" | "downstreamRemote"> {
  return {
    responseCode: 0,
    ...(end.flags === undefined ? {} : { flags: end.flags }),
    ...(end.terminationDetails === undefined ? {} : { terminationDetails: end.terminationDetails }),
    ...(end.transportFailure === undefined ? {} : { transportFailure: end.transportFailure }),
    bytesReceived: end.sent,
    bytesSent: end.received,
    durationMs: end.elapsedMs,
    ...(end.upstreamHost === undefined ? {} : { upstreamHost: end.upstreamHost }),
  };
}
