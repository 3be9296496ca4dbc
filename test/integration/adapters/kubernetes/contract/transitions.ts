import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { OWN_KINDS, type OwnKind } from "#src/domain/definitions.ts";
import { isRecord, mergePatchTo } from "#src/domain/json.ts";
import {
  rulesIn,
  type Rule,
  type Schema,
} from "#test/simulators/kubernetes/custom-resources/schema.ts";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { Api, APPLY, type Connected, JSON_PATCH, MERGE, type Reply } from "./api.ts";
import { ACCEPTED, type Change, changed, ofRequest, REFUSED } from "./changes.ts";
import { aCluster, aGateway, aGrant } from "./samples.ts";

/** The rules of each kind as they are shipped, wherever in its schema. */
const RULES: ReadonlyMap<OwnKind, readonly Rule[]> = new Map(
  OWN_KINDS.map((kind) => [kind, rulesIn(schemaOf(kind))]),
);

/** Of the version we use. */
export function schemaOf(kind: OwnKind): Schema {
  const found = SHIPPED_CRDS.map(({ spec }) => spec as unknown as DefinitionSpec).find(
    ({ names }) => names.kind === kind,
  );
  const schema = found?.versions[0]?.schema.openAPIV3Schema;
  if (schema === undefined) throw new Error(`no definition of ${kind}`);
  return schema;
}

interface DefinitionSpec {
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
}

type Way = (
  api: Api,
  before: KubernetesObject,
  after: KubernetesObject,
  change: Change,
) => Promise<Reply>;

/** Every way to write an object that is there. */
const WAYS: Readonly<Record<string, Way>> = {
  put: (api, before, after, change) =>
    api.send(`PUT ${placeOf(api, change, before)}`, { body: after }),
  merge: (api, before, after, change) =>
    api.send(`PATCH ${placeOf(api, change, before)}`, {
      body: mergePatchTo(before, after),
      type: MERGE,
    }),
  json: (api, before, _, change) =>
    api.send(`PATCH ${placeOf(api, change, before)}`, {
      body: [operation(before, change)],
      type: JSON_PATCH,
    }),
  apply: (api, before, after, change) =>
    api.send(`PATCH ${placeOf(api, change, before)}?fieldManager=contract&force=true`, {
      body: { ...after, metadata: { name: before.metadata.name } },
      type: APPLY,
    }),
};

function placeOf(api: Api, { kind, path }: Change, { metadata }: KubernetesObject): string {
  return api.path(kind, metadata.name, path.startsWith("/status") ? "status" : "");
}

/** Apply takes nothing away that another manager set. */
function waysOf(before: KubernetesObject, after: KubernetesObject): readonly string[] {
  const takesAway = JSON.stringify(mergePatchTo(before, after)).includes("null");
  return Object.keys(WAYS).filter((way) => way !== "apply" || !takesAway);
}

function operation(before: KubernetesObject, { path, value }: Change): object {
  if (value === undefined) return { op: "remove", path };
  let found: unknown = before;
  for (const key of path.split("/").slice(1))
    found =
      isRecord(found) || Array.isArray(found) ? (found as Record<string, unknown>)[key] : undefined;
  return { op: found === undefined ? "add" : "replace", path, value };
}

export function describeTransitions(name: string, connect: () => Connected): void {
  describe(`the rules of our definitions, by ${name}:`, () => {
    let api: Api;
    let count = 10_000;
    beforeAll(async () => {
      api = new Api(connect().kubeConfig);
      await api.open(SHIPPED_CRDS);
    });
    afterAll(() => api.close());

    /** A new object of the kind, whole but for what the change needs to be absent. */
    function sample({ kind, without }: Change): KubernetesObject {
      count += 1;
      const whole =
        kind === "EgressGrant"
          ? aGrant(`EG-${count}`)
          : kind === "EgressGateway"
            ? aGateway(`egw-${count}`)
            : aCluster();
      return without.reduce((object, path) => changed(object, { path, value: undefined }), whole);
    }

    async function stored(change: Change, object: KubernetesObject): Promise<KubernetesObject> {
      const { kind } = change;
      // There is one of a namespace.
      if (kind === "EgressCluster") await api.send(`DELETE ${api.path(kind, "cluster")}`);
      const { status, ...rest } = object;
      const made = await api.make(kind, rest);
      const path = api.path(kind, made.metadata.name, "status");
      const {
        code,
        object: after,
        message,
      } = await api.send(`PATCH ${path}`, {
        body: { status },
        type: MERGE,
      });
      if (code !== 200) throw new Error(`writing a status: ${code} ${message}`);
      return after;
    }

    it.each(OWN_KINDS)("each rule of %s has a change that it refuses", (kind) => {
      const tried = REFUSED.filter((change) => change.kind === kind).map(({ rule }) => rule);
      const messages = (RULES.get(kind) ?? []).map(({ message }) => message);

      expect(new Set(tried)).toEqual(new Set(messages));
    });

    it.each(REFUSED)("$kind, $rule: not $path", async (row) => {
      const sampled = sample(row);
      const before = await stored(row, sampled);
      const change = bound(row, before);
      const after = changed(before, change);
      const replies = new Map<string, Reply>();
      if (change.path.startsWith("/metadata"))
        replies.set("post", await post(change, changed(sampled, change)));
      else {
        for (const way of waysOf(before, after))
          replies.set(way, await (WAYS[way] as Way)(api, before, after, change));
      }
      if (change.making && !replies.has("post"))
        replies.set("post", await post(change, changed(sampled, change)));

      const wrong = [...replies].filter(([, reply]) => !isRefusedBy(reply, change));
      expect(wrong.map(([way, { code, text }]) => `${way}: ${code} ${text.slice(0, 300)}`)).toEqual(
        [],
      );
      const now = await api.read(change.kind, before.metadata.name);
      expect(now?.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    function post({ kind }: Change, object: KubernetesObject): Promise<Reply> {
      const { status: _, ...made } = object;
      return api.send(`POST ${api.path(kind)}?dryRun=All`, { body: made });
    }

    it.each(ACCEPTED)("$kind lets $path be $value", async (row) => {
      for (const way of Object.keys(WAYS)) {
        const before = await stored(row, sample(row));
        const change = bound(row, before);
        const after = changed(before, change);
        if (!waysOf(before, after).includes(way)) continue;
        const reply = await (WAYS[way] as Way)(api, before, after, change);

        expect(`${way} ${reply.code} ${reply.message}`).toBe(`${way} 200 `);
        expect(reply.object.metadata.generation).toBe(
          (before.metadata.generation ?? 0) + (change.path.startsWith("/status") ? 0 : 1),
        );
      }
    });
  });
}

function bound(change: Change, object: KubernetesObject): Change {
  const id = object.spec?.["id"];
  return typeof id === "string" ? ofRequest(change, id) : change;
}

/** What a refusal says of a duplicate is the value, not the rule's words. */
function isRefusedBy({ code, causes, message }: Reply, { kind, rule }: Change): boolean {
  const reason = RULES.get(kind)?.find((each) => each.message === rule)?.reason;
  const named =
    reason === "FieldValueDuplicate"
      ? causes.some((cause) => cause.reason === reason)
      : rule !== undefined && message.includes(rule);
  return code === 422 && named;
}
