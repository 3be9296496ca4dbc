import { z } from "zod";
import {
  isOurKind,
  type KubernetesObject,
  type ObjectKind,
} from "#src/domain/kubernetes-object.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { ListFilter } from "#src/ports/cluster/mesh.ts";
import type { Listed } from "#src/ports/cluster/watch.ts";
import type { ApiClient } from "./api-client.ts";
import { AnyObject, collectionPath, send, typed } from "./mesh-transport.ts";

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
const PAGE = "500";

const List = z.object({
  metadata: z.object({ continue: z.string().optional(), resourceVersion: z.string() }),
  items: z.array(AnyObject).nullish(),
});

/** The objects of every page; all pages are of the first one's version. */
export async function listObjects(
  client: ApiClient,
  kind: ObjectKind,
  where: ListFilter = {},
): Promise<Listed> {
  const found: KubernetesObject[] = [];
  const labels = Object.entries(where.labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  let version: string;
  let next: string | undefined;
  do {
    const answer = await send(client, `listing ${kind}`, {
      method: "GET",
      path: collectionPath(kind, where.namespace),
      query: {
        limit: PAGE,
        ...(labels === "" ? {} : { labelSelector: labels }),
        ...(next === undefined ? {} : { continue: next }),
      },
    });
    const { metadata, items } = List.parse(JSON.parse(answer.text));
    found.push(...(items ?? []).map((item) => typed(kind, item)));
    version = metadata.resourceVersion;
    next = metadata.continue === "" ? undefined : metadata.continue;
  } while (next !== undefined);
  return { objects: found.toSorted(byPlace), resourceVersion: version };
}

/** Nothing, where the kind's CRD is not installed; but of our own kinds that must never be taken for nothing. */
export async function listServed(
  client: ApiClient,
  kind: ObjectKind,
  where?: ListFilter,
): Promise<readonly KubernetesObject[]> {
  try {
    return (await listObjects(client, kind, where)).objects;
  } catch (error) {
    const notServed = error instanceof FatalError && error.code === "KindNotServed";
    if (notServed && !isOurKind(kind)) return [];
    throw error;
  }
}

export function byPlace(one: KubernetesObject, other: KubernetesObject): number {
  return placeOf(one) < placeOf(other) ? -1 : 1;
}

export function placeOf({ metadata }: Pick<KubernetesObject, "metadata">): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
