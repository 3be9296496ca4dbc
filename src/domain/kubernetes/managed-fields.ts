import { z } from "zod";
import { isRecord, type JsonRecord } from "../json.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";

/** As whom Sallyport writes. */
export const FIELD_MANAGER = "sallyport";

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
const Entry = z.object({
  manager: z.string(),
  time: z.string().default(""),
  subresource: z.string().optional(),
  fieldsV1: z.record(z.string(), z.unknown()).default({}),
});
type Entry = z.infer<typeof Entry>;

/** Who wrote which fields of an object; what says nothing that can be read is left out. */
export function managedFields({ metadata }: KubernetesObject): readonly Entry[] {
  const entries = metadata.managedFields;
  return Array.isArray(entries) ? entries.flatMap((each) => Entry.safeParse(each).data ?? []) : [];
}

/** What an entry has under `f:metadata`, `f:NAME`; undefined where it has nothing there. */
export function managedMetadata({ fieldsV1 }: Entry, name: string): JsonRecord | undefined {
  const metadata = fieldsV1["f:metadata"];
  const found = isRecord(metadata) ? metadata[`f:${name}`] : undefined;
  return isRecord(found) ? found : undefined;
}
