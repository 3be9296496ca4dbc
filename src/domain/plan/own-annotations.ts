import { z } from "zod";
import { isRecord } from "../json.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";

const PREFIX = "sallyport.dev/";

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
const Owned = z.array(
  z.object({
    manager: z.string(),
    fieldsV1: z.looseObject({
      "f:metadata": z
        .looseObject({ "f:annotations": z.record(z.string(), z.unknown()).optional() })
        .optional(),
    }),
  }),
);

/**
 * Annotations of ours that an object should not have any more. Under our prefix somebody else may have written one too:
 * that is theirs, which only the managed fields can tell.
 */
export function outdatedAnnotations(
  { metadata }: KubernetesObject,
  desired: KubernetesObject,
): readonly string[] {
  const wanted = desired.metadata.annotations ?? {};
  const surplus = Object.keys(metadata.annotations ?? {}).filter(
    (key) => key.startsWith(PREFIX) && !Object.hasOwn(wanted, key),
  );
  if (surplus.length === 0) return [];
  const entries = Owned.safeParse(managedByUs(metadata.managedFields)).data ?? [];
  const owned = new Set(
    entries.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1["f:metadata"]?.["f:annotations"] ?? {})),
  );
  return surplus.filter((key) => owned.has(`f:${key}`));
}

function managedByUs(entries: unknown): readonly unknown[] {
  if (!Array.isArray(entries)) return [];
  return entries.filter((entry: unknown) => isRecord(entry) && entry["manager"] === "sallyport");
}
