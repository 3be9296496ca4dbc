import { Resolver } from "node:dns/promises";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { NameResolver } from "#src/ports/name-resolver.ts";

export interface NameResolverOptions {
  /** `ip`, `ip:port` or `[ipv6]:port`, asked in this order; empty = those of the machine. */
  readonly servers: readonly string[];
  /** For the first try; c-ares lengthens it for later ones. */
  readonly timeoutMs?: number;
  readonly tries?: number;
}

/** What one record type says of a name. */
type Answer =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "no-such-name" };

/**
 * `NameResolver` on Node's resolver, which asks the servers itself and reads no hosts file.
 * https://nodejs.org/api/dns.html#class-dnspromisesresolver
 */
export function createNameResolver({
  servers,
  timeoutMs = 2000,
  tries = 2,
}: NameResolverOptions): NameResolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    async resolve(host) {
      const answers = await Promise.all([
        ask(host, "A", () => resolver.resolve4(host)),
        ask(host, "AAAA", () => resolver.resolve6(host)),
      ]);
      const addresses = answers.flatMap((answer) =>
        answer.kind === "addresses" ? answer.addresses : [],
      );
      return {
        addresses: [...new Set(addresses)].toSorted(),
        // NXDOMAIN is about a name, whatever type is asked for: RFC 8020.
        exists: answers.some(({ kind }) => kind === "addresses"),
      };
    },
  };
}

async function ask(
  host: string,
  type: "A" | "AAAA",
  resolve: () => Promise<readonly string[]>,
): Promise<Answer> {
  try {
    return { kind: "addresses", addresses: await resolve() };
  } catch (error) {
    const doing = `resolving the ${type} records of ${host}`;
    switch (codeOf(error)) {
      case "ENODATA":
        return { kind: "addresses", addresses: [] };
      case "ENOTFOUND":
        return { kind: "no-such-name" };
      case "EBADNAME":
      case "EBADQUERY":
      case "EBADFAMILY":
        throw new FatalError("NameUnresolvable", doing, { cause: error });
      default:
        throw new RetryableError(doing, { cause: error });
    }
  }
}

/** https://nodejs.org/api/dns.html#error-codes */
function codeOf(error: unknown): string {
  if (!Error.isError(error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}
