import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type CelOutcome,
  outcomeOf,
  type TeamWrite,
} from "#src/domain/evidence/guards/cel-outcome.ts";
import { evaluate } from "#test/simulators/kubernetes/custom-resources/cel.ts";

const WRITE: TeamWrite = {
  namespace: "team-x",
  operation: "CREATE",
  resource: "serviceentries",
  kind: "ServiceEntry",
  variables: new Map([
    ["isWorker", "request.userInfo.username == 'worker'"],
    ["isEnvoyFilter", "object.kind == 'EnvoyFilter'"],
    ["nested", "variables.isWorker || variables.isEnvoyFilter"],
    ["itself", "variables.itself"],
  ]),
};

const NAMED = "request.userInfo.username == 'worker'";
const UNCLEAR = "has(object.spec.hosts)";

const EXPRESSIONS: Readonly<Record<CelOutcome, readonly string[]>> = {
  true: [
    "true",
    "!false",
    "object.kind == 'ServiceEntry'",
    "'ServiceEntry' == object.kind",
    "object.kind != 'EnvoyFilter'",
    "!variables.isEnvoyFilter",
    "request.operation in ['CREATE', 'UPDATE']",
    'request.resource.resource in ["serviceentries"]',
    "request.namespace.startsWith('team-')",
    "!(variables.isEnvoyFilter && has(object.spec.tracing))",
    `${UNCLEAR} || true`,
    `${NAMED} || request.kind.kind == 'ServiceEntry'`,
  ],
  false: [
    "false",
    "variables.isEnvoyFilter",
    "request.namespace == 'platform'",
    "request.namespace in ['platform', 'aks-istio-system']",
    `${NAMED} && false`,
    `${UNCLEAR} && object.metadata.namespace == 'platform'`,
  ],
  "only-named": [
    NAMED,
    `  (${NAMED})  `,
    `(((${NAMED})))`,
    "'worker' == request.userInfo.username",
    'request.userInfo.username == "a || b"',
    "request.userInfo.username.startsWith('sallyport')",
    "request.userInfo.username.startsWith('system:serviceaccount:kube-system:')",
    "request.userInfo.username in ['a', \"b\"]",
    "'platform' in request.userInfo.groups",
    "request.userInfo.groups.exists(g, g == 'platform')",
    "variables.isWorker",
    "variables.nested",
    `${NAMED} || request.userInfo.username == 'x'`,
    `${NAMED} || request.namespace == 'platform'`,
    `${NAMED} && ${UNCLEAR}`,
    `!(request.userInfo.username != 'worker')`,
    `!(!(${NAMED}))`,
    `(${NAMED} || variables.isWorker) && (${UNCLEAR} || ${NAMED})`,
  ],
  "all-but-named": [
    "request.userInfo.username != 'worker'",
    `!(${NAMED})`,
    "!variables.isWorker",
    "!request.userInfo.username.startsWith('sallyport')",
    "!('platform' in request.userInfo.groups)",
    `!(${NAMED}) && !variables.isWorker`,
    `!(${NAMED}) || ${NAMED} && false`,
    `!(${NAMED}) || ${UNCLEAR}`,
  ],
  unclear: [
    UNCLEAR,
    `${NAMED} || ${UNCLEAR}`,
    `${UNCLEAR} ? true : ${NAMED}`,
    `${NAMED} ? true : true`,
    "request.userInfo.username.startsWith('')",
    "request.userInfo.username.startsWith('system:')",
    "request.userInfo.username.startsWith('system:serviceaccount:team-x:ci')",
    "request.userInfo.username == 'system:serviceaccount:team-x:ci'",
    "request.userInfo.username in ['worker', 'system:serviceaccount:team-x:ci']",
    "request.userInfo.username in variables.users",
    "request.userInfo.username in ['a'] + variables.more",
    "request.userInfo.username.matches('.*')",
    "request.userInfo.username.endsWith('@example.com')",
    "'system:authenticated' in request.userInfo.groups",
    "'system:serviceaccounts' in request.userInfo.groups",
    "request.userInfo.groups.exists(g, g == 'system:serviceaccounts:team-x')",
    "request.userInfo.groups.exists(g, h == 'platform')",
    "oldObject != null",
    "variables.missing",
    "variables.itself",
    "request.userInfo.username == 'it\\'s'",
    "!request.userInfo.username == 'worker'",
  ],
};

const READ = "object.?spec.?gateways.orValue([])";

