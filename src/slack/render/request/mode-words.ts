import type { Destination, Mode } from "#src/domain/grant.ts";
import { isWildcard } from "#src/domain/network/wildcard.ts";
import { code } from "../text.ts";

/** What a mode's name alone does not say. */
export const MODE_WORDS: Readonly<Record<Mode, string>> = {
  http: "",
  tls: "",
  tcp: "",
  originate: ": the app speaks HTTP on port 80, and the gateway TLS to the destination",
};

/** What alone may pass, in one line. */
export function limitLines({ paths, methods }: Destination): readonly string[] {
  const limits = [
    ...(paths === undefined ? [] : [`*Only the paths* ${paths.map(code).join(", ")}`]),
    ...(methods === undefined ? [] : [`*Only the methods* ${methods.map(code).join(", ")}`]),
  ];
  return limits.length === 0 ? [] : [limits.join(" · ")];
}

/** What a star means, in one line; undefined where there is none. */
export function starWords({ host, via = "" }: Destination): string | undefined {
  if (!isWildcard(host)) return undefined;
  const below = host.slice(2);
  return `*Every host below* ${code(below)}, at any depth, however many there are or will be; ${code(below)} itself is not one of them. The gateway connects to ${code(via)} for all of them, and tells them apart by nothing but the name the app sends.`;
}
