import type { Draft } from "../../compile/compiled.ts";
import type { Door, Upstream } from "../../compile/names.ts";
import type { Destination, GatewayFacts, Grant } from "../../grant.ts";

/** How a sidecar is told of a port: https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
export interface Listener {
  readonly port: number;
  readonly protocol: "HTTP" | "TLS" | "TCP";
}

/** One question of a probe. */
export interface ProbeRequest {
  /** What the app would speak. */
  readonly speaks: "http" | "tls" | "tcp";
  readonly host: string;
  readonly port: number;
  /** Of http. */
  readonly method?: string;
  readonly path?: string;
  /** Of tcp: whose first words are said. */
  readonly protocol?: string;
}

/** Where a mode's rule stands in a VirtualService: https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
export type RouteKind = "http" | "tls" | "tcp";

/**
 * All that a mode is: each has a file of its own here, and a row in `modes.ts`.
 */
export interface ModeRules {
  /**
   * How a gateway lets it pass. `route`: by the HTTP server that all share, and a route for each scope. `tunnel`: by a
   * server of the door's own, which sees bytes.
   */
  readonly passes: "route" | "tunnel";
  /** What the app connects to, in its own pod. */
  listener(destination: Destination): Listener;
  /** What the gateway connects to. */
  upstream(destination: Destination): Upstream;
  /** The rule that leads from the app's sidecar to the gateway. */
  clientRoute(
    door: Door,
    facts: GatewayFacts,
  ): { readonly kind: RouteKind; readonly rule: unknown };
  /** What a probe may ask without changing anything there; the first is taken. None where every request may change something. */
  probes(destination: Destination): readonly ProbeRequest[];
  /** What would get there past the gateway, where nothing holds it back. */
  direct(destination: Destination): ProbeRequest;
  /** The gateway's objects of one door. */
  doorObjects(facts: GatewayFacts, door: Door, grants: readonly Grant[]): readonly Draft[];
}
