import type { LogEntry } from "./access-log.ts";
import { refusalBy } from "./authorization.ts";
import { resolveCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { firstFlight } from "./curl-result.ts";
import { shakeHands } from "./gateway.ts";
import type { Chain } from "./gateway.ts";
import { noChainEntry, NOT_TLS, notHttpEntry } from "./http-entry.ts";
import { egressAddress, gatewayLines, reachesPod } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { REFUSED, closedAtOnce, overConnection, streamEntry } from "./stream-end.ts";
import type { StreamEnd } from "./stream-end.ts";
import { reach } from "./upstream.ts";
import type { Reached } from "./upstream.ts";
import { viewOfNamespace } from "./visibility.ts";
import type { Pod } from "./workload-schema.ts";

/** How the sidecar's connection to one of a gateway's pods ended, with what the gateway logged of it. */
export function toGateway(
  scene: Scene,
  cluster: Cluster,
  target: { readonly pods: readonly Pod[]; readonly port: number },
): StreamEnd {
  const pod = target.pods[(scene.world.sequence ?? 0) % Math.max(1, target.pods.length)];
  if (pod === undefined) return closedAtOnce("UH");
  const upstreamHost = `${pod.status.podIP}:${target.port}`;
  if (!reachesPod(scene, pod, target.port))
    return { ...closedAtOnce("UF,URX"), upstreamHost, elapsedMs: cluster.connectTimeoutMs + 3 };
  const handshake = shakeHands(scene, cluster, pod);
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
    case "plain-text":
      return {
        ...closedAtOnce("UF,URX"),
        upstreamHost,
        transportFailure: NOT_TLS,
        gatewayLines: gatewayLines(scene, pod, notHttpEntry(scene, pod, target)),
      };
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
    ...(chain.isPassthrough ? { namespace: "", serviceAccount: "" } : attempt.client),
    trustDomain: world.trustDomain,
    sni: chain.sni,
    port: visit.port,
  };
  const refusal = refusalBy(catalogue, pod, { peer, rootNamespace: world.rootNamespace });
  const end = gatewayEnd(scene, { visit, cluster, reached, source, refusal });
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
    readonly refusal: string | undefined;
  },
): StreamEnd {
  if (at.cluster === undefined) return closedAtOnce("NC");
  const upstream =
    at.reached.kind === "connected"
      ? { connected: true, upstreamHost: at.reached.address }
      : { connected: false };
  if (at.visit.kind === "wrong-account") return { ...upstream, sent: 0, received: 0, elapsedMs: 1 };
  if (at.refusal !== undefined) {
    return {
      ...upstream,
      sent: scene.attempt.kind === "tls" ? 517 : 6,
      received: 0,
      elapsedMs: 1,
      terminationDetails: at.refusal,
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
