import type { Cause } from "../api-failure.ts";
import type { KubernetesObject } from "../stored-object.ts";
import { ruleCauses } from "./rule-causes.ts";
import type { Schema } from "./schema.ts";
import { type Place, schemaCauses } from "./schema-causes.ts";

interface Change {
  readonly object: KubernetesObject;
  readonly live: KubernetesObject | undefined;
  readonly subresource: string | undefined;
}

/**
 * What is wrong with a custom object by its definition: by the schema, of which an update of `/status` sees the status
 * alone, and then by the rules, of which it sees all.
 */
export function customCauses(schema: Schema, change: Change): readonly Cause[] {
  const whole: Place = {
    value: visible(change.object),
    old: change.live === undefined ? undefined : visible(change.live),
    schema,
    path: "",
  };
  const wrong = schemaCauses(change.subresource === "status" ? statusOf(whole, change) : whole);
  return wrong.length > 0 ? wrong : ruleCauses(whole);
}

/** Of metadata a schema and its rules see the name alone. */
function visible(object: KubernetesObject): KubernetesObject {
  const { name, generateName } = object.metadata;
  return {
    ...object,
    metadata: { name, ...(generateName === undefined ? {} : { generateName }) },
  };
}

function statusOf({ schema }: Place, { object, live }: Change): Place {
  const { status = {} } = schema.properties ?? {};
  return object.status === undefined
    ? { value: {}, old: undefined, schema: {}, path: "status" }
    : { value: object.status, old: live?.status, schema: status, path: "status" };
}
