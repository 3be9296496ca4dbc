import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { wouldRefuse } from "#src/domain/guard/would-refuse.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { refusalOf } from "#test/support/fence/attempt.ts";
import { allowed } from "#test/support/fence/attempts.ts";
import { heldBack } from "#test/support/fence/fenced-server.ts";
import { samples } from "#test/support/fence/samples.ts";
import { type ApiServer } from "#test/simulators/kubernetes/https-server.ts";
import {
  EVERYBODY,
  guardIn,
  guardInReal,
  type Guarded,
  pathOf,
  type Person,
  startServer,
} from "./guarded-server.ts";

type Texts = Readonly<Record<string, string>>;

interface Pod {
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly hostNetwork: boolean | undefined;
}

const STATIC_GATEWAY = "kubernetes.azure.com/static-gateway-configuration";
const INJECT = "sidecar.istio.io/inject";

/** What Istio's webhook writes on every pod where its CNI plug-in runs. */
const BY_WEBHOOK: Texts = {
  "sidecar.istio.io/interceptionMode": "REDIRECT",
  "traffic.sidecar.istio.io/includeInboundPorts": "*",
  "traffic.sidecar.istio.io/excludeInboundPorts": "15020",
  "traffic.sidecar.istio.io/includeOutboundIPRanges": "*",
};

const word = fc.stringMatching(/^[a-zA-Z]{1,12}$/);
const capture = fc.record({
  key: fc.oneof(
    word,
    fc.constantFrom("excludeOutboundPorts", "includeOutboundIPRanges", "excludeInterfaces"),
  ),
  value: fc.constantFrom("", "*", "443", "0.0.0.0/0"),
});
const injected = fc.constantFrom("true", "", "false", "False", "no", "off", "0", "TRUE");
const texts = fc
  .record(
    {
      [INJECT]: injected,
      "sallyport.dev/probe": fc.constant("true"),
      app: word,
      "sidecar.istio.io/proxyCPU": fc.constant("100m"),
    },
    { requiredKeys: [] },
  )
  .map((record) => record as Texts);
const pods: fc.Arbitrary<Pod> = fc.record({
  labels: texts,
  annotations: fc
    .tuple(
      texts,
      fc.option(capture, { nil: undefined, freq: 3 }),
      fc.option(word, { nil: undefined, freq: 4 }),
    )
    .map(([plain, ofCapture, ofGateway]) => ({
      ...plain,
      ...(ofCapture === undefined
        ? {}
        : { [`traffic.sidecar.istio.io/${ofCapture.key}`]: ofCapture.value }),
      ...(ofGateway === undefined ? {} : { [STATIC_GATEWAY]: ofGateway }),
    })),
  hostNetwork: fc.constantFrom(undefined, undefined, undefined, false, true),
});
const somebody = fc.constantFrom(...EVERYBODY);

/** What a pod asks for that goes round the mesh. */
function roundabouts({ labels, annotations, hostNetwork }: Pod): Readonly<Record<string, string>> {
  const optOuts = Object.entries({ label: labels, annotation: annotations }).flatMap(
    ([where, { [INJECT]: value = "" }]) =>
      ["", "true"].includes(value) ? [] : [[`inject by ${where}`, value]],
  );
  const others = Object.entries(annotations).filter(
    ([key]) => key.startsWith("traffic.sidecar.istio.io/") || key === STATIC_GATEWAY,
  );
  return Object.fromEntries([
    ...optOuts,
    ...others,
    ...(hostNetwork === true ? [["hostNetwork", "true"]] : []),
  ]) as Texts;
}

/** A probe may be without a sidecar, and no more. */
function isRefused(pod: Pod, by: Person, before?: Pod): boolean {
  const isProbe =
    (by === "worker" || by === "exempt") && pod.labels["sallyport.dev/probe"] === "true";
  const had = before === undefined ? {} : roundabouts(before);
  return Object.entries(roundabouts(pod)).some(
    ([what, value]) => had[what] !== value && !(isProbe && what.startsWith("inject")),
  );
}

function podOf(
  { labels, annotations, hostNetwork }: Pod,
  { namespace = "team-x", name = "shop" } = {},
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels, annotations },
    spec: {
      containers: [{ name: "shop", image: "registry.example/shop" }],
      ...(hostNetwork === undefined ? {} : { hostNetwork }),
    },
  };
}

async function created(
  guarded: Guarded,
  by: Person,
  object: KubernetesObject,
): Promise<string | undefined> {
  await guarded.remove(object);
  return guarded.send(by, { method: "POST", path: pathOf(object), body: object });
}

/** From before the guard: whatever they ask for. */
const OLD = fc.sample(pods, 40);
const NAMES = OLD.map((_, index) => `old-${index}`);

function change(before: Texts, after: Texts): Readonly<Record<string, string | null>> {
  const gone = Object.keys(before).map((key) => [key, null] as const);
  return { ...Object.fromEntries(gone), ...after };
}

