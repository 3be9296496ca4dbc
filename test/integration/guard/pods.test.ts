import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { refusalOf } from "#test/support/fence/attempt.ts";
import { allowed } from "#test/support/fence/attempts.ts";
import { heldBack } from "#test/support/fence/fenced-server.ts";
import { samples } from "#test/support/fence/samples.ts";
import { EVERYBODY, type Guarded, type Person, planted, startGuarded } from "./guarded-server.ts";

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

function podOf({ labels, annotations, hostNetwork }: Pod, namespace = "team-x"): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "shop", namespace, labels, annotations },
    spec: {
      containers: [{ name: "shop", image: "registry.example/shop" }],
      ...(hostNetwork === undefined ? {} : { hostNetwork }),
    },
  };
}

function pathOf({ metadata }: KubernetesObject): string {
  return `/api/v1/namespaces/${metadata.namespace ?? ""}/pods`;
}

let guarded: Guarded;
beforeAll(async () => {
  guarded = await startGuarded();
}, 60_000);
afterAll(() => guarded.server.close());

/** With and without Istio's CNI plug-in. */
function setWebhook(added: Texts): void {
  guarded.server.setInjector((pod) => ({
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...added, ...pod.metadata.annotations } },
  }));
}

async function created(by: Person, object: KubernetesObject): Promise<string | undefined> {
  guarded.server.store.delete("Pod", object.metadata.namespace, object.metadata.name);
  return guarded.send(by, { method: "POST", path: pathOf(object), body: object });
}

describe("the guard of a team's pods", () => {
  it.each([
    ["without Istio's CNI plug-in", {}],
    ["with Istio's CNI plug-in", BY_WEBHOOK],
  ])(
    "refuses whatever goes round the mesh when it is made, %s",
    async (_what, added) => {
      setWebhook(added);
      await fc.assert(
        fc.asyncProperty(pods, somebody, async (pod, by) => {
          const why = await created(by, podOf(pod));

          expect(why !== undefined).toBe(isRefused(pod, by));
          expect(why ?? "sallyport-guard-pods-team-x").toContain("sallyport-guard-pods-team-x");
        }),
        { numRuns: 300 },
      );
    },
    120_000,
  );

  it("is not told otherwise by what a pod says of its managedFields", async () => {
    setWebhook({});
    const fields = { "f:metadata": { "f:annotations": { "f:harmless": {} } } };
    const entry = {
      manager: "shop",
      operation: "Update",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
    };
    const said = fc.constantFrom(
      [],
      [{}],
      [{ ...entry, fieldsV1: fields }],
      [
        { ...entry, operation: "Apply", fieldsV1: fields },
        { ...entry, fieldsV1: {} },
      ],
    );
    await fc.assert(
      fc.asyncProperty(pods, said, async (pod, managedFields) => {
        const { metadata, ...rest } = podOf(pod);
        const why = await created("member", { ...rest, metadata: { ...metadata, managedFields } });

        expect(why !== undefined).toBe(isRefused(pod, "member"));
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it("refuses what a change adds, and leaves alone what was there before", async () => {
    setWebhook({});
    await fc.assert(
      fc.asyncProperty(pods, pods, somebody, async (before, pod, by) => {
        const { hostNetwork } = before;
        const after = { ...pod, hostNetwork };
        const { resourceVersion } = planted(guarded, podOf(before)).metadata;
        const { metadata, ...rest } = podOf(after);
        const why = await guarded.send(by, {
          method: "PUT",
          path: `${pathOf(podOf(after))}/shop`,
          body: { ...rest, metadata: { ...metadata, resourceVersion } },
        });

        expect(why !== undefined).toBe(isRefused(after, by, before));
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  it("says nothing of deletions, of a pod's status, and of other namespaces", async () => {
    setWebhook({});
    await fc.assert(
      fc.asyncProperty(pods, somebody, async (pod, by) => {
        const object = planted(guarded, podOf(pod));
        const path = `${pathOf(object)}/shop`;
        const elsewhere = podOf(pod, "team-y");
        const said = [
          await guarded.send(by, { method: "PUT", path: `${path}/status`, body: object }),
          await guarded.send(by, { method: "DELETE", path }),
          await created(by, elsewhere),
        ];

        expect(said).toEqual([undefined, undefined, undefined]);
      }),
      { numRuns: 50 },
    );
  }, 120_000);
});

it("lets Sallyport do all it does: its objects and its probes", async () => {
  setWebhook(BY_WEBHOOK);
  const fenced = heldBack(guarded.server, "worker");
  guarded.server.installCrds("egressgateway.kubernetes.azure.com");
  const attempts = allowed(await samples(fenced.worker));
  const kept: string[] = [];
  for (const attempt of attempts) {
    const why = await refusalOf(fenced, attempt);
    if (why !== undefined) kept.push(`${attempt.what}: ${why}`);
  }

  expect(kept).toEqual([]);
  expect(attempts.length).toBeGreaterThan(100);
}, 120_000);
