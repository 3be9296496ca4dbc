import type { LogEntry } from "./access-log.ts";
import { type Carried, carriedOn, isBroken, spoken } from "./app-protocols.ts";
import { refusalBy } from "./authorization.ts";
import { resolveCluster } from "./cluster.ts";
import type { Cluster, PlacedTarget } from "./cluster.ts";
import { curlOfReply } from "./curl-result.ts";
import { clientId, gatewayRoute, shakeHands } from "./gateway.ts";
import type { Chain } from "./gateway.ts";
import { badHeaderEntry, httpEntry, noChainEntry, NOT_TLS, notHttpEntry } from "./http-entry.ts";
import type { HttpRequest } from "./route-match.ts";
import {
  egressAddress,
  gatewayLines,
  nodeAddress,
  reachesPod,
  reachOutside,
  sidecarLines,
  targetFor,
} from "./scene.ts";
import type { Scene } from "./scene.ts";
import type { HttpRoute } from "./networking-schema.ts";
import type { Pod } from "./workload-schema.ts";
import { NOT_FOUND } from "./own-replies.ts";
import {
  connectFailure,
  failure,
  forwardHttp,
  passedOn,
  reach,
  terminated,
  unanswered,
} from "./upstream.ts";
import type { HttpReply } from "./upstream.ts";
import { viewOfNamespace } from "./visibility.ts";
import type { GatewayLine, Outcome } from "./world.ts";

/** What came back to the sidecar over a cluster, and what the gateway wrote meanwhile. */
interface Answer {
  readonly reply: HttpReply;
  readonly gatewayLines: readonly GatewayLine[];
  readonly sourceAddress?: string;
}

const TLS_ALERT =
  "TLS_error:|268436502:SSL_routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_UNKNOWN:TLS_error_end";
const SAN_MISMATCH =
  "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_SAN_matcher:TLS_error_end";
/** A request that a sidecar's route sends to a cluster; `cluster` undefined = the route names one that is not there. */
export function throughHttp(
  scene: Scene,
  routed: {
    readonly cluster: Cluster | undefined;
    readonly request: HttpRequest;
    readonly routeName: string;
  },
): Outcome {
  const { request, routeName } = routed;
  const named = routeName === "" ? {} : { routeName };
  return finish(scene, answerOf(scene, routed), {
    request,
    cluster: routed.cluster?.name,
    ...named,
  });
}

/** A request the sidecar answers itself, or lets pass: 404, `block_all`, `allow_any`. */
export function answeredBySidecar(
  scene: Scene,
  request: HttpRequest,
  local: {
    readonly reply: HttpReply;
    readonly routeName?: string | undefined;
    readonly cluster?: string;
    readonly sourceAddress?: string;
  },
): Outcome {
  const { reply, sourceAddress, routeName, cluster } = local;
  const named = routeName === undefined ? {} : { routeName };
  const answer: Answer = {
    reply,
    gatewayLines: [],
    ...(sourceAddress === undefined ? {} : { sourceAddress }),
  };
  return finish(scene, answer, { request, cluster, ...named });
}

function answerOf(
  scene: Scene,
  { cluster, request }: { readonly cluster: Cluster | undefined; readonly request: HttpRequest },
): Answer {
  if (cluster === undefined)
    return alone(failure("NC", "cluster_not_found", { body: "", elapsedMs: 0 }));
  const target = targetFor(scene, cluster);
  if (target.kind !== "pods") return leavingHere(scene, cluster, target);
  const { pods, port } = target;
  const pod = pods[(scene.world.sequence ?? 0) % Math.max(1, pods.length)];
  if (pod === undefined) {
    return alone(
      failure("UH", "no_healthy_upstream", { body: "no healthy upstream", elapsedMs: 1 }),
    );
  }
  if (!reachesPod(scene, pod, port))
    return alone(unanswered(cluster, `${pod.status.podIP}:${port}`));
  return answerOfPod(scene, { cluster, target, pod, request });
}

