import { describe, expect, it } from "@jest/globals";
import {
  type GatewayFindings,
  type GatewaysInput,
  surveyGateways,
} from "#src/domain/survey/survey-gateways.ts";
import type { SurveyedGateway } from "#src/domain/survey/survey.ts";
import { aLiveGrant, anObject } from "./a-survey.ts";

const PODS = { revision: "asm-1-28", available: 2, wanted: 2 };
const NOTHING: GatewayFindings = {
  gateway: "egress-gw/egw",
  egressIpPrefix: undefined,
  pods: [],
  object: undefined,
  isConfigured: false,
};
const READY = { egressIpPrefix: "203.0.113.4/31", pods: [PODS], isConfigured: true };

function notReady(message: string): Pick<GatewayFindings, "object"> {
  const conditions = [{ type: "Ready", status: "False", message }];
  return { object: anObject("EgressGateway", "sallyport-system/x", { status: { conditions } }) };
}

function surveyed(
  findings: Partial<GatewayFindings>,
  input: Partial<GatewaysInput> = {},
): SurveyedGateway {
  const [found] = surveyGateways({
    gateways: [{ ...NOTHING, ...findings }],
    grants: [],
    mapped: [],
    autoscalers: [],
    lacks: new Map(),
    ...input,
  });
  if (found === undefined) throw new Error("no gateway");
  return found;
}

function autoscaled(status: string, message: string): Pick<GatewayFindings, "object"> {
  const conditions = [
    { type: "Ready", status: "True", message: "" },
    { type: "Autoscaled", status, message },
  ];
  return {
    object: anObject("EgressGateway", "sallyport-system/x", { status: { conditions } }),
  };
}

function autoscalerOf(...autoscalers: GatewaysInput["autoscalers"]) {
  return surveyed(READY, { autoscalers }).pods[0]?.autoscaler;
}

describe("a gateway", () => {
  it.each<
    readonly [
      what: string,
      findings: Partial<GatewayFindings>,
      state: SurveyedGateway["state"],
      why: string | undefined,
    ]
  >([
    ["of which nothing is there is absent", {}, "absent", undefined],
    ["with a prefix and an available pod is ready", READY, "ready", undefined],
    [
      "that was said not to be ready is ready where a pod and a prefix are seen now",
      { ...READY, ...notReady("waiting for Azure") },
      "ready",
      undefined,
    ],
    [
      "without an available pod is not",
      { ...READY, pods: [{ ...PODS, available: 0 }] },
      "not-ready",
      "none of its pods is available",
    ],
    [
      "with a pod of one of two revisions is ready",
      { ...READY, pods: [{ ...PODS, available: 0 }, PODS] },
      "ready",
      undefined,
    ],
    [
      "without a prefix is not, however many pods it has",
      { ...READY, egressIpPrefix: undefined },
      "not-ready",
      "it has no egress IP prefix yet",
    ],
    [
      "with a prefix alone has no Deployment, or none that is read",
      { ...READY, pods: [] },
      "not-ready",
      "its Deployment or Service is not there, or the mesh configuration cannot be read",
    ],
    [
      "is not ready for the reason that the gateways lane gave",
      { ...READY, pods: [], ...notReady("waiting for AKS to make its Deployment") },
      "not-ready",
      "waiting for AKS to make its Deployment",
    ],
    [
      "whose status is no status is not ready all the same",
      { object: anObject("EgressGateway", "a/b", { status: { conditions: "Ready" } }) },
      "not-ready",
      "it has no egress IP prefix yet",
    ],
  ])("%s", (_what, findings, state, why) => {
    const found = surveyed(findings);

    expect(found.state).toBe(state);
    expect(found.why).toBe(why);
  });

  it("is said to be scaled otherwise than configured in the words of the gateways lane", () => {
    expect(surveyed({ ...READY, ...autoscaled("False", "it\nis refused") }).notScaled).toBe(
      "it is refused",
    );
    expect(surveyed({ ...READY, ...autoscaled("True", "") })).not.toHaveProperty("notScaled");
    expect(surveyed(READY)).not.toHaveProperty("notScaled");
  });

  it("that a grant waits for is not absent", () => {
    expect(surveyed({}, { grants: [aLiveGrant()] })).toMatchObject({
      state: "not-ready",
      grants: 1,
      tunnels: 1,
    });
  });

  it("counts its own grants, each door's tunnel once, and the namespaces it serves", () => {
    const other = { namespace: "egress-gw", name: "other" };
    const http = { host: "a.example.com", port: 80, mode: "http" } as const;
    const found = surveyed(READY, {
      grants: [
        aLiveGrant(),
        aLiveGrant({ id: "EG-00002", scope: { namespace: "team-x", serviceAccounts: ["feeds"] } }),
        aLiveGrant({ id: "EG-00003", destination: http }),
        aLiveGrant({ id: "EG-00004", gateway: other }),
      ],
      mapped: [
        { namespace: "team-x", gateway: "egress-gw/egw" },
        { namespace: "team-y", gateway: "egress-gw/egw" },
        { namespace: "team-z", gateway: "egress-gw/other" },
      ],
    });

    expect(found).toMatchObject({ grants: 3, tunnels: 1, namespaces: 2 });
  });
});

describe("the autoscaler of a gateway's pods", () => {
  const cpu = { type: "Utilization", averageUtilization: 80 };
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "egw-asm-1-28" },
    minReplicas: 2,
    maxReplicas: 5,
    metrics: [
      { type: "Resource", resource: { name: "memory", target: { averageUtilization: 60 } } },
      { type: "Resource", resource: { name: "cpu", target: cpu } },
    ],
  };
  const status = {
    currentReplicas: 3,
    currentMetrics: [
      { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 37 } } },
    ],
  };
  it("is the one that scales its Deployment, whatever it is called", () => {
    expect(
      autoscalerOf(
        anObject("HorizontalPodAutoscaler", "elsewhere/egw-asm-1-28", {
          spec: { ...spec, maxReplicas: 9 },
        }),
        anObject("HorizontalPodAutoscaler", "egress-gw/other", {
          spec: { ...spec, scaleTargetRef: { kind: "Deployment", name: "egw-asm-1-29" } },
        }),
        anObject("HorizontalPodAutoscaler", "egress-gw/mine", { spec, status }),
      ),
    ).toEqual({ least: 2, most: 5, now: 3, cpuTarget: 80, cpuNow: 37 });
  });

  it("has Kubernetes' own least number of pods, and neither target nor load where none is said", () => {
    const { minReplicas: _least, metrics: _metrics, ...little } = spec;
    expect(
      autoscalerOf(anObject("HorizontalPodAutoscaler", "egress-gw/mine", { spec: little })),
    ).toEqual({ least: 1, most: 5, now: 0 });
  });

  it("is none where it cannot be read", () => {
    expect(
      autoscalerOf(anObject("HorizontalPodAutoscaler", "egress-gw/mine", { spec: { a: 1 } })),
    ).toBeUndefined();
  });
});
