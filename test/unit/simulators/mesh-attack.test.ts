import { describe, expect, it } from "@jest/globals";
import { type Attack, attackAttempt, attackObjects } from "./mesh-attacker.ts";
import { attemptIn, find, provenObjects, type Stored } from "./mesh-proven-world.ts";
import type { Outcome } from "#test/simulators/kubernetes/mesh/world.ts";

/** team-a's door for its whole namespace, under which every account of team-a may ask. */
const DOOR = "api-example-com-8080-64fe5731bfc0.team-a.ns.egress.internal";
const ATTACK: Attack = {
  namespace: "team-b",
  address: "198.18.9.10",
  port: 80,
  sni: "anything.team-b.ns.egress.internal",
  header: DOOR,
  authority: "api.example.com:8080",
};

function attacked(objects: readonly object[], changes: Partial<Attack> = {}): Outcome {
  const attack = { ...ATTACK, ...changes };
  return attemptIn([...objects, ...attackObjects(attack)], attackAttempt(attack));
}

/** As the door was before its route asked who the client is. */
function withoutIdentity(): Stored[] {
  const objects = provenObjects();
  for (const match of find(objects, "VirtualService", "egress-gw/r-f87aaadc6584").spec.http[0]
    .match)
    delete match.headers["x-forwarded-client-cert"];
  return objects;
}

describe("a plain pod of another team that dials the gateway itself", () => {
  it.each(["198.18.9.10", "198.18.9.11", "egw.egress-gw.svc.cluster.local"])(
    "passes team-a's door by its header and an SNI of its own, at %s, where the route asks for no identity",
    (address) => {
      const outcome = attacked(withoutIdentity(), { address });

      expect(outcome.curl).toMatchObject({ exitCode: 0, httpStatus: 200 });
      expect(outcome.sourceAddress).toMatch(/^203\.0\.113\./u);
      expect(outcome.gatewayLines[0]?.line).toContain("anything.team-b.ns.egress.internal r-");
    },
  );

  it("is answered 404 where the route matches the identity in the client's certificate", () => {
    const outcome = attacked(provenObjects());

    expect(outcome.curl.httpStatus).toBe(404);
    expect(outcome.sourceAddress).toBeUndefined();
    expect(outcome.gatewayLines[0]?.line).toContain("404 NR route_not_found");
  });

  it("is answered 404 too with a forged x-forwarded-client-cert: the gateway writes its own", () => {
    const forged = `By=x;URI=spiffe://cluster.local/ns/team-a/sa/orders`;
    const objects = [...provenObjects(), ...attackObjects(ATTACK)];
    const attempt = {
      ...attackAttempt(ATTACK),
      headers: { "X-Forwarded-Client-Cert": forged },
    };

    expect(attemptIn(objects, attempt).curl.httpStatus).toBe(404);
  });

  it.each([
    ["no header and the http doors' SNI", { sni: "http.egress.internal" }, 403],
    ["team-a's header and the http doors' SNI", { sni: "http.egress.internal", header: DOOR }, 403],
    ["no header and an SNI of its own", {}, 404],
  ])("is answered with %s", (_with, changes, status) => {
    const { header: _header, ...bare } = ATTACK;
    const attack = { ...bare, ...changes };

    const outcome = attemptIn(
      [...withoutIdentity(), ...attackObjects(attack)],
      attackAttempt(attack),
    );

    expect(outcome.curl.httpStatus).toBe(status);
  });

  it("does not pass team-a's tunnel to every account of team-a: the policy reads its namespace", () => {
    const sni = "wild-wild-test-443-1ee8d5dfae10.team-a.ns.egress.internal";

    const outcome = attacked(provenObjects(), { port: 443, sni });

    expect(outcome.curl.exitCode).toBe(35);
    expect(outcome.sourceAddress).toBeUndefined();
    expect(outcome.gatewayLines[0]?.line).toContain("rbac_access_denied_matched_policy[none]");
  });

  it("passes its own tunnel that way, as it may", () => {
    const sni = "api-example-com-8443-26e44880b19b.team-b.ns.egress.internal";

    expect(attacked(provenObjects(), { port: 443, sni }).sourceAddress).toMatch(/^203\.0\.113\./u);
  });
});
