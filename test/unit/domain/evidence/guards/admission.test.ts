import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { type AdmissionGuard, judgeAdmission } from "#src/domain/evidence/guards/admission.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

const API = "admissionregistration.k8s.io/v1";
const KINDS = ["serviceentries", "virtualservices", "destinationrules"];
const ALL_KINDS = [...KINDS, "gateways", "sidecars"];
const NAMED = { expression: "request.userInfo.username.startsWith('sallyport')" };
const RULE = {
  apiGroups: ["networking.istio.io"],
  apiVersions: ["*"],
  operations: ["CREATE", "UPDATE"],
  resources: ALL_KINDS,
};

function policy(change: object = {}, rule: object = {}, name = "p"): KubernetesObject {
  const matchConstraints = { resourceRules: [{ ...RULE, ...rule }] };
  return {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: { matchConstraints, validations: [NAMED], ...change },
  };
}

function constrained(change: object): KubernetesObject {
  return policy({ matchConstraints: { resourceRules: [RULE], ...change } });
}

function binding(change: object = {}): KubernetesObject {
  return {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], ...change },
  };
}

function guard(...objects: readonly KubernetesObject[]): AdmissionGuard {
  return judgeAdmission({
    policies: objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicy"),
    bindings: objects.filter(({ kind }) => kind !== "ValidatingAdmissionPolicy"),
    namespace: "team-x",
    namespaceLabels: { tier: "apps" },
  });
}

/** As Istio ships it for its stable channel: other kinds, and some fields of others. */
const STABLE_CHANNEL = {
  matchConstraints: {
    resourceRules: [
      { ...RULE, apiGroups: ["networking.istio.io", "telemetry.istio.io"], resources: ["*"] },
    ],
  },
  variables: [
    { name: "isEnvoyFilter", expression: "object.kind == 'EnvoyFilter'" },
    { name: "isTelemetry", expression: "object.kind == 'Telemetry'" },
  ],
  validations: [
    { expression: "!variables.isEnvoyFilter" },
    {
      expression:
        "!(\n  variables.isTelemetry && (\n  (has(object.spec.tracing) ? object.spec.tracing : {}).exists(t, has(t.useRequestIdForTraceSampling)))\n)\n",
    },
  ],
};

const IN_TIER = { matchLabels: { tier: "apps" } };
const NOT_IN_TIER = { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["apps"] }] };

/** As it is shipped. */
const fence = parseAllDocuments(
  readFileSync(
    new URL("../../../../../deploy/kubernetes/fence-mesh.yaml", import.meta.url),
    "utf8",
  ),
).map((document) => document.toJS() as KubernetesObject);

describe("teams are kept from writing egress objects", () => {
  it.each([
    ["denies all kinds", [policy(), binding()]],
    [
      "has rules about every kind",
      [policy({}, { resources: ["*"], apiGroups: ["*"], operations: ["*"] }), binding()],
    ],
    ["denies everybody", [policy({ validations: [{ expression: "false" }] }), binding()]],
    [
      "denies in one of its validations",
      [policy({ validations: [{ expression: "has(object.spec)" }, NAMED] }), binding()],
    ],
    [
      "denies by a variable",
      [
        policy({
          variables: [{ name: "w", ...NAMED }],
          validations: [{ expression: "variables.w" }],
        }),
        binding(),
      ],
    ],
    [
      "leaves named users out by a condition",
      [policy({ matchConditions: [{ expression: `!(${NAMED.expression})` }] }), binding()],
    ],
    ["selects the namespace", [constrained({ namespaceSelector: IN_TIER }), binding()]],
    [
      "is bound to the namespace",
      [policy(), binding({ matchResources: { namespaceSelector: IN_TIER } })],
    ],
    [
      "is bound twice, once to others",
      [policy(), binding({ matchResources: { namespaceSelector: NOT_IN_TIER } }), binding()],
    ],
    [
      "lists one version, and matches equivalents",
      [policy({}, { apiVersions: ["v1"] }), binding()],
    ],
    ["audits too", [policy(), binding({ validationActions: ["Audit", "Deny"] })]],
    [
      "has empty selectors",
      [constrained({ objectSelector: {}, namespaceSelector: {} }), binding()],
    ],
  ])("by a policy that %s", (_what, objects) => {
    expect(guard(...objects)).toEqual({ kind: "denied", by: ["p"], notGuarded: [] });
  });

  it("by several policies together", () => {
    const each = ALL_KINDS.flatMap((resource) =>
      ["CREATE", "UPDATE"].map((operation) => [resource, operation] as const),
    ).flatMap(([resource, operation]) => {
      const name = `${resource}-${operation}`.toLowerCase();
      return [
        policy({}, { resources: [resource], operations: [operation] }, name),
        binding({ policyName: name }),
      ];
    });

    expect(guard(...each)).toEqual({
      kind: "denied",
      by: KINDS.flatMap((kind) => [`${kind}-create`, `${kind}-update`]).toSorted(),
      notGuarded: [],
    });
  });

  it("of the needed kinds, with what further kinds are open", () => {
    expect(guard(policy({}, { resources: KINDS }), binding())).toEqual({
      kind: "denied",
      by: ["p"],
      notGuarded: ["gateways", "sidecars"],
    });
  });
});

