import type { GatewayFacts } from "../grant.ts";

/** Only what was certainly not carried out is tried again: a POST reaches the upstream once. */
export const RETRIES = { attempts: 2, retryOn: "connect-failure,refused-stream" };

export const TCP_POOL = {
  connectTimeout: "10s",
  tcpKeepalive: { time: "60s", interval: "15s", probes: 4 },
};

/** https://istio.io/latest/docs/concepts/security/#istio-identity */
export function spiffeId(
  facts: Pick<GatewayFacts, "trustDomain">,
  namespace: string,
  serviceAccount: string,
): string {
  return `spiffe://${facts.trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

export function gatewaySpiffeId(facts: GatewayFacts): string {
  return spiffeId(facts, facts.ref.namespace, facts.serviceAccount);
}
