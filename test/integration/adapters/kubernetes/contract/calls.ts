import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { CoreV1Api, CustomObjectsApi, type KubeConfig } from "@kubernetes/client-node";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh, Precondition } from "#src/ports/cluster/mesh.ts";
import type { Connected } from "./api.ts";

const RETRYABLE = { name: "RetryableError" };
const ANOTHER = "00000000-0000-0000-0000-000000000000";

function versionOf({ metadata }: KubernetesObject): Precondition {
  return { uid: metadata.uid ?? "", resourceVersion: metadata.resourceVersion ?? "" };
}

/**
 * What every `Mesh` keeps to, whatever is behind it: a namespace of its own per test, ConfigMaps and Istio's CRDs are
 * all it needs.
 */
export function describeMeshContract(name: string, connect: () => Connected): void {
  describe(`the mesh port over ${name}`, () => {
    let mesh: Mesh;
    let kubeConfig: KubeConfig;
    let namespace: string;
    beforeEach(async () => {
      ({ mesh, kubeConfig } = connect());
      namespace = `sallyport-contract-${randomBytes(4).toString("hex")}`;
      await mesh.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    });
    afterEach(() => mesh.delete({ kind: "Namespace", name: namespace }));

    function map(
      data: Record<string, string>,
      labels: Record<string, string> = {},
    ): KubernetesObject {
      return {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "m", namespace, labels },
        data,
      };
    }
    function entry(spec: Record<string, unknown> = {}): KubernetesObject {
      return {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "cnn", namespace },
        spec: {
          hosts: ["edition.cnn.com"],
          exportTo: ["."],
          location: "MESH_EXTERNAL",
          resolution: "STATIC",
          ports: [{ number: 443, name: "tls-443", protocol: "TLS" }],
          ...spec,
        },
      };
    }

    async function replaceAsRival(body: KubernetesObject): Promise<void> {
      await kubeConfig.makeApiClient(CustomObjectsApi).replaceNamespacedCustomObject({
        group: "networking.istio.io",
        version: "v1",
        namespace,
        plural: "serviceentries",
        name: body.metadata.name,
        body,
        fieldManager: "rival",
      });
    }
    function annotated(annotations: Record<string, string>): KubernetesObject {
      return { ...entry(), metadata: { ...entry().metadata, annotations } };
    }

    it("applies, reads back, and applying the same again writes nothing", async () => {
      const first = await mesh.apply(entry());
      const second = await mesh.apply(entry());
      const read = await mesh.get({ kind: "ServiceEntry", namespace, name: "cnn" });

      expect(read?.spec).toEqual(entry().spec);
      expect(read).toMatchObject({ apiVersion: "networking.istio.io/v1", kind: "ServiceEntry" });
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    it("removes what is no longer applied", async () => {
      await mesh.apply(map({ a: "1", b: "2" }));
      const after = await mesh.apply(map({ b: "2" }));

      expect(after.data).toEqual({ b: "2" });
    });

    it("answers a dry run with the merged object and stores nothing", async () => {
      const merged = await mesh.apply(entry(), { dryRun: true });

      expect(merged.spec).toEqual(entry().spec);
      expect(await mesh.get({ kind: "ServiceEntry", namespace, name: "cnn" })).toBeUndefined();
    });

    it.each([
      ["a misspelt field", { hsots: ["a.example.com"] }],
      ["an unknown resolution", { resolution: "MAYBE" }],
      ["a port out of range", { ports: [{ number: 70_000, name: "p", protocol: "TLS" }] }],
    ])("throws InvalidObject for %s, also in a dry run", async (_, spec) => {
      const refused = { name: "FatalError", code: "InvalidObject" };

      await expect(mesh.apply(entry(spec), { dryRun: true })).rejects.toMatchObject(refused);
      await expect(mesh.apply(entry(spec))).rejects.toMatchObject(refused);
    });

    it("leaves another manager's field alone until forced", async () => {
      await kubeConfig.makeApiClient(CoreV1Api).createNamespacedConfigMap({
        namespace,
        body: { metadata: { name: "m" }, data: { a: "theirs" } },
        fieldManager: "rival",
      });

      await expect(mesh.apply(map({ a: "ours" }))).rejects.toMatchObject({
        name: "FatalError",
        code: "FieldConflict",
      });
      const forced = await mesh.apply(map({ a: "ours" }), { force: true });
      expect(forced.data).toEqual({ a: "ours" });
    });

    it("takes out what another manager added to a spec, and only from the version that was seen", async () => {
      const added = { subjectAltNames: ["other.example.com"] };
      const ours = await mesh.apply(entry());
      await replaceAsRival({ ...ours, spec: { ...entry().spec, ...added, resolution: "DNS" } });

      const merged = await mesh.apply(entry(), { force: true });
      expect(merged.spec).toEqual({ ...entry().spec, ...added });
      const tried = await mesh.restore(entry(), merged, { dryRun: true });
      expect(tried.spec).toEqual(entry().spec);
      await expect(mesh.restore(entry(), ours)).rejects.toMatchObject({ name: "RetryableError" });
      await mesh.restore(entry(), merged);

      const now = await mesh.get({ kind: "ServiceEntry", namespace, name: "cnn" });
      expect(now?.spec).toEqual(entry().spec);
    });

    it("takes out an annotation it made itself and that is over, and leaves one of somebody else", async () => {
      const [ours, over] = ["sallyport.dev/grant-eg-00001", "sallyport.dev/grant-eg-00002"];
      const theirs = { "sallyport.dev/note": "theirs" };
      const made = await mesh.create(annotated({ [ours]: "EG-00001", [over]: "EG-00002" }));
      const annotations = { ...made.metadata.annotations, ...theirs };
      await replaceAsRival({ ...made, metadata: { ...made.metadata, annotations } });

      const wanted = annotated({ [ours]: "EG-00001" });
      const merged = await mesh.apply(wanted, { force: true });
      await mesh.restore(wanted, merged);

      const now = await mesh.get({ kind: "ServiceEntry", namespace, name: "cnn" });
      expect(now?.metadata.annotations).toEqual({ [ours]: "EG-00001", ...theirs });
    });

    it("patches what it is told to, in the version that was seen, and nothing else", async () => {
      const seen = versionOf(await mesh.apply(map({ a: "1", b: "2" })));
      const ref = { kind: "ConfigMap", namespace, name: "m" } as const;

      const patched = await mesh.patch(ref, { data: { a: null, c: "3" } }, seen);
      expect(patched.data).toEqual({ b: "2", c: "3" });
      await expect(mesh.patch(ref, { data: { b: "9" } }, seen)).rejects.toMatchObject(RETRYABLE);
      const other = { ...versionOf(patched), uid: ANOTHER };
      await expect(mesh.patch(ref, { data: { b: "9" } }, other)).rejects.toMatchObject(RETRYABLE);
      await expect(
        mesh.patch(ref, { metdata: { labels: {} } }, versionOf(patched)),
      ).rejects.toMatchObject({ name: "FatalError", code: "InvalidObject" });

      expect((await mesh.get(ref))?.data).toEqual({ b: "2", c: "3" });
    });

    it("patches a status alone", async () => {
      const seen = versionOf(await mesh.apply(entry()));
      const ref = { kind: "ServiceEntry", namespace, name: "cnn" } as const;
      const status = { conditions: [{ type: "Seen", status: "True" }] };

      await mesh.patch(ref, { status, spec: { resolution: "DNS" } }, seen, {
        subresource: "status",
      });

      expect(await mesh.get(ref)).toMatchObject({ status, spec: entry().spec });
    });

    it("never makes again what somebody deleted, where it was told which version it means", async () => {
      const seen = versionOf(await mesh.apply(map({ a: "1" })));
      const ref = { kind: "ConfigMap", namespace, name: "m" } as const;
      await mesh.delete(ref);
      const gone = { name: "FatalError", code: "Gone" };

      await expect(mesh.apply(map({ a: "2" }), { precondition: seen })).rejects.toMatchObject(
        RETRYABLE,
      );
      await expect(mesh.patch(ref, { data: { a: "2" } }, seen)).rejects.toMatchObject(gone);
      const late = map({ a: "2" });
      await expect(
        mesh.replace({ ...late, metadata: { ...late.metadata, ...seen } }),
      ).rejects.toMatchObject(gone);
      expect(await mesh.get(ref)).toBeUndefined();

      await mesh.create(map({ a: "3" }));
      await expect(
        mesh.apply(map({ a: "2" }), { precondition: seen, force: true }),
      ).rejects.toMatchObject(RETRYABLE);
      expect((await mesh.get(ref))?.data).toEqual({ a: "3" });
    });

    it("applies and replaces the version that was seen, once", async () => {
      const first = versionOf(await mesh.apply(map({ a: "1" })));
      const applied = await mesh.apply(map({ a: "2" }), { precondition: first });
      await expect(mesh.apply(map({ a: "3" }), { precondition: first })).rejects.toMatchObject(
        RETRYABLE,
      );

      const replaced = await mesh.replace({ ...applied, data: { b: "4" } });
      expect(replaced.data).toEqual({ b: "4" });
      await expect(mesh.replace({ ...applied, data: { b: "5" } })).rejects.toMatchObject(RETRYABLE);
      await expect(mesh.replace(map({}))).rejects.toMatchObject({ code: "Bug" });
    });

    it("says that a namespace is missing", async () => {
      const lost = { ...map({}), metadata: { name: "m", namespace: `${namespace}-not` } };

      await expect(mesh.create(lost)).rejects.toMatchObject({
        name: "FatalError",
        code: "NamespaceNotFound",
      });
    });

    it("creates once, and refuses a taken name", async () => {
      await mesh.create(map({}));

      await expect(mesh.create(map({}))).rejects.toMatchObject({
        name: "FatalError",
        code: "AlreadyExists",
      });
    });

    it("lists by label, with the kind on every object, sorted", async () => {
      await mesh.apply({
        ...map({}, { team: "x" }),
        metadata: { name: "b", namespace, labels: { team: "x" } },
      });
      await mesh.apply({
        ...map({}, { team: "x" }),
        metadata: { name: "a", namespace, labels: { team: "x" } },
      });
      await mesh.apply({ ...map({}), metadata: { name: "c", namespace } });

      const found = await mesh.list("ConfigMap", { namespace, labels: { team: "x" } });

      expect(found.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
        "ConfigMap a",
        "ConfigMap b",
      ]);
    });

    it("deletes, finds absence fine, and spares another object of the name", async () => {
      const { metadata } = await mesh.apply(map({}));
      const ref = { kind: "ConfigMap", namespace, name: "m" } as const;

      await mesh.delete(ref, { uid: ANOTHER });
      expect(await mesh.get(ref)).toBeDefined();
      await mesh.delete(ref, { uid: metadata.uid ?? "" });
      expect(await mesh.get(ref)).toBeUndefined();
      await mesh.delete(ref);
    });

    it("deletes only the version that was seen, where one is named", async () => {
      const seen = versionOf(await mesh.apply(map({ a: "1" })));
      const ref = { kind: "ConfigMap", namespace, name: "m" } as const;
      const changed = versionOf(await mesh.apply(map({ a: "2" })));

      await expect(mesh.delete(ref, seen)).rejects.toMatchObject(RETRYABLE);
      await mesh.delete(ref, changed);
      expect(await mesh.get(ref)).toBeUndefined();
    });

    it("knows the API server's time from its answers", async () => {
      await mesh.list("ConfigMap", { namespace });
      const first = mesh.serverTime() ?? 0;
      await mesh.until(new AbortController().signal).list("ConfigMap", { namespace });

      // The machine under test may have another clock, but not another decade.
      expect(Math.abs(first - Date.now())).toBeLessThan(365 * 86_400_000);
      expect(mesh.serverTime()).toBeGreaterThan(first - 1_000);
    });

    it("reads no log and no events where there are none", async () => {
      expect(await mesh.podLog({ namespace, pod: "none", container: "c" })).toEqual({
        lines: [],
        isWhole: true,
      });
      expect(await mesh.events({ kind: "ConfigMap", namespace, name: "m" })).toEqual([]);
    });

    it("says what we may do", async () => {
      expect(await mesh.may("create", "ConfigMap", { namespace })).toBe(true);
    });
  });
}
