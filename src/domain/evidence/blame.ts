import type { Effect, Interference } from "../plan/others/interference.ts";
import { someOf } from "../some-of.ts";
import type { Explanation, FailureCause } from "./explain.ts";

/** A failure that may be the doing of others: what was seen, and by which of their doings. */
interface Suspicion {
  readonly seen: string;
  readonly effects: readonly Effect[];
}

/** The gateway has not got what Sallyport made for it. */
const NO_SERVER: readonly Effect[] = ["takes-server", "not-discovered"];

/** The sidecar has not heard of the objects. */
const UNTOLD: readonly Effect[] = ["cuts-istiod", "not-discovered"];

const SUSPICIONS: Readonly<Partial<Record<FailureCause, Suspicion>>> = {
  TunnelMissing: { seen: "the gateway has no tunnel for it", effects: NO_SERVER },
  RouteNotFound: { seen: "the gateway answered 404 itself", effects: NO_SERVER },
  GatewaySpeaksNoTls: { seen: "the gateway answered without TLS", effects: ["takes-server"] },
  HopProtocol: { seen: "the gateway did not take the sidecar's TLS", effects: ["takes-server"] },
  GatewayUnreachable: {
    seen: "the gateway did not take the sidecar's connection",
    effects: [...NO_SERVER, "cuts-gateway"],
  },
  GatewayClosed: {
    seen: "the gateway closed the connection without an answer",
    effects: NO_SERVER,
  },
  CurlExit6: { seen: "the pod could not resolve the name", effects: ["cuts-dns"] },
  CurlExit28: { seen: "nothing answered within 5 s", effects: ["cuts-gateway", "cuts-dns"] },
  Blocked: { seen: "the sidecar knows no way there", effects: UNTOLD },
  ClientRuleMissing: { seen: "the sidecar has no such subset of the gateway", effects: UNTOLD },
  ClientRouteMissing: { seen: "the sidecar lets it out nowhere", effects: UNTOLD },
  PolicyDenied: { seen: "the gateway's policy refused it", effects: ["not-discovered"] },
  NoGatewayPod: { seen: "the sidecar knows no pod of the gateway", effects: ["not-discovered"] },
  AuthorizerRefused: {
    seen: "an external authorizer refused it at the gateway",
    effects: ["may-deny"],
  },
};

const MOST_NAMED = 3;

/** Where the probe did not run at all, or no hop says why it failed: all that may keep it from getting through. */
export function suspectsText(others: readonly Interference[]): string | undefined {
  const suspects = others.filter(({ effect }) => BREAKING.includes(effect));
  return suspects.length === 0
    ? undefined
    : someOf(
        suspects.map(({ text }) => text),
        MOST_NAMED,
      );
}

const BREAKING: readonly Effect[] = [
  "denies",
  "takes-server",
  "cuts-dns",
  "cuts-istiod",
  "cuts-gateway",
  "not-discovered",
];

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
