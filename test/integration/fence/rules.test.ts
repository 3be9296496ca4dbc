import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { type Attempt, type Fenced, refusalOf } from "#test/support/fence/attempt.ts";
import { forbidden } from "#test/support/fence/attempts.ts";
import { fenceIn, heldBack } from "#test/support/fence/fenced-server.ts";
import { RIGHTS, samples } from "#test/support/fence/samples.ts";
import { WORKER } from "#test/support/workplace.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";

type Validation = { readonly expression: string; readonly message?: string };

function validationsOf({ spec = {} }: KubernetesObject): readonly Validation[] {
  return spec["validations"] as readonly Validation[];
}

const FENCES = RIGHTS.filter(
  ({ kind, metadata }) =>
    kind === "ValidatingAdmissionPolicy" && metadata.name.startsWith("sallyport-fence-"),
);
const RULES = FENCES.flatMap((policy) =>
  validationsOf(policy).map(({ expression }, index) => ({
    name: `${policy.metadata.name}[${index}]`,
    policy,
    index,
    expression,
  })),
);

/** Each of its rules denies by its own name. */
function named(policy: KubernetesObject): KubernetesObject {
  const validations = validationsOf(policy).map(({ expression }, index) => ({
    expression,
    message: `${policy.metadata.name}[${index}]`,
    reason: "Forbidden",
  }));
  return { ...policy, spec: { ...policy.spec, validations } };
}

function without(policy: KubernetesObject, index: number): KubernetesObject {
  const validations = validationsOf(policy).filter((_, at) => at !== index);
  return { ...policy, spec: { ...policy.spec, validations } };
}

let server: ApiServer;
let fenced: Fenced;
/** What each rule is the first one to refuse. */
const refused = new Map<string, Attempt[]>();
beforeAll(async () => {
  server = await startApiServer({ userOf: (token) => (token === "worker" ? WORKER : undefined) });
  server.installCrds("egressgateway.kubernetes.azure.com");
  server.installCrds("sallyport.dev");
  fenced = fenceIn(server, RIGHTS, "worker");
  for (const policy of FENCES) server.store.put(named(policy));
  for (const attempt of forbidden(await samples(fenced.worker))) {
    const why = (await refusalOf(fenced, attempt)) ?? "";
    // An expression that fails is told in its own words.
    const rule = RULES.find(
      ({ name, expression }) => why.includes(name) || why.includes(`'${expression}'`),
    );
    refused.set(rule?.name ?? why, [...(refused.get(rule?.name ?? why) ?? []), attempt]);
  }
}, 120_000);
afterAll(() => server.close());

/** Without its rule a namespace was deleted. */
beforeEach(() => void heldBack(server, "worker"));

it("is the fence's that refuses each of them", () => {
  const names = RULES.map(({ name }) => name);

  expect([...refused.keys()].filter((name) => !names.includes(name))).toEqual([]);
});

it.each(RULES)("without $name something gets through", async ({ name, policy, index }) => {
  server.store.put(without(policy, index));
  const through: string[] = [];
  for (const attempt of refused.get(name) ?? [])
    if ((await refusalOf(fenced, attempt)) === undefined) through.push(attempt.what);
  server.store.put(policy);

  expect(through).not.toEqual([]);
});
