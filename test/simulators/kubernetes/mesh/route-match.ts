import { matchesHost } from "./host-match.ts";
import type {
  HttpMatch,
  HttpRoute,
  StreamMatch,
  StreamRoute,
  StringMatch,
} from "./networking-schema.ts";

/** A request as a proxy's router sees it; header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The first route that matches, in order; `gateway` is `mesh` in a sidecar, else `<namespace>/<name>`. */
export function matchHttpRoute(
  routes: readonly HttpRoute[],
  request: HttpRequest,
  at: { readonly port: number; readonly gateway: string },
): HttpRoute | undefined {
  return routes.find(
    ({ match }) =>
      match.length === 0 ||
      match.some(
        (one) =>
          (one.gateways ?? [at.gateway]).includes(at.gateway) && httpMatches(one, request, at.port),
      ),
  );
}

/** The first tls or tcp route that matches; `sni` undefined means the bytes are not TLS. */
export function matchStreamRoute(
  routes: readonly StreamRoute[],
  at: { readonly port: number; readonly gateway: string; readonly sni?: string | undefined },
): StreamRoute | undefined {
  return routes.find(
    ({ match }) => match.length === 0 || match.some((one) => streamMatches(one, at)),
  );
}

function streamMatches(
  match: StreamMatch,
  at: { readonly port: number; readonly gateway: string; readonly sni?: string | undefined },
): boolean {
  const { sni } = at;
  if (match.port !== undefined && match.port !== at.port) return false;
  if (!(match.gateways ?? [at.gateway]).includes(at.gateway)) return false;
  if (match.sniHosts.length === 0) return true;
  return sni !== undefined && match.sniHosts.some((pattern) => matchesHost(pattern, sni));
}

function httpMatches(match: HttpMatch, request: HttpRequest, port: number): boolean {
  const path = request.path.replace(/\?.*$/u, "");
  return (
    (match.port === undefined || match.port === port) &&
    matchesString(match.uri, path) &&
    matchesString(match.method, request.method) &&
    matchesString(match.authority, request.authority) &&
    Object.entries(match.headers).every(([name, wanted]) =>
      headerMatches(wanted, request.headers[name.toLowerCase()]),
    ) &&
    Object.entries(match.withoutHeaders).every(
      ([name, unwanted]) => !headerMatches(unwanted, request.headers[name.toLowerCase()]),
    )
  );
}

function headerMatches(wanted: StringMatch, value: string | undefined): boolean {
  return value !== undefined && matchesString(wanted, value);
}

/** Regular expressions must match the whole value, as Envoy's RE2 full match does. */
function matchesString(wanted: StringMatch | undefined, value: string): boolean {
  if (wanted === undefined) return true;
  if (wanted.exact !== undefined) return value === wanted.exact;
  if (wanted.prefix !== undefined) return value.startsWith(wanted.prefix);
  if (wanted.regex !== undefined) return new RegExp(`^(?:${wanted.regex})$`).test(value);
  return true;
}
