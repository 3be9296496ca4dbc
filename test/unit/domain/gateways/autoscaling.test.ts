import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { AutoscalerSettings } from "#src/domain/directory.ts";
import { autoscalingOf, settingsText } from "#src/domain/gateways/autoscaling.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { mergePatch } from "#test/simulators/kubernetes/patches.ts";

const gateway = { namespace: "egress-gw", name: "egw" };
const CPU = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
};

function anAutoscaler(
  target: string,
  spec: object = {},
  { name = "any", namespace = "egress-gw" } = {},
): KubernetesObject {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: target },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [CPU],
      ...spec,
    },
  };
}

function decided(
  settings: AutoscalerSettings,
  autoscalers: readonly KubernetesObject[],
  revisions: readonly string[] = ["asm-1-28"],
) {
  return autoscalingOf({ gateway, settings, revisions, autoscalers });
}

describe("which autoscaler is a gateway's", () => {
  it("that of the oldest revision, in the order of versions, whatever it is called itself", () => {
    const autoscalers = ["egw-asm-1-10", "egw-asm-1-9", "egw-asm-1-11"].map((target) =>
      anAutoscaler(target, {}, { name: `of-${target}` }),
    );

    expect(decided({ min: 3 }, autoscalers, ["asm-1-10", "asm-1-11", "asm-1-9"])).toMatchObject({
      kind: "found",
      object: { metadata: { name: "of-egw-asm-1-9" } },
    });
  });

  it.each([
    ["none of its name", anAutoscaler("other-asm-1-28", {}, { name: "egw-asm-1-28" })],
    ["of another namespace", anAutoscaler("egw-asm-1-28", {}, { namespace: "other" })],
    [
      "of no Deployment",
      anAutoscaler("", { scaleTargetRef: { kind: "Pod", name: "egw-asm-1-28" } }),
    ],
    ["without a target", anAutoscaler("", { scaleTargetRef: undefined })],
  ])("%s is not", (_, autoscaler) => {
    expect(decided({ min: 3 }, [autoscaler])).toEqual({
      kind: "missing",
      deployment: "egw-asm-1-28",
    });
  });

  it("none where there are two, or no Deployment", () => {
    const one = anAutoscaler("egw-asm-1-28");

    expect(decided({ min: 3 }, [one, one])).toMatchObject({ kind: "several" });
    expect(decided({ min: 3 }, [one], [])).toBeUndefined();
  });
});

describe("what is changed of it", () => {
  it.each<readonly [AutoscalerSettings, object | undefined]>([
    [{}, undefined],
    [{ min: 2, max: 5, cpu: 80 }, undefined],
    [{ min: 3 }, { minReplicas: 3 }],
    [{ max: 9 }, { maxReplicas: 9 }],
    [{ min: 3, max: 5 }, { minReplicas: 3 }],
    [
      { cpu: 60 },
      {
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
          },
        ],
      },
    ],
  ])("%j", (settings, spec) => {
    const found = decided(settings, [anAutoscaler("egw-asm-1-28")]);

    expect(found).toMatchObject({
      patch: spec === undefined ? undefined : { spec },
      hasNoCpuTarget: false,
    });
  });

  it.each([
    ["no metrics", []],
    ["another metric", [{ type: "External", external: { metric: { name: "cpu" } } }]],
    [
      "an amount",
      [{ type: "Resource", resource: { name: "cpu", target: { type: "AverageValue" } } }],
    ],
  ])(
    "no percentage of the processor where it scales by %s, and the rest all the same",
    (_, metrics) => {
      const found = decided({ min: 3, cpu: 60 }, [anAutoscaler("egw-asm-1-28", { metrics })]);

      expect(found).toMatchObject({ patch: { spec: { minReplicas: 3 } }, hasNoCpuTarget: true });
    },
  );
});

const anything = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
});
const utilization = fc.integer({ min: 1, max: 100 });
const metric = fc.oneof(
  fc.record({
    type: fc.constant("Resource"),
    resource: fc.record({
      name: fc.constantFrom("cpu", "memory"),
      target: fc.oneof(
        fc.record({ type: fc.constant("Utilization"), averageUtilization: utilization }),
        fc.record({ type: fc.constant("AverageValue"), averageValue: fc.constant("500m") }),
      ),
    }),
  }),
  fc.record({ type: fc.constantFrom("Pods", "External", "ContainerResource"), other: anything }),
);
const autoscaler = fc
  .record(
    {
      minReplicas: fc.integer({ min: 1, max: 9 }),
      maxReplicas: fc.integer({ min: 1, max: 9 }),
      metrics: fc.array(metric, { maxLength: 4 }),
      behavior: anything,
    },
    { requiredKeys: ["maxReplicas"] },
  )
  .map((spec): KubernetesObject => anAutoscaler("egw-asm-1-28", spec));
const settings = fc.record(
  { min: fc.integer({ min: 2, max: 9 }), max: fc.integer({ min: 2, max: 9 }), cpu: utilization },
  { requiredKeys: [] },
);

/** Its numbers taken out of it. */
function others({ spec = {}, ...rest }: KubernetesObject): unknown {
  const { minReplicas: _, maxReplicas: __, metrics = [], ...left } = spec;
  const blank = JSON.stringify(metrics).replaceAll(
    /("name":"cpu","target":\{"type":"Utilization","averageUtilization":)\d+/g,
    "$1",
  );
  return { ...rest, spec: { ...left, metrics: blank } };
}

/** The percentages of the processor that it is to be kept at. */
function targets({ spec = {} }: KubernetesObject): readonly number[] {
  const text = JSON.stringify(spec["metrics"]);
  const found = text.matchAll(/"cpu","target":\{"type":"Utilization"[^}]*?(\d+)\}/g);
  return [...found].map(([, value]) => Number(value));
}

describe("for every autoscaler and configuration", () => {
  it("what is set is as configured, what is not set and everything else is as it was, and then there is nothing to do", () => {
    fc.assert(
      fc.property(autoscaler, settings, (before, wanted) => {
        const found = decided(wanted, [before]);
        if (found?.kind !== "found") throw new Error("not found");
        const after = mergePatch(before, found.patch ?? {}) as KubernetesObject;

        const { min = before.spec?.["minReplicas"], max = before.spec?.["maxReplicas"] } = wanted;
        expect(others(after)).toEqual(others(before));
        expect(after.spec?.["minReplicas"]).toBe(min);
        expect(after.spec?.["maxReplicas"]).toBe(max);
        expect(targets(after)).toEqual(targets(before).map((target) => wanted.cpu ?? target));
        expect(found.hasNoCpuTarget).toBe(wanted.cpu !== undefined && targets(before).length === 0);
        expect(decided(wanted, [after])).toMatchObject({ patch: undefined });
      }),
    );
  });
});

it("is told in words", () => {
  expect(settingsText({ min: 3, max: 6, cpu: 70 })).toBe(
    "at least 3 pods, at most 6 pods, 70 % of the processor",
  );
});
