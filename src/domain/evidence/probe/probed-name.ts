import type { Destination, Grant } from "../../grant.ts";
import { includes, isWildcard } from "../../network/wildcard.ts";
import { takesFrom } from "../../plan/narrower.ts";

/** The name that a probe asks for, in its TLS handshake or its Host header. */
export interface ProbedName {
  readonly host: string;
  /** To be taken for the name's, where nobody has to have that name. */
  readonly address?: string;
  /** Of a wildcard: why this one, a clause for people. */
  readonly why?: string;
}

/** TEST-NET-1 is routed to nobody: https://www.rfc-editor.org/rfc/rfc5737#section-3 */
export const DOCUMENTATION_ADDRESS = "192.0.2.1";

/**
 * Of a wildcard its via host, where that is below it: a name its server surely knows. Else a name that need not exist:
 * the sidecar goes by the name and not by the address, and the gateway connects to the via host whatever is asked for. No
 * name is taken that goes by another live grant.
 */
export function probedName(grant: Grant, live: readonly Grant[]): ProbedName {
  const { host, via } = grant.destination;
  if (!isWildcard(host)) return { host };
  const taken = live.filter((other) => takesFrom(other, grant)).map(hostOf);
  function isFree(name: string): boolean {
    return !taken.some((other) => includes(other, name));
  }
  const isViaBelow = via !== undefined && includes(host, via);
  if (isViaBelow && isFree(via)) return { host: via, why: "its via host, which is below it" };
  const below = host.slice(2);
  const names = ["www", ...taken.map((_, at) => `sallyport-${at}`), "sallyport"];
  const name = names.map((label) => `${label}.${below}`).find(isFree) ?? `sallyport.${below}`;
  return {
    host: name,
    address: DOCUMENTATION_ADDRESS,
    why: `a name below it, whether anybody has it or not: its via host ${isViaBelow ? "goes by another grant" : "is not below it"}`,
  };
}

/** A destination with that name in place of a wildcard. */
export function withName(destination: Destination, { host }: ProbedName): Destination {
  return { ...destination, host };
}

/** What is said of a wildcard's probe, a clause for people; undefined of one host. */
export function askedAs({ host, why }: ProbedName): string | undefined {
  return why === undefined ? undefined : `asked for as ${host}, ${why}`;
}

function hostOf({ destination }: Grant): string {
  return destination.host;
}
