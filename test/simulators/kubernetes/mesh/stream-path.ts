import type { LogEntry } from "./access-log.ts";
import type { Cluster } from "./cluster.ts";
import { curlOfClosed, curlOfConversation } from "./curl-result.ts";
import { toGateway } from "./gateway-stream.ts";
import { nodeAddress, reachOutside, sidecarLines, targetFor } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { closedAtOnce, overConnection, streamEntry } from "./stream-end.ts";
import type { StreamEnd } from "./stream-end.ts";
import type { Reached } from "./upstream.ts";
import type { Outcome } from "./world.ts";

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
  const target = targetFor(scene, cluster);
  switch (target.kind) {
    case "external": {
      const place = target.hosts[0];
      if (place === undefined) return closedAtOnce("UH");
      const reached = reachOutside(scene, place);
      return overConnection(scene, reached, {
        source: nodeAddress(scene),
        timeoutMs: cluster.connectTimeoutMs,
      });
    }
    case "pods":
      return toGateway(scene, { ...cluster, target }, target);
    default:
      return target satisfies never;
  }
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