function answerOfPod(
  scene: Scene,
  {
    cluster,
    target,
    pod,
    request,
  }: {
    readonly cluster: Cluster;
    readonly target: Extract<PlacedTarget, { kind: "pods" }>;
    readonly pod: Pod;
    readonly request: HttpRequest;
  },
): Answer {
  const { port } = target;
  const address = `${pod.status.podIP}:${port}`;
  const handshake = shakeHands(scene, { ...cluster, target }, pod);
  switch (handshake.kind) {
    case "refused":
      return alone(connectFailure("delayed_connect_error:_Connection_refused", address, 60));
    case "no-chain":
      return {
        reply: connectFailure("delayed_connect_error:_Connection_reset_by_peer", address, 60),
        gatewayLines: gatewayLines(
          scene,
          pod,
          noChainEntry(scene, pod, { port, sni: handshake.sni }),
        ),
      };
    case "plain-text":
      return {
        reply: connectFailure(NOT_TLS, address, 60),
        gatewayLines: gatewayLines(scene, pod, notHttpEntry(scene, pod, { port })),
      };
    case "wrong-gateway":
      return alone(connectFailure(SAN_MISMATCH, address, 60));
    case "wrong-account":
      return alone(connectFailure(TLS_ALERT, address, 60));
    case "accepted":
      return handshake.chain.kind === "http"
        ? insideGateway(scene, {
            chain: handshake.chain,
            pod,
            port,
            request,
            carried: carriedOn(spoken(scene.attempt), cluster),
          })
        : alone(terminated(address));
    default:
      return handshake satisfies never;
  }
}

/** An answer no gateway took part in. */
function alone(reply: HttpReply): Answer {
  return { reply, gatewayLines: [] };
}

/** A cluster whose endpoints are outside: the connection never meets a gateway. */
function leavingHere(scene: Scene, cluster: Cluster, target: PlacedTarget): Answer {
  const source = nodeAddress(scene);
  const reply = forwardHttp(
    { ...cluster, target },
    { attempt: scene.attempt, carried: carriedOn(spoken(scene.attempt), cluster), source },
    (place) => reachOutside(scene, place),
  );
  return { reply, gatewayLines: [], ...(reply.connected ? { sourceAddress: source } : {}) };
}

interface Visit {
  readonly chain: Chain;
  readonly pod: Pod;
  readonly port: number;
  readonly request: HttpRequest;
  /** How the request came. */
  readonly carried: Carried;
}

function insideGateway(scene: Scene, visit: Visit): Answer {
  const { world, catalogue, attempt } = scene;
  if (isBroken(attempt, visit.carried)) {
    const { pod: at, port: listener, chain } = visit;
    return {
      reply: terminated(`${at.status.podIP}:${listener}`),
      gatewayLines: gatewayLines(
        scene,
        at,
        badHeaderEntry(scene, at, { port: listener, sni: chain.sni }),
      ),
    };
  }
  const request: HttpRequest = {
    ...visit.request,
    headers: {
      ...visit.request.headers,
      "x-forwarded-client-cert": `By=spiffe://${world.trustDomain}/ns/${visit.pod.metadata.namespace}/sa/${visit.pod.spec.serviceAccountName};Hash=${"0".repeat(64)};Subject="";URI=${clientId(world, attempt.client)}`,
      "x-forwarded-for": attempt.client.ip,
    },
  };
  const port = visit.chain.server.port.number;
  const route = gatewayRoute(catalogue, visit.chain, { pod: visit.pod, request, port });
  const peer = {
    ...attempt.client,
    trustDomain: world.trustDomain,
    sni: visit.chain.sni,
    port: visit.port,
    request,
  };
  const isSettled = (world.policyAgeMs ?? Infinity) >= (world.policyWindowMs ?? 0);
  const source = egressAddress(scene, visit.pod);
  const refusal = isSettled
    ? refusalBy(catalogue, visit.pod, { peer, rootNamespace: world.rootNamespace })
    : "rbac_access_denied_matched_policy[none]";
  if (refusal !== undefined) {
    const reply: HttpReply = {
      ...NOT_FOUND,
      status: 403,
      flags: "-",
      details: refusal,
      body: "RBAC: access denied",
      bytes: 19,
    };
    return logged(scene, { ...visit, request }, { reply, route, cluster: undefined });
  }
  const destination = route?.route[0]?.destination;
  if (destination === undefined) {
    return logged(
      scene,
      { ...visit, request },
      { reply: NOT_FOUND, route: undefined, cluster: undefined },
    );
  }
  const view = viewOfNamespace(catalogue, visit.pod.metadata.namespace);
  const cluster = resolveCluster(catalogue, view, destination);
  const reply =
    cluster === undefined
      ? failure("NC", "cluster_not_found", { body: "", elapsedMs: 0 })
      : forwardHttp(
          cluster,
          { attempt, carried: carriedOn(visit.carried, cluster), source },
          (place) => reach(world, place),
        );
  const answer = logged(scene, { ...visit, request }, { reply, route, cluster });
  return reply.connected ? { ...answer, sourceAddress: source } : answer;
}

