import { z } from "zod";
import { type KubernetesObject, type ObjectRef, refKey } from "#src/domain/kubernetes-object.ts";
import { answerError } from "./answer-error.ts";
import type { ApiClient } from "./api-client.ts";
import { collectionPath, objectIn, objectPath, refOf, send } from "./mesh-transport.ts";

const FIELD_MANAGER = "sallyport";

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

export async function applyObject(
  client: ApiClient,
  object: KubernetesObject,
  { dryRun = false, force = false }: ApplyOptions = {},
): Promise<KubernetesObject> {
  const ref = refOf(object);
  const answer = await send(client, `applying ${refKey(ref)}${dryRun ? " (dry run)" : ""}`, {
    method: "PATCH",
    path: objectPath(ref),
    query: {
      fieldManager: FIELD_MANAGER,
      fieldValidation: "Strict",
      force: String(force),
      ...(dryRun ? { dryRun: "All" } : {}),
    },
    body: object,
    // JSON is YAML. https://kubernetes.io/docs/reference/using-api/server-side-apply/
    contentType: "application/apply-patch+yaml",
  });
  return objectIn(ref.kind, answer);
}

interface Restored {
  readonly object: KubernetesObject;
  readonly observed: KubernetesObject;
}

export async function restoreSpec(
  client: ApiClient,
  { object, observed }: Restored,
  { dryRun = false }: Pick<ApplyOptions, "dryRun"> = {},
): Promise<KubernetesObject> {
  const ref = refOf(object);
  const { uid, resourceVersion } = Version.parse(observed.metadata);
  const answer = await send(client, `restoring ${refKey(ref)}${dryRun ? " (dry run)" : ""}`, {
    method: "PATCH",
    path: objectPath(ref),
    query: {
      fieldManager: FIELD_MANAGER,
      fieldValidation: "Strict",
      ...(dryRun ? { dryRun: "All" } : {}),
    },
    body: {
      metadata: { uid, resourceVersion },
      spec: mergePatch(observed.spec ?? {}, object.spec ?? {}),
    },
    contentType: "application/merge-patch+json",
  });
  return objectIn(ref.kind, answer);
}

const Version = z.object({ uid: z.string(), resourceVersion: z.string() });

/** What makes `from` equal to `to`: null takes a field out, a list is replaced whole. https://www.rfc-editor.org/rfc/rfc7386 */
function mergePatch(from: Tree, to: Tree): Tree {
  const removed = Object.keys(from).filter((key) => !(key in to));
  const kept = Object.entries(to).map(([key, value]) => {
    const before = from[key];
    return [key, isTree(before) && isTree(value) ? mergePatch(before, value) : value];
  });
  return { ...Object.fromEntries(removed.map((key) => [key, null])), ...Object.fromEntries(kept) };
}

type Tree = Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export async function createObject(
  client: ApiClient,
  object: KubernetesObject,
): Promise<KubernetesObject> {
  const ref = refOf(object);
  const answer = await send(client, `creating ${refKey(ref)}`, {
    method: "POST",
    path: collectionPath(ref.kind, ref.namespace),
    query: { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" },
    body: object,
  });
  return objectIn(ref.kind, answer);
}

export async function deleteObject(
  client: ApiClient,
  ref: ObjectRef,
  precondition: { readonly uid: string } | undefined,
): Promise<void> {
  const gracePeriodSeconds = ref.kind === "Pod" ? { gracePeriodSeconds: 0 } : {};
  const answer = await send(
    client,
    `deleting ${refKey(ref)}`,
    {
      method: "DELETE",
      path: objectPath(ref),
      body: {
        kind: "DeleteOptions",
        apiVersion: "v1",
        ...gracePeriodSeconds,
        ...(precondition === undefined ? {} : { preconditions: precondition }),
      },
    },
    [404, 409],
  );
  // 409: another object has the name by now, and it is not the one that was meant.
  if (answer.status === 409 && precondition === undefined)
    throw answerError(`deleting ${refKey(ref)}`, answer);
}
