import type { AccessLogLine } from "./log/access-log.ts";
import { sidecarWay, type Trace } from "./trace.ts";

export type Hop = "sidecar" | "gateway";

/** Stable, for tests and metrics. */
export type FailureCause =
  | "PolicyDenied"
  | "DeniedByName"
  | "AuthorizerRefused"
  | "RouteNotFound"
  | "TunnelMissing"
  | "CertificateRefused"
  | "UpstreamSpeaksNoTls"
  | "UpstreamNameUnknown"
  | "ResolverSilent"
  | "UpstreamRefused"
  | "UpstreamUnreachable"
  | "UpstreamProtocol"
  | "UpstreamClosed"
  | "HopProtocol"
  | "GatewayAnswered"
  | "NoAnswerInTime"
  | "AccountRefused"
  | "DestinationSilent"
  | "DestinationAnswered"
  | "PassedByTheGateway"
  | "Blocked"
  | "ClientRuleMissing"
  | "ClientRouteMissing"
  | "NoGatewayPod"
  | "ClientRouteNotFound"
  | "GatewayIdentity"
  | "GatewaySpeaksNoTls"
  | "GatewayUnreachable"
  | "GatewayClosed"
  | "ClientObjectsWrong"
  | `CurlExit${number}`
  | `HttpStatus${number}`;

/** Why a line shows a failure: `text` is a clause for people. */
export interface Explanation {
  readonly reason: FailureCause;
  readonly text: string;
}

/**
 * The failure catalogue: what one line of a proxy's log means; undefined for a line that shows no failure. Flags:
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#config-access-log-format-response-flags
 */
export function explainLine(hop: Hop, line: AccessLogLine): Explanation | undefined {
  const found = (hop === "gateway" ? AT_THE_GATEWAY : AT_THE_SIDECAR).find(({ shows }) =>
    shows(line),
  );
  if (found === undefined) return undefined;
  const { reason, text } = found;
  return { reason, text: typeof text === "string" ? text : text(line) };
}

/** Why a try failed, from the hop nearest to the destination that says so; curl's own words where no log does. */
export function explainTrace({ try: tried, sidecar, gateway, nearby }: Trace): Explanation {
  return (
    (gateway === undefined ? undefined : explainLine("gateway", gateway.line)) ??
    (nearby === undefined ? undefined : explainLine("gateway", nearby)) ??
    (sidecar === undefined ? undefined : explainLine("sidecar", sidecar)) ??
    explainExit(tried.exit, tried.status)
  );
}

/** https://curl.se/docs/manpage.html#EXIT */
export function explainExit(exit: number, status: number): Explanation {
  const text = EXITS.get(exit);
  if (text !== undefined) return { reason: `CurlExit${exit}`, text };
  if (exit === 0 && status > 0)
    return { reason: `HttpStatus${status}`, text: `the answer was HTTP ${status}` };
  return { reason: `CurlExit${exit}`, text: `curl ended with exit code ${exit}` };
}

const EXITS: ReadonlyMap<number, string> = new Map([
  [1, "what answered does not speak HTTP; ask for mode tls if it speaks TLS"],
  [6, "the pod could not resolve the name; look at the cluster's DNS"],
  [7, "the connection was refused before it left the pod; look at the sidecar"],
  [
    28,
    "nothing answered within 5 s; look at whether the destination is up and lets the egress IP prefix in",
  ],
  [
    35,
    "the TLS handshake did not complete: somebody on the way closed it, or the destination speaks no TLS",
  ],
  [52, "the connection was closed without an answer"],
  [56, "the connection was reset without an answer"],
]);

interface Entry {
  readonly reason: FailureCause;
  readonly shows: (line: AccessLogLine) => boolean;
  readonly text: string | ((line: AccessLogLine) => string);
}

