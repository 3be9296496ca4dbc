import type { Destination } from "../grant.ts";

/** `.invalid` is nobody's: https://www.rfc-editor.org/rfc/rfc6761#section-6.4 */
const UNGRANTED_HOST = "ungranted.sallyport.invalid";
/** TEST-NET-1 is routed to nobody: https://www.rfc-editor.org/rfc/rfc5737#section-3 */
const DOCUMENTATION_ADDRESS = "192.0.2.1";

/**
 * Lines for the probe's script, for a pod with sidecar under a granted account. No third party is touched: what must be
 * refused is a name resolved by hand to a documentation address, asked by TLS, which is decisive on any port.
 */
export function reachAttempts(destination: Destination): readonly string[] {
  return [
    attempt("reaches", destination),
    `nothing-else tls ${UNGRANTED_HOST} 443 ${DOCUMENTATION_ADDRESS}`,
  ];
}

/** For a pod with sidecar under another account of the namespace. */
export function otherAccountAttempts(destination: Destination): readonly string[] {
  return [attempt("nobody-else", destination)];
}

/** For a pod without sidecar. */
export function bypassAttempts(destination: Destination): readonly string[] {
  return [attempt("no-bypass", destination)];
}

/** After the end of a grant, under an account that had it; by the real name, so that a direct way out is seen too. */
export function removalAttempts(destination: Destination): readonly string[] {
  return [attempt("refused", destination)];
}

function attempt(name: string, { mode, host, port }: Destination): string {
  return `${name} ${mode} ${host} ${port}`;
}
