import type { Cluster } from "./cluster.ts";
import type { AppProtocol, Attempt, External } from "./world.ts";

/** How requests are carried over one connection between two of app, sidecar, gateway and server. */
export type Carried = "HTTP/1.1" | "HTTP/2";

/** What the app's own connection to its sidecar carries. */
export function spoken({ speaks }: Pick<Attempt, "speaks">): Carried {
  return speaks === "HTTP/2" || speaks === "gRPC" ? "HTTP/2" : "HTTP/1.1";
}

/**
 * What a proxy's connection over a cluster carries of what came to it: what the client speaks where its rule says so, else
 * what the port's name or protocol says.
 * https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-HTTPSettings
 */
export function carriedOn(
  came: Carried,
  cluster: Pick<Cluster, "usesClientProtocol" | "portProtocol"> | undefined,
): Carried {
  return cluster === undefined || cluster.usesClientProtocol ? came : cluster.portProtocol;
}

/** https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/#explicit-protocol-selection */
export function namedProtocol(name: string): Carried {
  return /^(?:http2|grpc)(?:-|$)/iu.test(name) ? "HTTP/2" : "HTTP/1.1";
}

/** A WebSocket begins with a header that HTTP/2 has no place for. https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2 */
export function isBroken({ speaks }: Pick<Attempt, "speaks">, came: Carried): boolean {
  return speaks === "WebSocket" && came === "HTTP/2";
}

/** What a server makes of a request in it: nothing it understands, a switch of protocols, or an answer. */
export type Understood =
  | { readonly kind: "nothing" }
  | { readonly kind: "switched" }
  /** The handshake of a WebSocket was answered as any other request. */
  | { readonly kind: "not-switched" }
  /** gRPC says how a call went after its body, in trailers, of which HTTP/1.1 keeps none. https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html */
  | { readonly kind: "answered"; readonly trailers: boolean };

const ALL: readonly AppProtocol[] = ["HTTP/1.1", "HTTP/2", "WebSocket", "gRPC"];

export function understood(
  { speaks: known = ALL }: Pick<External, "speaks">,
  { speaks: wanted = "HTTP/1.1" }: Pick<Attempt, "speaks">,
  came: Carried,
): Understood {
  const isKnown =
    came === "HTTP/2"
      ? known.includes("HTTP/2") || known.includes("gRPC")
      : known.includes("HTTP/1.1");
  if (!isKnown) return { kind: "nothing" };
  if (wanted === "WebSocket")
    return { kind: known.includes("WebSocket") ? "switched" : "not-switched" };
  return {
    kind: "answered",
    trailers: wanted === "gRPC" && known.includes("gRPC") && came === "HTTP/2",
  };
}