const AT_THE_GATEWAY: readonly Entry[] = [
  {
    reason: "DeniedByName",
    shows: (line) => denyingPolicy(line) !== undefined,
    text: (line) =>
      `AuthorizationPolicy ${denyingPolicy(line)}, which is not Sallyport's, denied it at the gateway; ask its owner to leave the gateway's pods out`,
  },
  {
    reason: "AuthorizerRefused",
    shows: (line) => says(line, "ext_authz"),
    text: "an external authorizer refused it at the gateway: an AuthorizationPolicy with action CUSTOM is on the gateway's pods; ask its owner to leave them out",
  },
  {
    reason: "PolicyDenied",
    shows: (line) => says(line, "rbac_access_denied"),
    text: "the gateway's policy refused it: the namespace's AuthorizationPolicy is missing or, up to 45 s after a change, has not arrived yet; wait for the next try, then look at that policy",
  },
  {
    reason: "RouteNotFound",
    shows: (line) => says(line, "route_not_found"),
    text: "the gateway answered 404 itself: it has no route for this account, path and method for that destination; look at the route's VirtualService and the grant's service accounts",
  },
  {
    reason: "TunnelMissing",
    shows: (line) => says(line, "filter_chain_not_found"),
    text: "the gateway has no tunnel for it: the tunnel's Gateway is missing or has not arrived yet; look at it and at the SNI in the namespace's DestinationRule",
  },
  {
    reason: "CertificateRefused",
    shows: (line) => says(line, "CERTIFICATE_VERIFY_FAILED"),
    text: "the destination showed a certificate for another name (CERTIFICATE_VERIFY_FAILED); check the host with its owner",
  },
  {
    reason: "UpstreamSpeaksNoTls",
    shows: (line) => says(line, "WRONG_VERSION_NUMBER"),
    text: "the destination speaks no TLS on that port; ask for mode http or another port",
  },
  {
    reason: "UpstreamNameUnknown",
    shows: (line) => hasFlag(line, "UH"),
    text: "the destination's name does not resolve at the gateway; check its spelling and the cluster's DNS",
  },
  {
    reason: "ResolverSilent",
    shows: (line) => hasFlag(line, "NC"),
    text: "the gateway has no upstream yet: its DNS does not answer for that name, or the upstream's ServiceEntry is missing; look at the cluster's DNS, then at that object",
  },
  {
    reason: "UpstreamRefused",
    shows: (line) => hasFlag(line, "UF") && says(line, "Connection_refused"),
    text: "the destination refused the gateway's connection; check the port, and whether its firewall lets the egress IP prefix in",
  },
  {
    reason: "UpstreamUnreachable",
    shows: (line) => hasFlag(line, "UF"),
    text: "the destination did not answer the gateway's connection; check that it is up and that its firewall lets the egress IP prefix in",
  },
  {
    reason: "UpstreamProtocol",
    shows: (line) => hasFlag(line, "UPE"),
    text: "the destination speaks another HTTP version than it was asked in; let the application use HTTP/1.1",
  },
  {
    reason: "UpstreamClosed",
    shows: (line) => hasFlag(line, "UC"),
    text: "the destination closed the connection without an answer; it probably speaks TLS there: ask for mode tls",
  },
  {
    reason: "HopProtocol",
    shows: (line) => hasFlag(line, "DPE"),
    text: "the hop between sidecar and gateway carried what neither understands; look at useClientProtocol in the namespace's DestinationRule",
  },
  {
    reason: "GatewayAnswered",
    shows: (line) => says(line, "direct_response"),
    text: "a rule of the gateway answered by itself; look at the route's VirtualService",
  },
  {
    reason: "NoAnswerInTime",
    shows: (line) => hasFlag(line, "DC") && line.responseCode === 0,
    text: "the gateway waited for the destination until the probe gave up; check that it is up and that its firewall lets the egress IP prefix in",
  },
  {
    reason: "AccountRefused",
    shows: (line) => line.method === undefined && line.bytesReceived === 0 && line.bytesSent === 0,
    text: "the gateway let no byte through its tunnel: the account is not among those it admits; look at subjectAltNames of the tunnel's Gateway",
  },
  {
    reason: "DestinationSilent",
    shows: (line) => line.method === undefined && line.bytesSent === 0,
    text: "the destination took the connection and sent nothing back; check that it speaks TLS on that port and lets the egress IP prefix in",
  },
  {
    reason: "DestinationAnswered",
    shows: (line) => line.responseCodeDetails === "via_upstream" && line.responseCode >= 400,
    text: "the destination itself answered with an HTTP error; ask its owner",
  },
];

