import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { eventually } from "#test/support/eventually.ts";
import { aDefinition, Api, APPLY, type Connected, MERGE, type Reply } from "./api.ts";
import { aGrant, envelope } from "./samples.ts";

const KIND = "EgressGrant";

/** What an API server makes of the values it is given. */
export function describeValues(name: string, connect: () => Connected): void {
  describe(`values of our kinds, by ${name}:`, () => {
    let api: Api;
    let count = 40_000;
    beforeAll(async () => {
      api = new Api(connect().kubeConfig);
      await api.open(SHIPPED_CRDS);
    });
    afterAll(() => api.close());

    function sample(change: Readonly<Record<string, unknown>> = {}): KubernetesObject {
      count += 1;
      const { status: _, ...object } = aGrant(`EG-${count}`);
      return { ...object, spec: { ...object.spec, ...change } };
    }
    function post(body: unknown, query = ""): Promise<Reply> {
      return api.send(`POST ${api.path(KIND)}${query}`, { body });
    }
    async function withConditions(types: readonly string[]): Promise<Reply> {
      const object = await api.make(KIND, sample());
      return writeConditions(object, types);
    }
    function writeConditions(
      { metadata }: KubernetesObject,
      types: readonly string[],
    ): Promise<Reply> {
      const at = { lastTransitionTime: "2026-01-01T09:00:00Z", reason: "Seen", message: "" };
      const conditions = types.map((type) => ({ type, status: "True", ...at }));
      const path = api.path(KIND, metadata.name, "status");
      return api.send(`PATCH ${path}`, { body: { status: { conditions } }, type: MERGE });
    }

    it("a time is taken in lower case too, and with any character before its fraction", async () => {
      for (const at of ["2026-01-01t09:00:00z", "2026-01-01T09:00:00,5Z"]) {
        const { object } = await post(sample());
        const { id } = object.spec as { readonly id: string };
        const end = { [id]: { cause: "revoked", at, statement: envelope("end", "e") } };
        const path = api.path(KIND, object.metadata.name);
        const written = await api.send(`PATCH ${path}`, { body: { spec: { end } }, type: MERGE });

        expect([written.code, written.object.spec]).toMatchObject([200, { end: { [id]: { at } } }]);
      }
      const notAtAll = { endsAt: "2026-01-01T09:60:00Z" };
      expect((await post(sample(notAtAll))).code).toBe(422);
    });

    it("an unknown field is dropped with a warning, and refused where that is asked for", async () => {
      const unknown = { unheardOf: 1 };
      const dropped = await post(sample(unknown));
      expect([dropped.code, dropped.warnings]).toEqual([
        201,
        expect.stringContaining('unknown field \\"spec.unheardOf\\"'),
      ]);
      expect(dropped.object.spec).not.toHaveProperty("unheardOf");

      expect((await post(sample(unknown), "?fieldValidation=Strict")).code).toBe(400);
      const path = api.path(KIND, dropped.object.metadata.name);
      const merge = { body: { spec: unknown }, type: MERGE };
      expect((await api.send(`PATCH ${path}?fieldValidation=Strict`, merge)).code).toBe(422);
      const apply = { body: sample(unknown), type: APPLY };
      const query = "?fieldManager=contract&fieldValidation=Strict";
      const { code } = await api.send(`PATCH ${api.path(KIND, `eg-${count}`)}${query}`, apply);
      expect(code).toBe(500);
    });

    it("a null is dropped", async () => {
      const { code, object } = await post(sample({ follows: null }));

      expect(code).toBe(201);
      expect(object.spec).not.toHaveProperty("follows");
    });

    it("a list is let past where a time should be, but for a rule that reads it", async () => {
      const object = await api.make(KIND, sample());
      const path = api.path(KIND, object.metadata.name, "status");
      function written(status: object): Promise<Reply> {
        return api.send(`PATCH ${path}`, { body: { status }, type: MERGE });
      }
      const removal = { verdict: "passed", statement: envelope("removal") };
      const noRule = await written({ removal: { ...removal, at: [] } });
      const number = await written({ removal: { ...removal, at: 1 } });
      await written({ endsAt: "2029-01-01T00:00:00Z" });
      const rule = await written({ endsAt: [] });

      expect([noRule.code, number.code, rule.code]).toEqual([200, 422, 422]);
    });

    it("a lone surrogate is stored as U+FFFD", async () => {
      const body = JSON.stringify(sample({ reason: "HERE" })).replace("HERE", String.raw`a\ud800b`);
      const { code, object } = await post(body);

      expect([code, object.spec?.["reason"]]).toEqual([201, "a\ufffdb"]);
    });

    it("lengths are counted in code points", async () => {
      expect((await post(sample({ reason: "\u{1f600}".repeat(4000) }))).code).toBe(201);
      expect((await post(sample({ reason: "\u{1f600}".repeat(4001) }))).code).toBe(422);
    });

    it("a list with keys may be put in another order; one key twice is refused", async () => {
      const { code, object } = await withConditions(["Applied", "Active"]);
      const turned = await writeConditions(object, ["Active", "Applied"]);

      expect([code, turned.code]).toEqual([200, 200]);
      expect((await withConditions(["Active", "Active"])).code).toBe(422);
    });

    it("an immutable list may not be put in another order", async () => {
      const { metadata, spec } = await api.make(KIND, sample());
      const asked: unknown = spec?.["grants"];
      if (!Array.isArray(asked)) throw new Error("the sample has no grants");
      const grants: unknown[] = asked.toReversed();
      const path = api.path(KIND, metadata.name);

      const { code } = await api.send(`PATCH ${path}`, { body: { spec: { grants } }, type: MERGE });
      expect(code).toBe(422);
    });

    it("what was there before a definition became tighter stays, until it is changed itself", async () => {
      const group = `${api.namespace}.example.com`;
      const text = { type: "string", maxLength: 100 };
      function properties(a: object): object {
        return { type: "object", properties: { a, b: text } };
      }
      const { metadata } = await api.make(
        "CustomResourceDefinition",
        aDefinition(group, properties(text)),
      );
      const objects = `/apis/${group}/v1/namespaces/${api.namespace}/things`;
      const thing = { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "one" } };
      function patch(spec: object): Promise<Reply> {
        return api.send(`PATCH ${objects}/one`, { body: { spec }, type: MERGE });
      }
      await eventually(async () => {
        const body = { ...thing, spec: { a: "long" } };
        expect([201, 409]).toContain((await api.send(`POST ${objects}`, { body })).code);
      }, 60_000);
      const tighter = aDefinition(group, properties({ ...text, maxLength: 3 }));
      const path = api.path("CustomResourceDefinition", metadata.name);
      const written = await api.send(`PATCH ${path}`, {
        body: { spec: tighter.spec },
        type: MERGE,
      });
      expect(written.code).toBe(200);

      // Each time another one: what was taken before the definition came into force is no change any more.
      let tries = 0;
      await eventually(async () => {
        tries += 1;
        expect((await patch({ a: `other-${tries}` })).code).toBe(422);
      }, 60_000);
      expect((await patch({ b: "new" })).code).toBe(200);
      await api.send(`DELETE ${path}`);
    }, 150_000);

    it("a field selector may name what the definition says", async () => {
      const { metadata } = await api.make(KIND, sample({ team: "selected" }));
      const selected = await api.send(`GET ${api.path(KIND)}?fieldSelector=spec.team%3Dselected`);
      const refused = await api.send(`GET ${api.path(KIND)}?fieldSelector=spec.reason%3Dnews`);

      const { items } = selected.object as unknown as { items: readonly KubernetesObject[] };
      expect(items.map((item) => item.metadata.name)).toEqual([metadata.name]);
      expect(refused.code).toBe(400);
    });
  });
}
