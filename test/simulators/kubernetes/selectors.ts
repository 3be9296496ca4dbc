import { badRequest } from "./api-failure.ts";
import type { Resource } from "./resources.ts";
import type { KubernetesObject } from "./stored-object.ts";

type Test = (object: KubernetesObject) => boolean;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
export function labelTest(selector: string | null): Test {
  if (selector === null || selector === "") return () => true;
  // A comma inside `in (a,b)` separates no requirements.
  const tests = selector.split(/,(?![^(]*\))/).map((text) => requirement(text.trim()));
  return ({ metadata }) => tests.every((test) => test(metadata.labels ?? {}));
}

function requirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? "\0") === (operator === "in");
  }
  const pair = /^([^!=\s]+)\s*(!=|==?)\s*(\S*)$/.exec(text);
  if (pair !== null) {
    const [, key = "", operator, value] = pair;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const presence = /^(!?)([^!=\s()]+)$/.exec(text);
  if (presence === null) throw badRequest(`unable to parse requirement: ${text}`);
  const [, not, key = ""] = presence;
  return (labels) => Object.hasOwn(labels, key) === (not === "");
}

const EVERYWHERE = ["metadata.name", "metadata.namespace"];
const ABOUT = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
const OF_KIND: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
  ],
  Event: [...ABOUT.map((field) => `involvedObject.${field}`), "reason", "type", "source"],
  Namespace: ["status.phase"],
};

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/ */
export function fieldTest(
  selector: string | null,
  { kind, selectable = [] }: Pick<Resource, "kind" | "selectable">,
): Test {
  if (selector === null || selector === "") return () => true;
  const supported = [...EVERYWHERE, ...(OF_KIND[kind] ?? []), ...selectable];
  const tests = selector.split(",").map((text): Test => {
    const [, path = text, operator, value] = /^([^!=]+)(!=|==?)(.*)$/.exec(text) ?? [];
    if (operator === undefined || !supported.includes(path))
      throw badRequest(`field label not supported: ${path}`);
    return (object) => (valueAt(object, path) === value) === (operator !== "!=");
  });
  return (object) => tests.every((test) => test(object));
}

function valueAt(object: KubernetesObject, path: string): string {
  let value: unknown = object;
  for (const word of path.split("."))
    value = (value as Record<string, unknown> | undefined)?.[word];
  return typeof value === "string" ? value : "";
}
