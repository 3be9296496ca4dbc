import { sameJson } from "../../canonical.ts";
import { isRecord, type JsonRecord } from "../../json.ts";
import { type KubernetesObject, refKey } from "../../kubernetes-object.ts";
import { FIELD_MANAGER, managedFields } from "../../kubernetes/managed-fields.ts";
import { someOf } from "../../some-of.ts";
import type { Change } from "../changes.ts";

/** What somebody else does to an object of ours, as far as the object tells: who, and to which fields. One sentence. */
export function whatIsDone({ subject, object, observed, action }: Change): string {
  const name = refKey(subject);
  if (action === "deleted")
    return `${name}, which nobody may have any more, is made again each time it is deleted; the object does not say by whom`;
  if (observed === undefined || object === undefined)
    return `${name} is deleted each time it is made; what is gone does not say by whom`;
  const paths = differences(observed, object);
  const fields = someOf(paths.map((path) => path.join(".")).toSorted(), 5);
  const writers = writersOf(observed, paths);
  return writers.length === 0
    ? `somebody changes ${fields} of ${name} each time; the object does not say who`
    : `${writers.join(", ")} changes ${fields} of ${name} each time`;
}

type Path = readonly string[];

function differences(observed: KubernetesObject, object: KubernetesObject): readonly Path[] {
  const ofSpec = differing(["spec"], observed.spec ?? {}, object.spec ?? {});
  const labels = Object.entries(object.metadata.labels ?? {})
    .filter(([key, value]) => observed.metadata.labels?.[key] !== value)
    .map(([key]) => ["metadata", "labels", key]);
  return ofSpec.length + labels.length === 0
    ? [["metadata", "annotations"]]
    : [...ofSpec, ...labels];
}

/** Lists are one field: in most of ours nothing tells their elements apart. */
function differing(path: Path, one: JsonRecord, other: JsonRecord): readonly Path[] {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => {
    const [was, is] = [one[key], other[key]];
    if (sameJson(was, is)) return [];
    return isRecord(was) && isRecord(is) ? differing([...path, key], was, is) : [[...path, key]];
  });
}

/** Who has one of these fields; where a field was taken out nobody has it, and then who wrote last. */
function writersOf(object: KubernetesObject, paths: readonly Path[]): readonly string[] {
  const others = managedFields(object).filter(
    ({ manager, subresource }) => manager !== FIELD_MANAGER && subresource === undefined,
  );
  const owners = others.filter(({ fieldsV1 }) => paths.some((path) => has(fieldsV1, path)));
  const newest = others.toSorted((one, other) => (one.time < other.time ? 1 : -1)).slice(0, 1);
  return [
    ...new Set((owners.length > 0 ? owners : newest).map(({ manager }) => manager)),
  ].toSorted();
}

function has(fields: JsonRecord, path: Path): boolean {
  let at: unknown = fields;
  for (const word of path) {
    if (!isRecord(at) || Object.keys(at).length === 0) return true;
    // Elements of a keyed list.
    if (Object.keys(at).every((key) => !key.startsWith("f:"))) return true;
    at = at[`f:${word}`];
    if (at === undefined) return false;
  }
  return true;
}
