/** Whether a host pattern (`*`, `*.example.com` or exact) covers a host; case does not matter. */
export function matchesHost(pattern: string, host: string): boolean {
  const [wanted, actual] = [pattern.toLowerCase(), host.toLowerCase()];
  if (wanted === "*") return true;
  if (wanted.startsWith("*"))
    return actual.endsWith(wanted.slice(1)) && actual.length > wanted.length - 1;
  return wanted === actual;
}

/**
 * Of the candidates whose hosts cover this host, those with the most specific pattern: exact before the longest
 * wildcard, https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService. Order is kept.
 */
export function mostSpecific<T>(
  candidates: readonly T[],
  host: string,
  hostsOf: (candidate: T) => readonly string[],
): readonly T[] {
  const scored = candidates.map((candidate) => ({
    candidate,
    score: Math.max(0, ...hostsOf(candidate).map((pattern) => specificity(pattern, host))),
  }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  return best === 0
    ? []
    : scored.filter(({ score }) => score === best).map(({ candidate }) => candidate);
}

function specificity(pattern: string, host: string): number {
  if (!matchesHost(pattern, host)) return 0;
  return pattern.startsWith("*") ? pattern.length : 1000 + pattern.length;
}

/** `host` of a Host header such as `api.example.com:8080`. */
export function withoutPort(authority: string): string {
  return authority.replace(/:\d+$/u, "");
}

/** Whether a certificate with these DNS names is good for a host, https://www.rfc-editor.org/rfc/rfc6125#section-6.4.3 */
export function certificateCovers(names: readonly string[], host: string): boolean {
  return names.some((name) => {
    if (!name.startsWith("*.")) return name.toLowerCase() === host.toLowerCase();
    const parent = host.slice(host.indexOf(".") + 1);
    return host.includes(".") && parent.toLowerCase() === name.slice(2).toLowerCase();
  });
}