/** For VirtualServices of the mesh: without gateways, with an empty list, with `mesh` in it. */
const OF_GATEWAYS: readonly (readonly [string, ...(readonly CelOutcome[])])[] = [
  [`${READ}.size() == 0`, "true", "true", "false"],
  ["object.spec.?gateways.orValue([]).size() == 0", "true", "true", "false"],
  [`'mesh' in ${READ}`, "false", "false", "true"],
  ['"mesh" in object.spec.?gateways.orValue( [] )', "false", "false", "true"],
  [`${READ}.size() == 0 || 'mesh' in ${READ}`, "true", "true", "true"],
  [`!(${READ}.size() == 0 || 'mesh' in ${READ} || ${UNCLEAR})`, "false", "false", "false"],
  ["has(object.spec.gateways)", "false", "true", "true"],
  ["object.spec.gateways.size() == 0", "unclear", "true", "false"],
  ["'mesh' in object.spec.gateways", "unclear", "false", "true"],
  ["!has(object.spec.gateways) || 'mesh' in object.spec.gateways", "true", "false", "true"],
  // Others may stand beside it.
  [`'team-x/own' in ${READ}`, "false", "false", "unclear"],
  [`${READ}.size() == 1`, "unclear", "unclear", "unclear"],
  [`'mesh' in ${READ} ? true : false`, "unclear", "unclear", "unclear"],
  ["'mesh' in oldObject.?spec.?gateways.orValue([])", "unclear", "unclear", "unclear"],
];

/** No expressions at all: an API server does not take them. */
const BROKEN = ["", `(${NAMED}`, `${NAMED})`, `${NAMED} || 'unclosed`];

const ALL = Object.entries(EXPRESSIONS).flatMap(([outcome, expressions]) =>
  expressions.map((expression) => [expression, outcome as CelOutcome] as const),
);

describe("what an expression is for a write of a team", () => {
  it.each(ALL)("%s is %s", (expression, outcome) => {
    expect(outcomeOf(expression, WRITE)).toBe(outcome);
  });

  it.each(OF_GATEWAYS)("of a VirtualService: %s", (expression, ...outcomes) => {
    const write = { ...WRITE, resource: "virtualservices", kind: "VirtualService" };
    const found = (["absent", "empty", "with-mesh"] as const).map((gateways) =>
      outcomeOf(expression, { ...write, gateways }),
    );

    expect(found).toEqual(outcomes);
    expect(outcomeOf(expression, WRITE)).toBe("unclear");
  });

  it.each(BROKEN)("%j is unclear", (expression) => {
    expect(outcomeOf(expression, WRITE)).toBe("unclear");
  });
});

/** What somebody of the team may write so that it is for the mesh. */
const LISTS = {
  absent: [undefined],
  empty: [[]],
  "with-mesh": [["mesh"], ["team-x/own", "mesh"], ["mesh", "a", "b"]],
} as const;

describe("what is known of a VirtualService", () => {
  it.each(OF_GATEWAYS)("is so where it is evaluated: %s", (expression, ...outcomes) => {
    for (const [at, lists] of Object.values(LISTS).entries())
      for (const gateways of lists) {
        const spec = gateways === undefined ? {} : { gateways };
        const known = outcomes[at] === "unclear" ? undefined : outcomes[at] === "true";
        const object = { spec: { hosts: ["a.example.com"], ...spec } };

        if (known !== undefined) expect(evaluate(expression, { object })).toBe(known);
      }
  });
});

/** Of what it may be when somebody of the team writes, as far as it is known. */
const VALUE: Readonly<Record<CelOutcome, boolean | undefined>> = {
  true: true,
  false: false,
  "only-named": false,
  "all-but-named": true,
  unclear: undefined,
};

type Sample = readonly [string, boolean | undefined];
const leaf = fc.constantFrom(
  ...ALL.map(([expression, outcome]): Sample => [`(${expression})`, VALUE[outcome]]),
);
const compound: fc.Arbitrary<Sample> = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie("sample").map(([text, value]): Sample => [
      `!(${text})`,
      value === undefined ? undefined : !value,
    ]),
    fc
      .tuple(tie("sample"), tie("sample"))
      .map(([[a, one], [b, other]]): Sample => [`(${a} && ${b})`, and(one, other)]),
    fc
      .tuple(tie("sample"), tie("sample"))
      .map(([[a, one], [b, other]]): Sample => [`(${a} || ${b})`, or(one, other)]),
  ),
})).sample;

function and(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  if (one === false || other === false) return false;
  return one === undefined || other === undefined ? undefined : true;
}

function or(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  if (one === true || other === true) return true;
  return one === undefined || other === undefined ? undefined : false;
}

describe("any mixture of expressions", () => {
  it("is never said to keep a team out where it may let it pass, nor the other way round", () => {
    fc.assert(
      fc.property(compound, ([text, value]) => {
        const said = VALUE[outcomeOf(text, WRITE)];

        // Nothing is claimed that three-valued logic does not give.
        expect(said === undefined || said === value).toBe(true);
      }),
    );
  });
});
