import { randomUUID } from "node:crypto";
import { isSameJson } from "./json-tree.ts";
import type { ObjectStore } from "./object-store.ts";
import type { KubernetesObject } from "./stored-object.ts";

interface EventContent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Writes a core/v1 Event; the same one again only counts up. Cluster-scoped objects' events are in `default`. */
export function recordEvent(
  store: ObjectStore,
  about: KubernetesObject,
  { type, reason, message }: EventContent,
): void {
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const now = store.now();
  const where = namespace ?? "default";
  const same = store
    .list("Event", where)
    .find((each) =>
      isSameJson(
        [each["reason"], each["message"], (each["involvedObject"] as { uid?: string }).uid],
        [reason, message, uid],
      ),
    );
  if (same !== undefined) {
    store.put({ ...same, count: Number(same["count"]) + 1, lastTimestamp: now });
    return;
  }
  store.put({
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: `${name}.${randomUUID().replaceAll("-", "").slice(0, 16)}`,
      namespace: where,
    },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    },
    type,
    reason,
    message,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: "simulator" },
  });
}
