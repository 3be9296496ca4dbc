import { describe, expect, it } from "@jest/globals";
import { causeText, suspectsText } from "#src/domain/evidence/blame.ts";
import { explainLine, type FailureCause } from "#src/domain/evidence/explain.ts";
import { judge } from "#src/domain/evidence/judge.ts";
import type { Effect, Interference } from "#src/domain/plan/others/interference.ts";
import { observed, output, tried } from "./observations.ts";
import { fault } from "./recorded.ts";
import { parsedLine } from "./recorded-lines.ts";

const EFFECTS = [
  "denies",
  "may-deny",
  "lets-in",
  "takes-server",
  "cuts-dns",
  "cuts-istiod",
  "cuts-gateway",
  "cuts-some",
  "not-discovered",
  "not-judged",
] as const satisfies readonly Effect[];
const TEXT = "what the catalogue guesses; look at that";

/** Which doings of others may show as which failure. */
const GUILTY: Readonly<Record<string, readonly Effect[]>> = {
  TunnelMissing: ["takes-server", "not-discovered"],
  RouteNotFound: ["takes-server", "not-discovered"],
  GatewaySpeaksNoTls: ["takes-server"],
  HopProtocol: ["takes-server"],
  GatewayUnreachable: ["takes-server", "cuts-gateway", "not-discovered"],
  GatewayClosed: ["takes-server", "not-discovered"],
  AuthorizerRefused: ["may-deny"],
  PolicyDenied: ["not-discovered"],
  NoGatewayPod: ["not-discovered"],
  CurlExit6: ["cuts-dns"],
  CurlExit28: ["cuts-gateway", "cuts-dns"],
  Blocked: ["cuts-istiod", "not-discovered"],
  ClientRuleMissing: ["cuts-istiod", "not-discovered"],
  ClientRouteMissing: ["cuts-istiod", "not-discovered"],
  UpstreamRefused: [],
  CurlExit35: [],
};

function other(effect: Effect): Interference {
  return { effect, text: `Thing recipes/${effect} does it` };
}

describe("the cause of a failure", () => {
  const pairs = Object.entries(GUILTY).flatMap(([reason, guilty]) =>
    EFFECTS.map((effect) => [reason as FailureCause, effect, guilty.includes(effect)] as const),
  );
  it.each(pairs)(
    "%s, beside an object of others that %s, is that object where it can be",
    (reason, effect, isGuilty) => {
      const text = causeText({ reason, text: TEXT }, [other(effect)]);

      expect(text.includes(`Thing recipes/${effect} does it; ask its owner`)).toBe(isGuilty);
      expect(text.includes(TEXT)).toBe(!isGuilty);
    },
  );

  it("stays what the catalogue says where nobody else has a hand in it", () => {
    expect(causeText({ reason: "TunnelMissing", text: TEXT })).toBe(TEXT);
    expect(causeText({ reason: "TunnelMissing", text: TEXT }, [])).toBe(TEXT);
  });

  it("is the DENY policy that the gateway's line names, in HTTP and in a tunnel", () => {
    const line = parsedLine(fault("RBAC 403"));
    const named =
      "rbac_access_denied_matched_policy[ns[aks-istio-system]-policy[deny-all]-rule[0]]";
    const { responseCodeDetails: _none, ...rest } = line;
    const found = [
      explainLine("gateway", { ...line, responseCodeDetails: named }),
      explainLine("gateway", { ...rest, connectionTerminationDetails: named }),
    ];

    for (const each of found) {
      expect(each?.reason).toBe("DeniedByName");
      expect(each?.text).toContain("AuthorizationPolicy aks-istio-system/deny-all, which is not");
    }
    expect(explainLine("gateway", line)?.reason).toBe("PolicyDenied");
  });

  it("is an external authorizer where the gateway's line says so", () => {
    const line = { ...parsedLine(fault("RBAC 403")), responseCodeDetails: "ext_authz_denied" };

    expect(explainLine("gateway", line)?.reason).toBe("AuthorizerRefused");
  });
});

describe("where the probe did not run", () => {
  it.each(EFFECTS)("an object of others that %s is named if it can break a grant", (effect) => {
    const breaks = !["may-deny", "lets-in", "cuts-some", "not-judged"].includes(effect);

    expect(suspectsText([other(effect)])).toBe(
      breaks ? `Thing recipes/${effect} does it` : undefined,
    );
  });
});

describe("others on the way of a proven grant", () => {
  it("keep it advisory, and are told", () => {
    expect(judge(observed()).verdict).toBe("enforced");
    const { verdict, advisories } = judge(observed({ aboutOthers: ["objects act on it"] }));

    expect(verdict).toBe("advisory");
    expect(advisories).toEqual(["objects act on it"]);
  });

  it("are no cause of a failure that is not theirs", () => {
    const probe = output(tried("reaches", { exit: 6, appconnect: 0 }));
    const [reaches] = judge(observed({ probe, others: [other("takes-server")] })).checks;

    expect(reaches?.explanation).not.toContain("recipes/");
  });
});
