import { describe, expect, it } from "@jest/globals";
import type { CheckName, Evidence } from "#src/domain/evidence/check.ts";
import { ownDoorObjects } from "#src/domain/evidence/probe/probed-grant.ts";
import { grantOf, judged, judgedRemoval, recordedCase } from "./recorded-cases.ts";

function verdicts(evidence: Evidence): Readonly<Record<string, string>> {
  return Object.fromEntries(evidence.checks.map(({ name, verdict }) => [name, verdict]));
}

function words(evidence: Evidence, name: CheckName): string {
  return evidence.checks.find((check) => check.name === name)?.explanation ?? "";
}

describe("of a real mesh, a grant that works", () => {
  const live = [
    grantOf(recordedCase("OVERLAP orders-only grant")),
    grantOf(recordedCase("OVERLAP namespace-wide grant (probe as default)")),
    grantOf(recordedCase("OVERLAP [orders,other] grant, as orders")),
  ];
  const works = { reaches: "passed", "through-the-gateway": "passed", "right-source": "passed" };

  it.each([
    ["OVERLAP orders-only grant", "another live grant"],
    ["OVERLAP namespace-wide grant (probe as default)", "this grant's route"],
    ["OVERLAP [orders,other] grant, as orders", "this grant's route"],
    ["older [orders]; newer [orders,other] verified as orders", "another live grant"],
    ["older [orders] itself", "this grant's route"],
    ["older [orders,other]; newer [orders]", "this grant's route"],
  ])("is proven by whichever route of its door Istio took: %s", (name, way) => {
    const evidence = judged(name, { live });

    expect(verdicts(evidence)).toMatchObject(works);
    expect(words(evidence, "through-the-gateway")).toContain(way);
  });

  it("is not proven by the route of a grant that is gone, or that does not cover the probed account", () => {
    const others = [
      [],
      live.map((grant) => ({ ...grant, scope: { ...grant.scope, serviceAccounts: ["other"] } })),
    ];

    for (const without of others)
      expect(verdicts(judged("OVERLAP orders-only grant", { live: without }))).toMatchObject({
        "through-the-gateway": "failed",
      });
  });

  it("has nothing to refuse another account that a second live grant lets through", () => {
    const evidence = judged("older [orders] itself", { live });

    expect(verdicts(evidence)["nobody-else"]).toBe("unknown");
    expect(words(evidence, "nobody-else")).toContain("EG-00061");
  });

  it.each([
    "team-a http just after a new namespace",
    "older [orders] itself",
    "older [orders,other]; newer [orders]",
  ])("and refuses another account is proven so: %s", (name) => {
    const evidence = judged(name, { live: live.slice(0, 1) });

    expect(verdicts(evidence)).toMatchObject({
      ...works,
      "nothing-else": "passed",
      "nobody-else": "passed",
    });
  });

  it("is proven by its last try", () => {
    expect(verdicts(judged("FRESH namespace http with retry"))).toMatchObject(works);
  });
});

describe("of a real mesh, a grant that does not work", () => {
  it.each([
    ["NO SUCH DOOR tls (gateway side missing)", "no tunnel for it"],
    ["NO SUCH DOOR http", "no route for this account"],
    ["client side missing tls", "ServiceEntry"],
    ["client side missing http", "ServiceEntry"],
    ["policy missing tls", "AuthorizationPolicy"],
    ["policy missing http", "AuthorizationPolicy"],
    ["GATEWAY DOWN tls", "gateway's pods"],
    ["GATEWAY DOWN http", "gateway's pods"],
  ])("fails with one cause in both checks: %s", (name, cause) => {
    const evidence = judged(name);

    expect(verdicts(evidence)).toMatchObject({
      reaches: "failed",
      "through-the-gateway": "failed",
      "right-source": "unknown",
    });
    const [, reason = "nothing"] = words(evidence, "reaches").split(" was not reached: ");
    expect(reason).toContain(cause);
    expect(words(evidence, "through-the-gateway")).toContain(reason);
  });
});

describe("of a real mesh, the end of a grant", () => {
  it.each([
    "REVOKED tls",
    "REVOKED http",
    "gateway side removed, client still there tls",
    "same http",
  ])("is proven where the door is gone: %s", (name) => {
    expect(judgedRemoval(name)).toMatchObject({
      verdict: "enforced",
      checks: [{ name: "refused", verdict: "passed" }],
    });
  });

  it.each([
    "NOT REVOKED tls (nothing removed)",
    "NOT REVOKED http",
    "NOTHING REVOKED but namespace policy missing http",
    "EG-60 removed, EG-62 still covers orders (no stillGrantedBy passed)",
  ])("is disproven where the gateway still carries it: %s", (name) => {
    expect(judgedRemoval(name)).toMatchObject({
      verdict: "unproven",
      checks: [{ verdict: "failed" }],
    });
  });

  it.each([
    ["NOTHING REVOKED but namespace policy missing tls", "policy alone"],
    ["GATEWAY DOWN, not revoked tls", "gateway's pods"],
    ["GATEWAY DOWN, not revoked http", "gateway's pods"],
  ])("is not proven by a state that passes: %s", (name, why) => {
    const evidence = judgedRemoval(name);

    expect(evidence).toMatchObject({ verdict: "advisory", checks: [{ verdict: "unknown" }] });
    expect(words(evidence, "refused")).toContain(why);
  });

  it("is disproven by an object left on the gateway, whatever the sidecar refuses", () => {
    const name = "client removed, GATEWAY DOOR STILL OPEN tls";
    const [gateway] = ownDoorObjects(grantOf(recordedCase(name)), []);
    const left = `${gateway?.kind} ${gateway?.namespace}/${gateway?.name}`;

    const evidence = judgedRemoval(name, { stillThere: [left] });

    expect(evidence).toMatchObject({ verdict: "unproven", checks: [{ verdict: "failed" }] });
    expect(words(evidence, "refused")).toContain("Gateway egress-gw/revoked-test-443-7652f3aa6dbc");
  });
});
