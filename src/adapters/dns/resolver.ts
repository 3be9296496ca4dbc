import { Resolver } from "node:dns/promises";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { NameResolver } from "#src/ports/name-resolver.ts";

export interface NameResolverOptions {
  /** DNS servers as `host:port` (an address, IPv6 in brackets); none = the system's. */
  readonly servers?: readonly string[];
  /** For one try of one server; the wait doubles with each. */
  readonly timeoutMs?: number;
  readonly tries?: number;
}

interface Answer {
  readonly exists: boolean;
  readonly addresses: readonly string[];
}

/**
 * `NameResolver` by asking DNS servers directly, past `/etc/hosts` and search domains. Both families must answer: a name
 * whose AAAA records nobody tells is not known to have none.
 */
export function createNameResolver({
  servers = [],
  timeoutMs = 2000,
  tries = 2,
}: NameResolverOptions = {}): NameResolver {
  return {
    async resolve(host) {
      // A resolver of its own per question: c-ares keeps no answer from one to the next.
      const resolver = new Resolver({ timeout: timeoutMs, tries });
      if (servers.length > 0) resolver.setServers(servers);
      const [ipv4, ipv6] = await Promise.all([
        ask(host, "A", () => resolver.resolve4(host)),
        ask(host, "AAAA", () => resolver.resolve6(host)),
      ]);
      return {
        addresses: [...new Set([...ipv4.addresses, ...ipv6.addresses])].toSorted(),
        exists: ipv4.exists || ipv6.exists,
      };
    },
  };
}

/** Codes: https://nodejs.org/api/dns.html#error-codes. NODATA: the name exists, without records of that type. */
async function ask(
  host: string,
  type: "A" | "AAAA",
  lookUp: () => Promise<readonly string[]>,
): Promise<Answer> {
  try {
    return { exists: true, addresses: await lookUp() };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOTFOUND") return { exists: false, addresses: [] };
    if (code === "ENODATA") return { exists: true, addresses: [] };
    const doing = `resolving ${type} records of "${host}"`;
    if (code === "EBADNAME") throw new FatalError("BadName", doing, { cause: error });
    throw new RetryableError(doing, { cause: error });
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
