import type { Destination } from "../../grant.ts";
import type { ProbeRequest } from "../../network/modes/mode-rules.ts";
import { modeOf } from "../../network/modes/modes.ts";

/** Attempts for the probe's script, one line each, by the pod that runs them. */
export interface ProbeAttempts {
  /** A pod with sidecar under a granted account. */
  readonly granted: readonly string[];
  /** A pod with sidecar under another account of the namespace. */
  readonly otherAccount: readonly string[];
  /** A pod without sidecar. */
  readonly noSidecar: readonly string[];
}

/** `.invalid` is nobody's: https://www.rfc-editor.org/rfc/rfc6761#section-6.4 */
const UNGRANTED_HOST = "ungranted.sallyport.invalid";
/** TEST-NET-1 is routed to nobody: https://www.rfc-editor.org/rfc/rfc5737#section-3 */
const DOCUMENTATION_ADDRESS = "192.0.2.1";
/** TLS is decisive on any port: REGISTRY_ONLY closes it within milliseconds, everything else runs into the limit. */
const NEGATIVE_PORTS = [443, 8443, 9443, 10_443, 11_443, 12_443, 13_443] as const;

/**
 * What to ask in order to prove a grant. No third party is touched: what must be refused is a name resolved by hand to a
 * documentation address. `avoidPorts`: ports on which a tcp grant takes every connection, whatever address is meant.
 */
export function probeAttempts(
  { destination }: { readonly destination: Destination },
  { avoidPorts = [] }: { readonly avoidPorts?: readonly number[] } = {},
): ProbeAttempts {
  const negativePort = NEGATIVE_PORTS.find((port) => !avoidPorts.includes(port));
  const nothingElse =
    negativePort === undefined
      ? []
      : [`nothing-else tls ${UNGRANTED_HOST} ${negativePort} ${DOCUMENTATION_ADDRESS}`];
  return {
    granted: [...attempts("reaches", destination), ...nothingElse],
    otherAccount: attempts("nobody-else", destination),
    noSidecar: [attempt("no-bypass", modeOf(destination).direct(destination))],
  };
}

/** What to ask, once, in order to prove that an ended grant is refused: under the account it was given to. */
export function removalAttempts({
  destination,
}: {
  readonly destination: Destination;
}): readonly string[] {
  return attempts("refused", destination);
}

/** Why a probe asks nothing of a destination; undefined where it does. */
export function whyNotAsked(destination: Destination): string | undefined {
  if (modeOf(destination).probes(destination).length > 0) return undefined;
  const methods = destination.methods?.join(", ") ?? "";
  return `a probe asks nothing that may change something there, and only ${methods} may pass`;
}

/** None where every request might change something at the destination. */
function attempts(name: string, destination: Destination): readonly string[] {
  const [request] = modeOf(destination).probes(destination);
  return request === undefined ? [] : [attempt(name, request)];
}

function attempt(
  name: string,
  { speaks, host, port, method = "GET", path = "/", protocol }: ProbeRequest,
): string {
  const said = protocol === undefined ? "" : ` - ${protocol}`;
  const limits = method === "GET" && path === "/" ? said : ` - ${method} ${path}`;
  return `${name} ${speaks} ${host} ${port}${limits}`;
}
