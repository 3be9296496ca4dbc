import { describe, expect, it } from "@jest/globals";
import { factsIn } from "#src/domain/gateways/egress-gateway.ts";
import { type SeenGateway, statusFields } from "#src/domain/gateways/status.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { HOUR, NINE } from "#test/support/signed-request.ts";

const ref = { namespace: "egress-1", name: "egw-1" };
const facts = {
  ref,
  selector: { istio: "egw-1" },
  serviceAccount: "egw-1",
  serviceHost: "egw-1.egress-1.svc.cluster.local",
  trustDomain: "cluster.local",
};
const seen: SeenGateway = {
  egressIpPrefix: "203.0.113.0/31",
  revisions: ["asm-1-28"],
  facts,
  ready: true,
  why: "",
  autoscaler: { kind: "unset" },
};

function anObject(status?: Record<string, unknown>): KubernetesObject {
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressGateway",
    metadata: { name: "egress-1.egw-1", generation: 2 },
    ...(status === undefined ? {} : { status }),
  };
}

function merged(status: Record<string, unknown>, change: SeenGateway, now = NINE) {
  const patch = statusFields(anObject(status), change, { more: {}, now });
  return { ...status, ...patch };
}

const ready = merged({}, seen);

function saysOf(status: Record<string, unknown>): unknown {
  return (status["conditions"] as { readonly type: string }[]).find(
    ({ type }) => type === "Autoscaled",
  );
}

describe("the status of an EgressGateway", () => {
  it("says what was seen", () => {
    expect(ready).toMatchObject({
      egressIpPrefix: "203.0.113.0/31",
      revisions: ["asm-1-28"],
      facts: { serviceAccount: "egw-1", selector: { istio: "egw-1" } },
      observedGeneration: 2,
      conditions: [
        { type: "Ready", status: "True", reason: "Ready", lastTransitionTime: timeText(NINE) },
      ],
    });
    expect(factsIn(anObject(ready), ref)).toEqual(facts);
  });

  it("is not written where nothing changed", () => {
    expect(statusFields(anObject(ready), seen, { more: {}, now: NINE + HOUR })).toBeUndefined();
    expect(
      statusFields(anObject(ready), seen, { more: { failures: null }, now: NINE }),
    ).toBeUndefined();
  });

  it("names only what changed", () => {
    const fields = statusFields(
      anObject(ready),
      { ...seen, revisions: ["asm-1-29"] },
      {
        more: { readySince: timeText(NINE) },
        now: NINE,
      },
    );

    expect(fields).toEqual({
      revisions: ["asm-1-29"],
      readySince: timeText(NINE),
      observedGeneration: 2,
    });
  });

  it("keeps the facts of a gateway whose Deployment is away, and says that it is not ready since when", () => {
    const away = { ...seen, facts: undefined, ready: false, why: "it has no Deployment yet" };
    const status = merged(ready, away, NINE + HOUR);

    expect(factsIn(anObject(status), ref)).toEqual(facts);
    expect(status).toMatchObject({
      conditions: [
        {
          status: "False",
          message: "it has no Deployment yet",
          lastTransitionTime: timeText(NINE + HOUR),
        },
      ],
    });
    const later = merged(
      status,
      { ...away, why: "none of its pods is available" },
      NINE + 2 * HOUR,
    );
    expect(later).toMatchObject({
      conditions: [{ status: "False", lastTransitionTime: timeText(NINE + HOUR) }],
    });
  });

  describe("of its autoscaler", () => {
    const why = "somebody else keeps changing it";
    const otherwise = { kind: "otherwise", reason: "Contested", why } as const;
    const told = merged(ready, { ...seen, autoscaler: otherwise });

    it("says what it is, beside whether it is ready", () => {
      expect(saysOf(told)).toMatchObject({ status: "False", reason: "Contested", message: why });
      expect(told).toMatchObject({ conditions: [{ type: "Ready", status: "True" }, {}] });
      const now = merged(told, { ...seen, autoscaler: { kind: "as-configured" } });
      expect(saysOf(now)).toMatchObject({ status: "True", reason: "AsConfigured", message: "" });
    });

    it("keeps what it said where it was not looked at, and says nothing where nothing is configured", () => {
      expect(saysOf(merged(told, { ...seen, autoscaler: { kind: "unseen" } }))).toEqual(
        saysOf(told),
      );
      expect(saysOf(merged(told, seen))).toBeUndefined();
      expect(saysOf(ready)).toBeUndefined();
    });
  });

  it("takes a label out of the selector that is no longer there", () => {
    const other = { ...facts, selector: { app: "egw" } };
    const fields = statusFields(
      anObject(ready),
      { ...seen, facts: other },
      { more: {}, now: NINE },
    );

    expect(fields?.["facts"]).toMatchObject({ selector: { app: "egw", istio: null } });
  });

  it("takes the prefix away with the configuration that had it", () => {
    const gone = { ...seen, egressIpPrefix: undefined };

    expect(statusFields(anObject(ready), gone, { more: {}, now: NINE })).toMatchObject({
      egressIpPrefix: null,
      conditions: [{ status: "False" }],
    });
  });

  it("has no prefix where the configuration has addresses of another kind", () => {
    const other = { ...seen, egressIpPrefix: "10.0.1.8,10.0.1.9" };

    expect(statusFields(anObject(ready), other, { more: {}, now: NINE })).toMatchObject({
      egressIpPrefix: null,
    });
  });

  it("knows no facts that are not whole", () => {
    expect(
      factsIn(anObject({ facts: { selector: {}, serviceAccount: "x" } }), ref),
    ).toBeUndefined();
    expect(factsIn(anObject(), ref)).toBeUndefined();
  });
});
