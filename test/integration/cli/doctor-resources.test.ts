import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { complaints, openSurgery, type Surgery } from "./surgery.ts";

let surgery: Surgery;

beforeAll(async () => {
  surgery = await openSurgery();
}, 120_000);
afterAll(async () => {
  await surgery[Symbol.asyncDispose]();
});

const KIND = "CustomResourceDefinition";
const INSTALL = "`npx sallyport crds | kubectl apply -f -`";

async function withDefinition(
  name: string,
  change: (object: KubernetesObject) => KubernetesObject | undefined,
): Promise<Awaited<ReturnType<Surgery["doctor"]>>> {
  const { store } = surgery.installation.kubernetes;
  const before = store.get(KIND, undefined, name);
  if (before === undefined) throw new Error(`no ${name}`);
  const after = change(before);
  if (after === undefined) store.delete(KIND, undefined, name);
  else store.put(after);
  return surgery.doctor().finally(() => store.put(before));
}

describe("sallyport doctor, of the custom resources", () => {
  it.each([
    ["that is missing", (): undefined => undefined, `not installed; ${INSTALL}`],
    [
      "that is older",
      (object: KubernetesObject): KubernetesObject => ({
        ...object,
        metadata: { ...object.metadata, labels: {} },
      }),
      `older than this version of Sallyport; ${INSTALL}`,
    ],
    [
      "that is not served",
      (object: KubernetesObject): KubernetesObject => ({
        ...object,
        spec: { ...object.spec, versions: [{ name: "v1alpha1", served: false }] },
      }),
      `not served in the version that is needed; ${INSTALL}`,
    ],
    [
      "that is being deleted",
      (object: KubernetesObject): KubernetesObject => ({
        ...object,
        status: {
          ...object.status,
          conditions: [{ type: "Terminating", status: "True" }],
        },
      }),
      `being deleted, which cannot be taken back: what is open stays open until it ends. Revoke what is left, wait until \`kubectl get crd\` does not list it any more, then ${INSTALL}`,
    ],
  ])("names a definition %s", async (_, change, words) => {
    const ran = await withDefinition("egressgateways.sallyport.dev", change);

    expect(complaints(ran)).toEqual([
      `WRONG   custom resources prod: egressgateways.sallyport.dev: ${words}`,
    ]);
    expect(ran.code).toBe(1);
  });

  it("names those it may not look at, once", async () => {
    const { denied } = surgery.installation.kubernetes;
    denied.push({ verb: "get", resource: "customresourcedefinitions" });
    const ran = await surgery.doctor().finally(() => void denied.splice(0));

    expect(complaints(ran)).toEqual([
      "WRONG   custom resources prod: egressgrants.sallyport.dev, egressgateways.sallyport.dev, egressclusters.sallyport.dev: " +
        "not allowed to get its CustomResourceDefinition; apply what `npx sallyport rbac` prints",
    ]);
    expect(ran.code).toBe(1);
  });
});
