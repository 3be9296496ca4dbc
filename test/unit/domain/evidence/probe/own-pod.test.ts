import { describe, expect, it } from "@jest/globals";
import { notAsAsked, notOwnPod } from "#src/domain/evidence/probe/own-pod.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

const PROBE = {
  name: "probe",
  image: `curl@${DIGEST}`,
  command: ["sh", "-c", "ask"],
  env: [{ name: "NONCE", value: "abc" }],
};
const ASKED: KubernetesObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "probe", namespace: "team-x" },
  spec: { containers: [PROBE] },
};

type Json = Record<string, unknown>;

function made(change: Json = {}, spec: Json = {}): KubernetesObject {
  const sidecar = { name: "istio-proxy", image: "proxy" };
  return {
    ...ASKED,
    metadata: { ...ASKED.metadata, uid: "one" },
    spec: { initContainers: [sidecar], containers: [{ ...PROBE, ...change }], ...spec },
  };
}

const RAN = { imageID: `docker.io/library/curl@${DIGEST}`, restartCount: 0 };

function ran(change: Json = {}): KubernetesObject {
  return { ...made(), status: { containerStatuses: [{ name: "probe", ...RAN, ...change }] } };
}

describe("the pod that was made", () => {
  it("is the one that is there, bound to a node and run to its end", () => {
    const bound = { ...ran(), spec: { ...made().spec, nodeName: "node-1" } };

    expect(notOwnPod(made(), bound)).toBeUndefined();
    expect(notAsAsked(ASKED, made(), bound)).toBeUndefined();
  });

  it.each<[string, KubernetesObject]>([
    ["another of its name", { ...ran(), metadata: { ...ASKED.metadata, uid: "two" } }],
    ["one without a UID", { ...ran(), metadata: ASKED.metadata }],
    ["its image changed", made({ image: "mine" })],
    [
      "its sidecar's image changed",
      made({}, { initContainers: [{ name: "istio-proxy", image: "mine" }] }),
    ],
    ["its sidecar gone", made({}, { initContainers: [] })],
    [
      "somebody's container in it",
      made({}, { ephemeralContainers: [{ name: "debug", image: "mine" }] }),
    ],
    ["its container started again", ran({ restartCount: 1 })],
  ])("is not: %s", (_name, found) => {
    expect(notOwnPod(made(), found)).toEqual(expect.any(String));
  });

  it("is nobody's where the API server gave no UID", () => {
    expect(notOwnPod(ASKED, ASKED)).toEqual(expect.any(String));
  });
});

describe("what admission makes of a probe", () => {
  it("may be more, also an image from a mirror", () => {
    const more = {
      image: `mirror/curl@${DIGEST}`,
      env: [
        { name: "MORE", value: "1" },
        { name: "NONCE", value: "abc" },
      ],
    };

    expect(notAsAsked(ASKED, made(more))).toBeUndefined();
  });

  it.each<[string, KubernetesObject, KubernetesObject]>([
    ["another command", made({ command: ["true"] }), ran()],
    ["arguments", made({ args: ["-c", "true"] }), ran()],
    ["another word for it", made({ env: [{ name: "NONCE", value: "abd" }] }), ran()],
    ["no such container", made({ name: "other" }), ran()],
    [
      "another image than its digest says",
      made(),
      ran({ imageID: `curl@sha256:${"b".repeat(64)}` }),
    ],
  ])("is not what was asked for: %s", (_name, object, found) => {
    expect(notAsAsked(ASKED, object, found)).toEqual(expect.any(String));
  });
});
