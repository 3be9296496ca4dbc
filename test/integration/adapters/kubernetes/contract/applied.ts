import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ObjectKind } from "#src/domain/kubernetes-object.ts";
import type {
  KubernetesObject,
  ManagedFieldsEntry,
} from "#test/simulators/kubernetes/stored-object.ts";
import { Api, APPLY, type Connected, JSON_PATCH, MERGE, type Reply } from "./api.ts";

const PORT = { name: "tls-443", number: 443, protocol: "TLS" };

/** Nulls, wrong types, empty maps and keys that are there twice, of kinds that are not ours. */
export function describeApplied(name: string, connect: () => Connected): void {
  describe(`what is written of kinds that others define, by ${name}:`, () => {
    let api: Api;
    let count = 0;
    beforeAll(async () => {
      api = new Api(connect().kubeConfig);
      await api.open([]);
    });
    afterAll(() => api.close());

    function entry(spec: object = {}, metadata: object = {}): KubernetesObject {
      count += 1;
      return {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: `entry-${count}`, ...metadata },
        spec: { hosts: ["a.example.com"], resolution: "STATIC", ports: [PORT], ...spec },
      };
    }
    function gateway(selector?: object): KubernetesObject {
      const server = { port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] };
      return {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: `gateway-${count}` },
        spec: { servers: [server], ...(selector === undefined ? {} : { selector }) },
      };
    }
    function post(object: KubernetesObject): Promise<Reply> {
      return api.send(`POST ${api.path(object.kind as ObjectKind)}`, { body: object });
    }
    function patch(object: KubernetesObject, body: unknown, type: string): Promise<Reply> {
      const { kind, metadata } = object;
      return api.send(`PATCH ${api.path(kind as ObjectKind, metadata.name)}?fieldManager=other`, {
        body,
        type,
      });
    }
    function put(object: KubernetesObject, spec: object, metadata: object = {}): Promise<Reply> {
      const body = { ...object, metadata: { ...object.metadata, ...metadata }, spec };
      return api.send(`PUT ${api.path(object.kind as ObjectKind, object.metadata.name)}`, { body });
    }
    function apply(object: KubernetesObject, manager = "first", force = true): Promise<Reply> {
      const path = api.path(object.kind as ObjectKind, object.metadata.name);
      const query = `fieldManager=${manager}&force=${force}`;
      return api.send(`PATCH ${path}?${query}`, { body: object, type: APPLY });
    }

    it.each([
      ["a list of labels", { labels: [] }],
      ["a number as label", { labels: { a: 1 } }],
      ["an object as annotation", { annotations: { a: {} } }],
    ])("%s cannot be read: 400, of a patch 422, applied 500", async (_what, metadata) => {
      const made = await api.make("ServiceEntry", entry());
      const [operation] = Object.entries(metadata).map(([field, value]) => ({
        op: "add",
        path: `/metadata/${field}`,
        value,
      }));
      const replies = [
        await post(entry({}, metadata)),
        await put(made, made.spec ?? {}, metadata),
        await patch(made, { metadata }, MERGE),
        await patch(made, [operation], JSON_PATCH),
        await apply(entry({}, metadata)),
      ];

      expect(replies.map(({ code }) => code)).toEqual([400, 400, 422, 422, 500]);
    });

    it("a null among labels is an empty text, no labels are none", async () => {
      const one = await post(entry({}, { labels: { a: null }, annotations: null }));
      const none = await post(entry({}, { labels: {} }));

      expect([one.code, none.code]).toEqual([201, 201]);
      expect(one.object.metadata.labels).toEqual({ a: "" });
      expect(one.object.metadata).not.toHaveProperty("annotations");
      expect(none.object.metadata).not.toHaveProperty("labels");
    });

    it("a null is dropped, however it is written", async () => {
      const made = await post(entry({ exportTo: null, ports: [{ ...PORT, targetPort: null }] }));
      const { object } = made;
      const replaced = await put(object, { ...object.spec, exportTo: null });
      const ports = [{ ...PORT, targetPort: null }];
      const merged = await patch(object, { spec: { ports } }, MERGE);
      const operation = { op: "add", path: "/spec/exportTo", value: null };
      const patched = await patch(object, [operation], JSON_PATCH);

      expect(object.spec).toEqual(entry().spec);
      for (const { code, object: after } of [replaced, merged, patched])
        expect([code, after.spec]).toEqual([200, entry().spec]);
    });

    it("but refused where it is applied, or stands in a list", async () => {
      const applied = await apply(entry({ exportTo: null }));
      const listed = await post(entry({ exportTo: [null] }));

      expect([applied.code, listed.code]).toEqual([422, 422]);
      expect(applied.causes).toContainEqual(
        expect.objectContaining({ reason: "FieldValueTypeInvalid", field: "spec.exportTo" }),
      );
    });

    it("a value of another type: 422, applied 500", async () => {
      const spec = { hosts: "a.example.com" };

      expect((await post(entry(spec))).code).toBe(422);
      expect((await apply(entry(spec))).code).toBe(500);
    });

    it("one name for two ports: 422, applied 500", async () => {
      const ports = [PORT, { ...PORT, number: 8443 }];
      const made = await post(entry({ ports }));
      const applied = await apply(entry({ ports }));

      expect(made.causes).toContainEqual(
        expect.objectContaining({ reason: "FieldValueDuplicate", field: "spec.ports[1]" }),
      );
      expect([made.code, applied.code]).toEqual([422, 500]);
      expect(applied.message).toContain('duplicate entries for key [name="tls-443"]');
    });

    it("a map that an apply empties goes, where nobody owns it", async () => {
      count += 1;
      await apply(gateway({ a: "1" }));
      const emptied = await apply(gateway());

      expect(emptied.code).toBe(200);
      expect(emptied.object.spec).not.toHaveProperty("selector");
    });

    it.each<readonly [who: string, own: (object: KubernetesObject) => Promise<Reply>]>([
      ["whoever made it", post],
      ["somebody who applied it empty", () => apply(gateway({}), "second")],
    ])("one that %s owns becomes null, and is refused", async (_who, own) => {
      count += 1;
      await own(gateway({ a: "1" }));
      await apply(gateway({ a: "2" }));
      const emptied = await apply(gateway());

      expect(emptied.code).toBe(422);
      expect(emptied.causes).toContainEqual(
        expect.objectContaining({ reason: "FieldValueTypeInvalid", field: "spec.selector" }),
      );
    });

    it("and so does one that is applied empty by who filled it", async () => {
      count += 1;
      await apply(gateway({ a: "1" }));

      expect((await apply(gateway({}))).code).toBe(422);
    });

    it("an empty map that is applied over what others own takes nothing away, and is no conflict", async () => {
      count += 1;
      await apply(gateway({ a: "1" }));
      const { code, object } = await apply(gateway({}), "second", false);

      expect([code, object.spec?.["selector"]]).toEqual([200, { a: "1" }]);
    });

    it("labels that are emptied go, whoever owns them", async () => {
      const object = entry({}, { labels: { a: "1" } });
      await post(object);
      await apply(object);
      const { labels: _, ...metadata } = object.metadata;
      const { code, object: after } = await apply({ ...object, metadata });
      const left = await patch(object, { metadata: { labels: { a: null } } }, MERGE);

      // Who made it still owns the label.
      expect([code, after.metadata.labels]).toEqual([200, { a: "1" }]);
      expect(left.object.metadata).not.toHaveProperty("labels");
    });

    it("who makes an object owns its maps and lists as well, who applies it what is in them", async () => {
      const object = entry({}, { labels: { a: "1" } });
      const made = await api.send(`POST ${api.path("ServiceEntry")}?fieldManager=maker`, {
        body: object,
      });
      const applied = await apply(entry({}, { labels: { a: "1" } }));

      const element = { "f:name": {}, "f:number": {}, "f:protocol": {}, ".": {} };
      const spec = { "f:hosts": {}, "f:resolution": {} };
      const key = 'k:{"name":"tls-443"}';
      expect(fieldsOf(made)).toEqual({
        "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
        "f:spec": { ".": {}, ...spec, "f:ports": { ".": {}, [key]: element } },
      });
      expect(fieldsOf(applied)).toEqual({
        "f:metadata": { "f:labels": { "f:a": {} } },
        "f:spec": { ...spec, "f:ports": { [key]: element } },
      });
    });
  });
}

function fieldsOf({ object }: Reply): ManagedFieldsEntry["fieldsV1"] | undefined {
  return object.metadata.managedFields?.[0]?.fieldsV1;
}
