import type { Effect, Interference } from "../plan/others/interference.ts";
import { someOf } from "../some-of.ts";
import type { Explanation, FailureCause } from "./explain.ts";

/** A failure that may be the doing of others: what was seen, and by which of their doings. */
interface Suspicion {
  readonly seen: string;
  readonly effects: readonly Effect[];
}

const NO_SERVER: readonly Effect[] = ["takes-server"];

const SUSPICIONS: Readonly<Partial<Record<FailureCause, Suspicion>>> = {
  TunnelMissing: { seen: "the gateway has no such door", effects: NO_SERVER },
  RouteNotFound: { seen: "the gateway answered 404 itself", effects: NO_SERVER },
  GatewaySpeaksNoTls: { seen: "the gateway answered without TLS", effects: NO_SERVER },
  HopProtocol: { seen: "the gateway did not take the sidecar's TLS", effects: NO_SERVER },
  GatewayUnreachable: {
    seen: "the gateway did not take the sidecar's connection",
    effects: NO_SERVER,
  },
  GatewayClosed: {
    seen: "the gateway closed the connection without an answer",
    effects: NO_SERVER,
  },
  AuthorizerRefused: {
    seen: "an external authorizer refused it at the gateway",
    effects: ["may-deny"],
  },
};

const MOST_NAMED = 3;

/** The cause in a clause for people: where objects of others do just that, those, and not what the catalogue guesses. */
export function causeText(
  { reason, text }: Explanation,
  others: readonly Interference[] = [],
): string {
  const suspicion = SUSPICIONS[reason];
  const guilty = others.filter(({ effect }) => suspicion?.effects.includes(effect) === true);
  if (suspicion === undefined || guilty.length === 0) return text;
  return `${suspicion.seen}: ${someOf(
    guilty.map((each) => each.text),
    MOST_NAMED,
  )}; ask its owner`;
}