const AT_THE_SIDECAR: readonly Entry[] = [
  {
    reason: "PassedByTheGateway",
    shows: (line) => sidecarWay(line) === "passed-through",
    text: "the sidecar sent it directly to the destination, past the gateway: it has no way to the gateway for it, and its mesh or Sidecar object is ALLOW_ANY; set outboundTrafficPolicy to REGISTRY_ONLY there",
  },
  {
    reason: "Blocked",
    shows: (line) => sidecarWay(line) === "blocked",
    text: "the sidecar knows no way there: the namespace's ServiceEntry is missing, has not arrived yet, or is hidden by a Sidecar object; look at these",
  },
  {
    reason: "ClientRuleMissing",
    shows: (line) => hasFlag(line, "NC"),
    text: "the sidecar has no such subset of the gateway: the namespace's DestinationRule is missing, or another one for the gateway's host is in its way",
  },
  {
    reason: "ClientRouteMissing",
    shows: (line) => hasFlag(line, "UH") && /^outbound\|\d+\|\|/u.test(line.upstreamCluster ?? ""),
    text: "the sidecar lets it out nowhere: the namespace's VirtualService for that host is missing or has not arrived yet; look at it",
  },
  {
    reason: "NoGatewayPod",
    shows: (line) => hasFlag(line, "UH"),
    text: "no pod of the gateway is ready; look at the gateway's Deployment",
  },
  {
    reason: "ClientRouteNotFound",
    shows: (line) => says(line, "route_not_found"),
    text: "the sidecar answered 404 itself: the namespace's VirtualService has no route for that port; look at it",
  },
  {
    reason: "GatewayIdentity",
    shows: (line) => says(line, "CERTIFICATE_VERIFY_FAILED"),
    text: "the sidecar refused the gateway's certificate: it is not of the service account that the namespace's DestinationRule names; look at its subjectAltNames",
  },
  {
    reason: "GatewaySpeaksNoTls",
    shows: (line) => says(line, "WRONG_VERSION_NUMBER"),
    text: "the gateway answered without TLS: a Gateway that is not Sallyport's has put plain text on that port of its pods; look at which Gateways select them",
  },
  {
    reason: "GatewayUnreachable",
    shows: (line) => hasFlag(line, "UF"),
    text: "the gateway did not take the sidecar's connection: one of its pods went, or it closed the tunnel; wait for the next try, then look at the gateway's pods",
  },
  {
    reason: "GatewayClosed",
    shows: (line) => hasFlag(line, "UC"),
    text: "the gateway closed the connection without an answer; wait for the next try, then look at the gateway's policies",
  },
  {
    reason: "ClientObjectsWrong",
    shows: (line) => line.responseCode === 503 && line.responseCodeDetails !== "via_upstream",
    text: "the sidecar answered 503 itself: the namespace's DestinationRule or VirtualService is missing or wrong; look at both",
  },
];

function hasFlag({ responseFlags }: AccessLogLine, flag: string): boolean {
  return responseFlags.split(",").includes(flag);
}

/**
 * `namespace/name` of the DENY policy that a proxy names in its line. What no ALLOW policy allows has `[none]` there, and
 * Sallyport has no DENY policies. https://istio.io/latest/docs/ops/common-problems/security-issues/
 */
function denyingPolicy({
  responseCodeDetails = "",
  connectionTerminationDetails = "",
}: AccessLogLine): string | undefined {
  const [, namespace, name] =
    /rbac_access_denied_matched_policy\[ns\[([^\]]+)\]-policy\[([^\]]+)\]/u.exec(
      `${responseCodeDetails} ${connectionTerminationDetails}`,
    ) ?? [];
  return name === undefined ? undefined : `${namespace}/${name}`;
}

/** Only fields that the proxy writes itself are looked at, never what a client may send. */
function says(line: AccessLogLine, words: string): boolean {
  return [
    line.responseCodeDetails,
    line.connectionTerminationDetails,
    line.upstreamTransportFailureReason,
  ].some((field) => field?.includes(words));
}
