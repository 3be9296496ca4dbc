import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";
import { eventually } from "#test/support/eventually.ts";
import { aDefinition, Api, APPLY, type Connected, MERGE, type Reply } from "./api.ts";
import { aGrant, anEnd } from "./samples.ts";

/** What holds Leases up, and what takes things away whole. */
function lease(of: string, holderIdentity: string, more: object = {}): object {
  const spec = { holderIdentity, leaseDurationSeconds: 15, ...more };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: of }, spec };
}

export function describeLeases(name: string, connect: () => Connected): void {
  describe(`Leases and deletions of a whole, by ${name}:`, () => {
    let api: Api;
    beforeAll(async () => {
      api = new Api(connect().kubeConfig);
      await api.open(SHIPPED_CRDS);
    });
    afterAll(() => api.close());

    function write(method: string, of: string, body: object, query = ""): Promise<Reply> {
      const path = api.path("Lease", method === "POST" ? "" : of);
      const type = method === "PATCH" ? APPLY : "application/json";
      return api.send(`${method} ${path}${query}`, { body, type });
    }

    it("one of several that make it holds it", async () => {
      const tried = ["a", "b", "c", "d"].map((each) => write("POST", "made", lease("made", each)));
      const codes = (await Promise.all(tried)).map(({ code }) => code);

      expect(codes.toSorted((one, other) => one - other)).toEqual([201, 409, 409, 409]);
    });

    it("one of several that take the version they saw holds it", async () => {
      const { object } = await write("POST", "taken", lease("taken", "nobody"));
      const { metadata } = object;
      const tried = ["a", "b", "c"].map((each) =>
        write("PUT", "taken", { ...lease("taken", each), metadata }),
      );
      const codes = (await Promise.all(tried)).map(({ code }) => code);

      expect(codes.toSorted((one, other) => one - other)).toEqual([200, 409, 409]);
    });

    it("all of several that apply it with force are told they hold it", async () => {
      const codes: number[] = [];
      for (const each of ["a", "b"]) {
        const query = `?fieldManager=${each}&force=true`;
        codes.push((await write("PATCH", "forced", lease("forced", each), query)).code);
      }

      expect(codes).toEqual([201, 200]);
    });

    it("a PUT makes it; without a version of what is there: 422", async () => {
      expect((await write("PUT", "put", lease("put", "a"))).code).toBe(201);
      expect((await write("PUT", "put", lease("put", "b"))).code).toBe(422);
    });

    it("its times have six digits of a second", async () => {
      const short = { renewTime: "2026-01-01T09:00:00.000Z" };
      const whole = { renewTime: "2026-01-01T09:00:00.000000Z" };

      expect((await write("POST", "short", lease("short", "a", short))).code).toBe(400);
      expect((await write("POST", "whole", lease("whole", "a", whole))).code).toBe(201);
    });

    it("a namespace that goes takes Leases and lets no new ones be, while grants wait and still take an end", async () => {
      const going = new Api(connect().kubeConfig);
      await going.open([]);
      const { status: _, ...grant } = aGrant("EG-50000");
      const finalizers = ["sallyport.dev/close"];
      const object = { ...grant, metadata: { ...grant.metadata, finalizers } };
      await going.make("EgressGrant", object);
      await going.make("Lease", lease("held", "a"));
      await going.close();

      await eventually(async () => {
        expect(await going.read("Lease", "held")).toBeUndefined();
      }, 60_000);
      const again = await going.send(`POST ${going.path("Lease")}`, { body: lease("held", "a") });
      expect(again.code).toBe(403);
      expect(again.causes.map(({ reason }) => reason)).toEqual(["NamespaceTerminating"]);
      const waiting = await going.read("EgressGrant", "eg-50000");
      expect(waiting?.metadata.deletionTimestamp).toBeDefined();
      const path = going.path("EgressGrant", "eg-50000");
      const ended = await going.send(`PATCH ${path}`, {
        body: { metadata: { finalizers: [] }, spec: { end: { "EG-50000": anEnd() } } },
        type: MERGE,
      });
      expect(ended.code).toBe(200);
      await eventually(async () => {
        expect(await going.read("Namespace", going.namespace)).toBeUndefined();
      }, 60_000);
    }, 150_000);

    it("a definition that goes says so before its objects do, lets no new ones be and waits for them", async () => {
      const group = `${api.namespace}.example.com`;
      const definition = aDefinition(group);
      const of = definition.metadata.name;
      const objects = `/apis/${group}/v1/namespaces/${api.namespace}/things`;
      await api.make("CustomResourceDefinition", definition);
      const thing = { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "one" } };
      await eventually(async () => {
        expect((await api.send(`GET ${objects}`)).code).toBe(200);
      }, 60_000);
      const finalizers = ["example.com/kept"];
      const body = { ...thing, metadata: { ...thing.metadata, finalizers } };
      expect((await api.send(`POST ${objects}`, { body })).code).toBe(201);

      await api.send(`DELETE ${api.path("CustomResourceDefinition", of)}`);
      const going = await api.read("CustomResourceDefinition", of);
      expect(going?.metadata.deletionTimestamp).toBeDefined();
      expect(going?.status?.["conditions"]).toContainEqual(
        expect.objectContaining({ type: "Terminating", status: "True" }),
      );
      await eventually(async () => {
        const { object } = await api.send(`GET ${objects}/one`);
        expect(object.metadata.deletionTimestamp).toBeDefined();
      }, 60_000);
      const other = { ...thing, metadata: { name: "two" } };
      const made = await api.send(`POST ${objects}`, { body: other });
      const query = "?fieldManager=contract&force=true";
      const applied = await api.send(`PATCH ${objects}/two${query}`, { body: other, type: APPLY });
      for (const { code, message } of [made, applied])
        expect([code, message]).toEqual([403, expect.stringContaining("is terminating")]);

      const freed = { body: { metadata: { finalizers: [] } }, type: MERGE };
      expect((await api.send(`PATCH ${objects}/one`, freed)).code).toBe(200);
      await eventually(async () => {
        expect(await api.read("CustomResourceDefinition", of)).toBeUndefined();
        expect((await api.send(`GET ${objects}`)).code).toBe(404);
      }, 90_000);
    }, 240_000);
  });
}