function describeGuard(
  name: string,
  connect: (before: readonly KubernetesObject[]) => Promise<Guarded>,
): void {
  describe(`the guard of a team's pods, in ${name}`, () => {
    let guarded: Guarded;
    beforeAll(async () => {
      guarded = await connect(OLD.map((pod, index) => podOf(pod, { name: `old-${index}` })));
    }, 60_000);
    afterAll(() => guarded.close());

    it("refuses whatever goes round the mesh when it is made", async () => {
      await fc.assert(
        fc.asyncProperty(pods, somebody, async (pod, by) => {
          const why = await created(guarded, by, podOf(pod));

          expect(why !== undefined).toBe(isRefused(pod, by));
          expect(why ?? "sallyport-guard-pods-team-x").toContain("sallyport-guard-pods-team-x");
        }),
        { numRuns: 300 },
      );
    }, 120_000);

    it("refuses what is named beforehand, and nothing else", async () => {
      await fc.assert(
        fc.asyncProperty(pods, async (pod) => {
          const object = podOf(pod);
          const isNamed = wouldRefuse([object], ["team-x"]).length > 0;

          expect((await created(guarded, "member", object)) !== undefined).toBe(isNamed);
        }),
        { numRuns: 200 },
      );
    }, 120_000);

    it("is not told otherwise by what a pod says of its managedFields", async () => {
      await fc.assert(
        fc.asyncProperty(pods, said, async (pod, managedFields) => {
          const { metadata, ...rest } = podOf(pod);
          const object = { ...rest, metadata: { ...metadata, managedFields } };

          expect((await created(guarded, "member", object)) !== undefined).toBe(
            isRefused(pod, "member"),
          );
        }),
        { numRuns: 200 },
      );
    }, 120_000);

    it("refuses what a change adds, and leaves alone what was there before", async () => {
      const now = new Map(NAMES.map((each, index) => [each, OLD[index]]));
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...NAMES), pods, somebody, async (which, pod, by) => {
          const before = now.get(which);
          if (before === undefined) throw new Error(`no pod ${which}`);
          const after = { ...pod, hostNetwork: before.hostNetwork };
          const object = podOf(after, { name: which });
          const why = await guarded.send(by, {
            method: "PATCH",
            path: `${pathOf(object)}/${which}`,
            body: {
              metadata: {
                labels: change(before.labels, after.labels),
                annotations: change(before.annotations, after.annotations),
              },
            },
            contentType: "application/merge-patch+json",
          });
          if (why === undefined) now.set(which, after);

          expect(why !== undefined).toBe(isRefused(after, by, before));
        }),
        // A failing case depends on those before it.
        { numRuns: 300, endOnFailure: true },
      );
    }, 120_000);

    it("says nothing of other namespaces, of a pod's status, and of deletions", async () => {
      for (const [index, pod] of OLD.entries()) {
        const path = `${pathOf(podOf(pod))}/old-${index}`;
        const body = { status: { phase: "Failed" } };
        const contentType = "application/merge-patch+json";
        const found = [
          await created(guarded, "member", podOf(pod, { namespace: "team-y" })),
          await guarded.send("member", {
            method: "PATCH",
            path: `${path}/status`,
            body,
            contentType,
          }),
          await guarded.send("member", { method: "DELETE", path }),
        ];

        expect(found).toEqual([undefined, undefined, undefined]);
      }
    }, 120_000);
  });
}

const fields = { "f:metadata": { "f:annotations": { "f:harmless": {} } } };
const entry = { manager: "shop", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1" };
/** What a client may say of who wrote what, which is the API server's to say. */
const said = fc.constantFrom<readonly object[]>(
  [],
  [{}],
  [{ ...entry, fieldsV1: fields }],
  [{ ...entry, subresource: "status", fieldsV1: fields }],
  [
    { ...entry, operation: "Apply", fieldsV1: fields },
    { ...entry, fieldsV1: {} },
  ],
);

let server: ApiServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describeGuard("the simulated API server", (before) => guardIn(server, before));

// oxlint-disable-next-line node/no-process-env -- how docs/testing.md says it is named
const kubeconfig = process.env["SALLYPORT_CONTRACT_KUBECONFIG"];
if (kubeconfig !== undefined)
  describeGuard("a real API server", (before) => guardInReal(kubeconfig, before));

describe("where Istio's webhook writes on every pod, as with its CNI plug-in,", () => {
  let guarded: Guarded;
  beforeAll(async () => {
    guarded = await guardIn(server);
    server.setInjector((pod) => ({
      ...pod,
      metadata: { ...pod.metadata, annotations: { ...BY_WEBHOOK, ...pod.metadata.annotations } },
    }));
  }, 60_000);

  it("the guard refuses what a pod's maker sent, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(pods, somebody, async (pod, by) => {
        const why = await created(guarded, by, podOf(pod));

        expect(why !== undefined).toBe(isRefused(pod, by));
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  it("the guard lets Sallyport do all it does: its objects and its probes", async () => {
    const fenced = heldBack(server, "worker");
    server.installCrds("egressgateway.kubernetes.azure.com");
    const attempts = allowed(await samples(fenced.worker));
    const kept: string[] = [];
    for (const attempt of attempts) {
      const why = await refusalOf(fenced, attempt);
      if (why !== undefined) kept.push(`${attempt.what}: ${why}`);
    }

    expect(kept).toEqual([]);
    expect(attempts.length).toBeGreaterThan(100);
  }, 120_000);
});
