import type { Destination } from "../grant.ts";
import { isRefusal, type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import { type Host, parseHost, parseHostOrWildcard } from "./host.ts";
import { parseLimits } from "./limits.ts";
import { modeOf } from "./modes/modes.ts";
import { isWildcard } from "./wildcard.ts";

/** What may be said of a destination beside host, port and mode; as typed. */
export interface TypedTerms {
  readonly via?: string;
  readonly paths?: readonly string[];
  readonly methods?: readonly string[];
  /** The app speaks plain HTTP, and the gateway TLS to this port. */
  readonly originate?: number;
}

/** A destination with what else was said of it, or why the two do not go together. */
export function withTerms(
  destination: Destination,
  typed: TypedTerms,
  { clusterDomains }: { readonly clusterDomains: readonly string[] },
): Destination | Refusal {
  const via = typed.via === undefined ? undefined : parseHost(typed.via, { clusterDomains });
  if (via !== undefined && isRefusal(via)) return via;
  const limits = parseLimits(typed);
  if (isRefusal(limits)) return limits;
  const base =
    typed.originate === undefined ? destination : originated(destination, typed.originate);
  if (isRefusal(base)) return base;
  const { host, port, mode } = base;
  const problem =
    Object.keys(limits).length > 0 && modeOf(base).passes !== "route"
      ? no(
          "LimitsNeedHttp",
          `the gateway sees no paths and methods of ${mode}: they are encrypted, or there are none`,
          `ask for http://${host}, or for http://${host} originate, where the app speaks plain HTTP and the gateway TLS`,
        )
      : wildcardProblem(base, via?.host);
  if (problem !== undefined) return problem;
  return {
    host,
    port,
    mode,
    ...(via === undefined ? {} : { via: via.host }),
    ...limits,
  };
}

/** The host of what was typed, as a cluster knows it, or why it cannot be asked for there: neither it nor its via host. */
export function hostIn(
  at: { readonly clusterDomains: readonly string[] },
  { typedHost, destination }: { readonly typedHost: string; readonly destination: Destination },
): Host | Refusal {
  const via = destination.via === undefined ? undefined : parseHost(destination.via, at);
  return via !== undefined && isRefusal(via) ? via : parseHostOrWildcard(typedHost, at);
}

/** The app's side is always http on port 80: the destination's port is said after `originate`. */
function originated({ host, port, mode }: Destination, to: number): Destination | Refusal {
  const fix = `write \`http://${host} originate\`, or \`http://${host} originate 8443\` for another port there`;
  if (mode !== "http")
    return no(
      "OriginateNeedsHttp",
      "with originate the app speaks plain HTTP, and the gateway TLS",
      fix,
    );
  if (port !== 80)
    return no(
      "OriginatePort",
      `with originate the app connects to port 80 of ${host}, not to ${port}`,
      fix,
    );
  if (to < 1 || to > 65_535 || to === 80)
    return no("OriginatePort", `port ${to} is none that speaks TLS`, fix);
  return { host, port: to, mode: "originate" };
}

function wildcardProblem(
  { host, mode }: Destination,
  via: string | undefined,
): Refusal | undefined {
  if (!isWildcard(host))
    return via === undefined
      ? undefined
      : no(
          "ViaNeedsWildcard",
          `${host} is one host, and the gateway connects to it itself`,
          "leave via out",
        );
  if (mode === "tcp" || mode === "originate")
    return no(
      "WildcardMode",
      mode === "tcp"
        ? "plain TCP says no name, so a wildcard would mean every host"
        : "a gateway that speaks TLS itself has to know the one name to verify",
      "name each host, or ask for it over tls or http",
    );
  return via === undefined
    ? no(
        "WildcardNeedsVia",
        `of ${host} the gateway cannot look up which host is meant`,
        `say which host it connects to: \`${host}:443 via HOST\``,
      )
    : undefined;
}

function no(reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was requested", why, fix });
}
