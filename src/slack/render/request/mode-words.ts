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

/** What alone may pass, one line each. */
export function limitLines({ paths, methods }: Destination): readonly string[] {
  return [
    ...(paths === undefined ? [] : [`*Only the paths* ${paths.map(code).join(", ")}`]),
    ...(methods === undefined ? [] : [`*Only the methods* ${methods.map(code).join(", ")}`]),
  ];
}

/** What a star means, in words; undefined where there is none. */
export function starWords({ host, via = "" }: Destination): string | undefined {
  if (!isWildcard(host)) return undefined;
  const below = host.slice(2);
  return [
    `*Every host below* ${code(below)}, at any depth: ${code(`a.${below}`)}, ${code(`a.b.${below}`)} and all others that there are or will be, without a limit to how many. ${code(below)} itself is not one of them.`,
    `The gateway connects to ${code(via)} for all of them, and can tell them apart by nothing but the name the app sends.`,
  ].join("\n");
}