describe("it is not known whether teams are kept", () => {
  it.each([
    [
      "its binding audits alone",
      /binding does not deny/,
      [policy(), binding({ validationActions: ["Audit"] })],
    ],
    [
      "it takes parameters",
      /parameters/,
      [policy({ paramKind: { apiVersion: "v1", kind: "ConfigMap" } }), binding()],
    ],
    [
      "it looks at labels of objects",
      /objectSelector/,
      [constrained({ objectSelector: IN_TIER }), binding()],
    ],
    [
      "its binding looks at labels of objects",
      /objectSelector/,
      [policy(), binding({ matchResources: { objectSelector: IN_TIER } })],
    ],
    [
      "it leaves the namespace out",
      /namespaceSelector/,
      [constrained({ namespaceSelector: NOT_IN_TIER }), binding()],
    ],
    [
      "its binding leaves the namespace out",
      /namespaceSelector/,
      [policy(), binding({ matchResources: { namespaceSelector: NOT_IN_TIER } })],
    ],
    [
      "a condition may leave the team out",
      /matchConditions/,
      [policy({ matchConditions: [{ expression: "has(object.metadata.labels)" }] }), binding()],
    ],
    [
      "rules take objects out",
      /excludeResourceRules/,
      [constrained({ excludeResourceRules: [RULE] }), binding()],
    ],
    [
      "it is for named objects",
      /some names or versions/,
      [policy({}, { resourceNames: ["x"] }), binding()],
    ],
    [
      "it is for one version exactly",
      /some names or versions/,
      [
        constrained({ matchPolicy: "Exact", resourceRules: [{ ...RULE, apiVersions: ["v1"] }] }),
        binding(),
      ],
    ],
    [
      "it looks at fields",
      /named users alone/,
      [policy({ validations: [{ expression: "!has(object.spec.endpoints)" }] }), binding()],
    ],
    [
      "it lets the team's accounts pass",
      /named users alone/,
      [
        policy({
          validations: [
            { expression: "request.userInfo.username.startsWith('system:serviceaccount:')" },
          ],
        }),
        binding(),
      ],
    ],
    [
      "it is Istio's, with another validation",
      /named users alone/,
      [
        policy({
          ...STABLE_CHANNEL,
          validations: [...STABLE_CHANNEL.validations, { expression: "has(object.spec.hosts)" }],
        }),
        binding(),
      ],
    ],
  ])("where %s", (_what, why, objects) => {
    const found = guard(...objects);

    expect(found).toEqual({ kind: "unclear", why: [expect.stringMatching(why)] });
    expect(JSON.stringify(found)).toContain("ValidatingAdmissionPolicy p may not count");
  });

  it.each([
    ["there is none", []],
    ["none is bound", [policy()]],
    ["another is bound", [policy(), binding({ policyName: "q" })]],
    ["it is about another group", [policy({}, { apiGroups: ["apps"] }), binding()]],
    ["it is about cluster-scoped objects", [policy({}, { scope: "Cluster" }), binding()]],
    ["it is about deleting", [policy({}, { operations: ["DELETE"] }), binding()]],
    ["it has no rules", [policy({ matchConstraints: {} }), binding()]],
    ["it is for named users alone", [policy({ matchConditions: [NAMED] }), binding()]],
    ["it is the worker's own fence", fence],
    ["it has no validations", [policy({ validations: [] }), binding()]],
    ["it is Istio's own for the stable channel", [policy(STABLE_CHANNEL), binding()]],
    ["it is not what such a policy looks like", [policy({ validations: "x" }), binding()]],
  ])("where %s, and no policy comes near", (_what, objects) => {
    expect(guard(...objects)).toEqual({ kind: "unclear", why: [] });
  });

  const partial = KINDS.flatMap((resource) => [
    [resource, "left out", { resources: ALL_KINDS.filter((each) => each !== resource) }] as const,
  ]);
  it.each(partial)("where %s are %s", (resource, _what, rule) => {
    expect(guard(policy({}, rule), binding())).toEqual({
      kind: "unclear",
      why: [`no policy denies ${resource}`],
    });
  });

  it.each([["CREATE"], ["UPDATE"]])("where it denies %s alone", (operation) => {
    expect(guard(policy({}, { operations: [operation] }), binding()).kind).toBe("unclear");
  });
});
