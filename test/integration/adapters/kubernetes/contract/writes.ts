import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { Api, APPLY, type Connected, JSON_PATCH, MERGE, type Reply, STRATEGIC } from "./api.ts";
import { aGrant, anEnd } from "./samples.ts";

const KIND = "EgressGrant";
const ANOTHER = "00000000-0000-0000-0000-000000000000";

/** What an API server does with writes of custom resources, whatever their rules. */
export function describeWrites(name: string, connect: () => Connected): void {
  describe(`writes of our kinds, by ${name}:`, () => {
    let api: Api;
    let count = 30_000;
    beforeAll(async () => {
      api = new Api(connect().kubeConfig);
      await api.open(SHIPPED_CRDS);
    });
    afterAll(() => api.close());

    function sample(): KubernetesObject {
      count += 1;
      const { status: _, ...object } = aGrant(`EG-${count}`);
      return object;
    }
    function made(object = sample()): Promise<KubernetesObject> {
      return api.make(KIND, object);
    }
    function applied(object: KubernetesObject, query = ""): Promise<Reply> {
      const path = `${api.path(KIND, object.metadata.name)}?fieldManager=late&force=true${query}`;
      return api.send(`PATCH ${path}`, { body: object, type: APPLY });
    }
    function patched(name_: string, body: unknown, type = MERGE): Promise<Reply> {
      return api.send(`PATCH ${api.path(KIND, name_)}`, { body, type });
    }
    function deleted({ metadata }: KubernetesObject): Promise<Reply> {
      return api.send(`DELETE ${api.path(KIND, metadata.name)}`);
    }

    it("a late apply makes a deleted object again, unless it names its uid", async () => {
      const before = await made();
      const { name: of, uid, resourceVersion } = before.metadata;
      await deleted(before);
      const typed = typeOf(before);
      function late(metadata: object): KubernetesObject {
        return { ...typed, metadata: { name: of, ...metadata } };
      }

      expect((await applied(late({ uid }))).code).toBe(409);
      expect((await applied(late({ uid, resourceVersion }))).code).toBe(409);
      expect(await api.read(KIND, of)).toBeUndefined();
      const again = await applied(late({ resourceVersion }));
      expect(again.code).toBe(201);
      expect(again.object.metadata.uid).not.toBe(uid);
    });

    it("an apply to what is there: 409 for a stale version, 422 for another uid", async () => {
      const object = await made();
      const { name: of } = object.metadata;
      const stale = { ...typeOf(object), metadata: { name: of, resourceVersion: "1" } };
      const other = { ...typeOf(object), metadata: { name: of, uid: ANOTHER } };

      expect((await applied(stale)).code).toBe(409);
      expect((await applied(other)).code).toBe(422);
    });

    it("an equal apply keeps the version", async () => {
      const object = sample();
      const first = await applied(object);
      const second = await applied(object);

      expect([first.code, second.code]).toEqual([201, 200]);
      expect(second.object.metadata.resourceVersion).toBe(first.object.metadata.resourceVersion);
    });

    it("a conflict of managers is told before what is wrong with the object", async () => {
      const { apiVersion, kind, spec, metadata } = await made();
      const body = {
        apiVersion,
        kind,
        metadata: { name: metadata.name },
        spec: { ...spec, reason: "another" },
      };
      const path = `${api.path(KIND, metadata.name)}?fieldManager=late`;

      expect((await api.send(`PATCH ${path}`, { body, type: APPLY })).code).toBe(409);
    });

    it.each([
      ["merge patch", MERGE, { spec: {} }],
      ["JSON patch", JSON_PATCH, [{ op: "remove", path: "/spec/end" }]],
    ])("a %s of what is not there: 404", async (_, type, body) => {
      expect((await patched("eg-00000", body, type)).code).toBe(404);
    });

    it("a strategic patch: 415", async () => {
      const { metadata } = await made();

      expect((await patched(metadata.name, { spec: {} }, STRATEGIC)).code).toBe(415);
    });

    it("a PUT: 404 of what is not there, 422 without a version, 409 with a stale one or another uid", async () => {
      const object = await made();
      const { resourceVersion: _, ...unversioned } = object.metadata;
      function put(metadata: object, of = object.metadata.name): Promise<Reply> {
        return api.send(`PUT ${api.path(KIND, of)}`, { body: { ...object, metadata } });
      }

      expect((await put({ name: "eg-00000" }, "eg-00000")).code).toBe(404);
      expect((await put(unversioned)).code).toBe(422);
      expect((await put({ ...object.metadata, resourceVersion: "1" })).code).toBe(409);
      expect((await put({ ...object.metadata, uid: ANOTHER })).code).toBe(409);
    });

    it("gives each object a uid of its own and drops its status when it is made", async () => {
      const { status } = aGrant("EG-00000");
      const object = sample();
      const after = await made({
        ...object,
        metadata: { ...object.metadata, uid: ANOTHER },
        status: status ?? {},
      });

      expect(after.metadata.uid).not.toBe(ANOTHER);
      expect(after.status).toBeUndefined();
    });

    it("changes the status alone through /status, and all but it elsewhere", async () => {
      const { metadata } = await made();
      const body = {
        metadata: { labels: { a: "b" }, finalizers: ["example.com/kept"] },
        spec: { endsAt: "2027-01-01T00:00:00Z" },
        status: { state: "active" },
      };
      const through = await api.send(`PATCH ${api.path(KIND, metadata.name, "status")}`, {
        body,
        type: MERGE,
      });
      expect(through.object.spec?.["endsAt"]).toBe("2030-01-01T00:00:00Z");
      expect(through.object.metadata.finalizers).toBeUndefined();
      expect(through.object.metadata.generation).toBe(1);
      expect(through.object.status).toEqual({ state: "active" });

      const beside = await patched(metadata.name, { ...body, status: { state: "ended" } });
      expect(beside.object.spec?.["endsAt"]).toBe("2027-01-01T00:00:00Z");
      expect(beside.object.status).toEqual({ state: "active" });
    });

    it("a deletion waits for finalizers, is not taken back, and an end can still be set", async () => {
      const object = sample();
      const finalizers = ["sallyport.dev/close"];
      const { metadata } = await made({
        ...object,
        metadata: { ...object.metadata, finalizers },
      });
      const of = metadata.name;
      const going = await deleted(object);
      const { generation, deletionTimestamp } = (await api.read(KIND, of))?.metadata ?? {};

      expect([going.code, generation]).toEqual([200, 2]);
      expect(deletionTimestamp).toBeDefined();
      const back = await patched(of, { metadata: { deletionTimestamp: null } });
      expect(back.object.metadata.deletionTimestamp).toBe(deletionTimestamp);
      const added = [...finalizers, "example.com/more"];
      expect((await patched(of, { metadata: { finalizers: added } })).code).toBe(422);
      const again = await api.send(`POST ${api.path(KIND)}`, { body: object });
      expect([again.code, again.message]).toEqual([
        409,
        expect.stringContaining("object is being deleted"),
      ]);
      const id = String(object.spec?.["id"]);
      expect((await patched(of, { spec: { end: { [id]: anEnd() } } })).code).toBe(200);
      expect((await patched(of, { metadata: { finalizers: [] } })).code).toBe(200);
      expect(await api.read(KIND, of)).toBeUndefined();
      expect((await made(object)).metadata.uid).not.toBe(metadata.uid);
    });

    it("deletes the object that is meant alone", async () => {
      const object = await made();
      const body = { preconditions: { uid: ANOTHER } };

      const reply = await api.send(`DELETE ${api.path(KIND, object.metadata.name)}`, { body });
      expect(reply.code).toBe(409);
      expect(await api.read(KIND, object.metadata.name)).toBeDefined();
    });
  });
}

/** What an apply of the same again would send, but for its metadata. */
function typeOf({ apiVersion, kind, spec = {} }: KubernetesObject) {
  return { apiVersion, kind, spec };
}
