import type { Destination, Grant } from "../../grant.ts";
import type { ProbeRequest } from "../../network/modes/mode-rules.ts";
import { connectsTo, listeningPort, modeOf } from "../../network/modes/modes.ts";
import type { RemovalProbe } from "../removal/removal-probe.ts";
import { DOCUMENTATION_ADDRESS, type ProbedName, probedName, withName } from "./probed-name.ts";

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
/** TLS is decisive on any port: REGISTRY_ONLY closes it within milliseconds, everything else runs into the limit. */
const NEGATIVE_PORTS = [443, 8443, 9443, 10_443, 11_443, 12_443, 13_443] as const;

/**
 * What to ask in order to prove a grant, while `live` grants are open, itself among them or not. No third party is touched:
 * what must be refused is a name resolved by hand to a documentation address, on a port where no tcp grant takes every
 * connection, whatever address is meant.
 */
export function probeAttempts(grant: Grant, live: readonly Grant[]): ProbeAttempts {
  const name = probedName(grant, live);
  const named = withName(grant.destination, name);
  const [request] = modeOf(named).probes(named);
  const takenPorts = [grant, ...live].filter(
    ({ scope, destination }) =>
      scope.namespace === grant.scope.namespace && destination.mode === "tcp",
  );
  const negativePort = NEGATIVE_PORTS.find(
    (port) => !takenPorts.some(({ destination }) => listeningPort(destination) === port),
  );
  const nothingElse =
    negativePort === undefined
      ? []
      : [`nothing-else tls ${UNGRANTED_HOST} ${negativePort} ${DOCUMENTATION_ADDRESS}`];
  return {
    granted: [...attempts("reaches", request, name), ...nothingElse],
    otherAccount: attempts("nobody-else", request, name),
    noSidecar: [attempt("no-bypass", direct(grant.destination))],
  };
}

/** Past the gateway an app would go to the server itself: of a wildcard, that is its via host. */
function direct(destination: Destination): ProbeRequest {
  return modeOf(destination).direct({ ...destination, host: connectsTo(destination) });
}

/** What is asked, once, in order to prove that an ended grant is refused; none where every request might change something. */
export function removalAttempts({ request, name }: RemovalProbe): readonly string[] {
  return attempts("refused", request, name);
}

/** Why a probe asks nothing of a destination; undefined where it does. */
export function whyNotAsked(destination: Destination): string | undefined {
  if (modeOf(destination).probes(destination).length > 0) return undefined;
  const methods = destination.methods?.join(", ") ?? "";
  return `a probe asks nothing that may change something there, and only ${methods} may pass; let the application ask, its answer in the gateway's log proves it`;
}

function attempts(
  name: string,
  request: ProbeRequest | undefined,
  probed: ProbedName,
): readonly string[] {
  return request === undefined ? [] : [attempt(name, request, probed)];
}

function attempt(
  name: string,
  { speaks, host, port, method = "GET", path = "/", protocol }: ProbeRequest,
  { address = "-" }: Pick<ProbedName, "address"> = {},
): string {
  const isPlain = method === "GET" && path === "/";
  const said = protocol === undefined ? (isPlain ? "" : `${method} ${path}`) : protocol;
  const rest = said === "" && address === "-" ? [] : said === "" ? [address] : [address, said];
  return [name, speaks, host, String(port), ...rest].join(" ");
}
