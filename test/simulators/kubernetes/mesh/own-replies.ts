import type { HttpReply } from "./upstream.ts";

/* What a proxy answers by itself. */

export const NOT_FOUND: HttpReply = {
  status: 404,
  flags: "NR",
  details: "route_not_found",
  body: "",
  bytes: 0,
  elapsedMs: 0,
  connected: false,
};

/** REGISTRY_ONLY's answer to a Host it does not know. */
export function blockAll(): HttpReply {
  return { ...NOT_FOUND, status: 502, flags: "-", details: "direct_response" };
}

/**
 * An HTTP listener's answer to HTTP/1.0:
 * https://istio.io/latest/docs/ops/common-problems/network-issues/#envoy-wont-connect-to-my-http10-service
 */
export function upgradeRequired(): HttpReply {
  return { ...NOT_FOUND, status: 426, flags: "-", details: "low_version" };
}

export function routeNotFound(): HttpReply {
  return NOT_FOUND;
}
