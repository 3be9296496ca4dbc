import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sameJson } from "#src/domain/canonical.ts";
import { isRecord } from "#src/domain/json.ts";
import { type Attempt, type Fenced, refusalOf } from "#test/support/fence/attempt.ts";
import { allowed, forbidden, type Made } from "#test/support/fence/attempts.ts";
import { OTHER_FIELDS, SET } from "#test/support/fence/autoscalers.ts";
import { fenceIn, fenceInReal } from "#test/support/fence/fenced-server.ts";
import { OTHER_CONTAINER_FIELDS, OTHER_SPEC_FIELDS } from "#test/support/fence/pods.ts";
import { RIGHTS, samples } from "#test/support/fence/samples.ts";
import { WORKER } from "#test/support/workplace.ts";
import { type ApiServer, startApiServer } from "#test/simulators/kubernetes/https-server.ts";
import type { Shape } from "#test/simulators/kubernetes/field-shape.ts";
import { shapeOf } from "#test/simulators/kubernetes/known-fields.ts";
import { RESOURCES } from "#test/simulators/kubernetes/resources.ts";

const DENIED = "ValidatingAdmissionPolicy 'sallyport-fence-";

/** `refused`: what a refusal has to say. `mayDrop`: the server leaves out fields of features that are off. */
function describeFence(
  name: string,
  { refused, mayDrop }: { readonly refused: string; readonly mayDrop: boolean },
  connect: () => Promise<Fenced>,
): void {
  describe(`the worker's fence in ${name}`, () => {
    let fenced: Fenced;
    let made: Made;
    beforeAll(async () => {
      fenced = await connect();
      made = await samples(fenced.worker);
    }, 60_000);

    afterAll(() => fenced.close());

    it("refuses everything that is not the worker's to do, and says so", async () => {
      const attempts = forbidden(made);
      const passed: string[] = [];
      for (const attempt of attempts) {
        const why = await refusalOf(fenced, attempt);
        if (why?.includes(refused) === true) continue;
        const isDropped = mayDrop && why === undefined && !(await cameAbout(fenced, attempt));
        if (!isDropped) passed.push(`${attempt.what}: ${why ?? "carried out"}`);
      }

      expect(passed).toEqual([]);
      expect(attempts.length).toBeGreaterThan(300);
    }, 300_000);

    it("lets the worker do its work", async () => {
      const attempts = allowed(made);
      const kept: string[] = [];
      for (const attempt of attempts) {
        const why = await refusalOf(fenced, attempt);
        if (why !== undefined) kept.push(`${attempt.what}: ${why}`);
      }

      expect(kept).toEqual([]);
      expect(attempts.length).toBeGreaterThan(100);
    }, 300_000);
  });
}

/** A field of a feature that a real API server has turned off is dropped from what is sent, before any policy is asked. */
async function cameAbout({ read }: Fenced, { by, object }: Attempt): Promise<boolean> {
  if (by === "delete") return true;
  const now = await read(object);
  return now !== undefined && holdsAll(now.spec ?? {}, object.spec ?? {});
}

function holdsAll(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part))
    return Array.isArray(whole) && part.every((each, at) => holdsAll(whole[at], each));
  if (!isRecord(part)) return sameJson(whole ?? null, part ?? null);
  return isRecord(whole) && Object.entries(part).every(([key, each]) => holdsAll(whole[key], each));
}

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ userOf: (token) => (token === "worker" ? WORKER : undefined) });
  server.installCrds("egressgateway.kubernetes.azure.com");
  server.installCrds("sallyport.dev");
});
afterAll(() => server.close());

describeFence("the simulated API server", { refused: DENIED, mayDrop: false }, async () =>
  fenceIn(server, RIGHTS, "worker"),
);

// oxlint-disable-next-line node/no-process-env -- how docs/testing.md says it is named
const path = process.env["SALLYPORT_CONTRACT_KUBECONFIG"];
// Some of it a real one refuses for reasons of its own, before any policy is asked.
if (path !== undefined)
  describeFence("a real API server", { refused: "", mayDrop: true }, () =>
    fenceInReal(path, RIGHTS, WORKER),
  );

it("is tried with every field that a pod or its container may have", async () => {
  const { worker } = fenceIn(server, RIGHTS, "worker");
  const { spec = {} } = (await samples(worker)).probe;
  const pod = RESOURCES.find(({ kind }) => kind === "Pod");
  if (pod === undefined) throw new Error("no pods are served");
  const fields = (shapeOf(pod) as { readonly spec: Readonly<Record<string, object>> }).spec;
  const [container] = spec["containers"] as readonly object[];
  const harmless = ["dnsPolicy", "enableServiceLinks", "schedulerName", "serviceAccount"];
  const left = ["terminationGracePeriodSeconds", "tolerations"];

  const tried = [...Object.keys(spec), ...Object.keys(OTHER_SPEC_FIELDS), ...harmless, ...left];
  expect(Object.keys(fields).filter((field) => !tried.includes(field))).toEqual([]);
  const inContainer = [
    ...Object.keys(container ?? {}),
    ...Object.keys(OTHER_CONTAINER_FIELDS),
    "imagePullPolicy",
    "terminationMessagePath",
    "terminationMessagePolicy",
  ];
  const known = Object.keys(fields["containers"] ?? {});
  expect(known.filter((field) => !inContainer.includes(field))).toEqual([
    // Of init containers alone.
    "restartPolicy",
    "restartPolicyRules",
  ]);
});

it("is tried with every field that an autoscaler may have", () => {
  const served = RESOURCES.find(({ kind }) => kind === "HorizontalPodAutoscaler");
  if (served === undefined) throw new Error("no autoscalers are served");
  const { spec } = shapeOf(served) as { readonly spec: Shape };
  const tried = [...OTHER_FIELDS, ...SET].map(([, steps]) =>
    steps.filter((step) => typeof step === "string"),
  );

  const untried = paths(spec).filter((field) => !tried.some((steps) => begins(steps, field)));

  expect(untried).toEqual([]);
});

/** As deep as a metric has fields of its own: what is in targets and selectors is the same of each. */
function paths(shape: Shape, at: readonly string[] = ["spec"]): readonly (readonly string[])[] {
  if (typeof shape === "string" || at.length > 4) return [at];
  return Object.entries(shape).flatMap(([field, inner]) => paths(inner, [...at, field]));
}

function begins(steps: readonly unknown[], field: readonly string[]): boolean {
  return field.slice(0, 4).every((step, index) => steps[index] === step);
}