function logged(
  scene: Scene,
  visit: Visit,
  ended: {
    readonly reply: HttpReply;
    readonly route: HttpRoute | undefined;
    readonly cluster: Cluster | undefined;
  },
): Answer {
  const { pod, port, request, chain, carried } = visit;
  const removed = ended.route?.headers?.request?.remove.map((name) => name.toLowerCase()) ?? [];
  const keepsClientAddress = !removed.includes("x-forwarded-for") || !ended.reply.connected;
  const entry: LogEntry = {
    ...httpEntry(scene, request, ended.reply, carried),
    startTime: new Date(scene.start.getTime() + 2),
    requestId: scene.requestIds.gateway,
    ...(keepsClientAddress && ended.cluster === undefined
      ? { forwardedFor: scene.attempt.client.ip }
      : {}),
    ...(ended.cluster === undefined ? {} : { upstreamCluster: ended.cluster.name }),
    ...(ended.reply.connected
      ? { upstreamLocal: `${pod.status.podIP}:${scene.ports.gateway}` }
      : {}),
    downstreamLocal: `${pod.status.podIP}:${port}`,
    downstreamRemote: `${scene.attempt.client.ip}:${scene.ports.sidecar}`,
    sni: chain.sni,
    ...(ended.route === undefined ? {} : { routeName: ended.route.name }),
  };
  const reply = passedOn(ended.reply, `${pod.status.podIP}:${port}`);
  return { reply, gatewayLines: gatewayLines(scene, pod, entry) };
}

function finish(
  scene: Scene,
  answer: Answer,
  routed: {
    readonly request: HttpRequest;
    readonly cluster?: string | undefined;
    readonly routeName?: string;
  },
): Outcome {
  const { reply } = answer;
  const { client, port } = scene.attempt;
  const entry: LogEntry = {
    ...httpEntry(scene, routed.request, reply, spoken(scene.attempt)),
    requestId: scene.requestIds.sidecar,
    ...(routed.cluster === undefined ? {} : { upstreamCluster: routed.cluster }),
    ...(reply.connected ? { upstreamLocal: `${client.ip}:${scene.ports.sidecar}` } : {}),
    downstreamLocal: `${scene.address}:${port}`,
    downstreamRemote: `${client.ip}:${scene.ports.application}`,
    ...(routed.routeName === undefined ? {} : { routeName: routed.routeName }),
  };
  return {
    curl: curlOfReply(scene, reply),
    elapsedMs: reply.elapsedMs + 1,
    sidecarLines: sidecarLines(scene, entry),
    gatewayLines: answer.gatewayLines,
    ...(reply.hasTrailers === undefined ? {} : { hasTrailers: reply.hasTrailers }),
    ...(answer.sourceAddress === undefined ? {} : { sourceAddress: answer.sourceAddress }),
  };
}
