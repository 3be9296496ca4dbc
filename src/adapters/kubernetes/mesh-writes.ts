import { FIELD_MANAGER } from "#src/domain/kubernetes/managed-fields.ts";
import { z } from "zod";
import { isRecord, type JsonRecord, mergePatchTo } from "#src/domain/json.ts";
import {
  type KubernetesObject,
  OBJECT_KINDS,
  type ObjectRef,
  refKey,
} from "#src/domain/kubernetes-object.ts";
import { outdatedAnnotations } from "#src/domain/plan/own-annotations.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Precondition } from "#src/ports/cluster/mesh.ts";
import { answerError, isAbsent } from "./answer-error.ts";
import type { ApiClient, ApiRequest } from "./api-client.ts";
import { collectionPath, objectIn, objectPath, refOf, send } from "./mesh-transport.ts";

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly precondition?: Precondition;
}

export async function applyObject(
  client: ApiClient,
  object: KubernetesObject,
  { dryRun = false, force = false, precondition }: ApplyOptions = {},
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
    // The uid alone keeps an apply from making a deleted object again, the version keeps it from an older plan.
    body: { ...object, metadata: { ...object.metadata, ...precondition } },
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
  const outdated = outdatedAnnotations(observed, object);
  const answer = await send(client, `restoring ${refKey(ref)}${dryRun ? " (dry run)" : ""}`, {
    method: "PATCH",
    path: objectPath(ref),
    query: {
      fieldManager: FIELD_MANAGER,
      fieldValidation: "Strict",
      ...(dryRun ? { dryRun: "All" } : {}),
    },
    body: {
      metadata: {
        uid,
        resourceVersion,
        ...(outdated.length === 0
          ? {}
          : { annotations: Object.fromEntries(outdated.map((key) => [key, null])) }),
      },
      spec: mergePatchTo(observed.spec ?? {}, object.spec ?? {}),
    },
    contentType: "application/merge-patch+json",
  });
  return objectIn(ref.kind, answer);
}

const Version = z.object({ uid: z.string(), resourceVersion: z.string() });

interface Patch {
  readonly ref: ObjectRef;
  readonly mergePatch: JsonRecord;
  readonly precondition: Precondition;
}

export async function patchObject(
  client: ApiClient,
  { ref, mergePatch: body, precondition }: Patch,
  { subresource }: { readonly subresource?: "status" } = {},
): Promise<KubernetesObject> {
  const { uid, resourceVersion } = precondition;
  const metadata = isRecord(body["metadata"]) ? body["metadata"] : {};
  return writeExisting(client, `patching ${refKey(ref)}`, {
    ref,
    method: "PATCH",
    path: `${objectPath(ref)}${subresource === undefined ? "" : `/${subresource}`}`,
    body: { ...body, metadata: { ...metadata, uid, resourceVersion } },
    contentType: "application/merge-patch+json",
  });
}

export async function replaceObject(
  client: ApiClient,
  object: KubernetesObject,
): Promise<KubernetesObject> {
  const ref = refOf(object);
  const doing = `replacing ${refKey(ref)}`;
  // Without a version a PUT overwrites what it has not seen, and some kinds are made where absent.
  if (!Version.safeParse(object.metadata).success) throw new FatalError("Bug", doing);
  return writeExisting(client, doing, {
    ref,
    method: "PUT",
    path: objectPath(ref),
    body: object,
    contentType: "application/json",
  });
}

async function writeExisting(
  client: ApiClient,
  doing: string,
  { ref, ...request }: { readonly ref: ObjectRef } & ApiRequest,
): Promise<KubernetesObject> {
  const query = { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" };
  const answer = await send(client, doing, { ...request, query }, [404]);
  const { plural } = OBJECT_KINDS[ref.kind];
  if (isAbsent(answer, { plural, name: ref.name })) throw new FatalError("Gone", doing);
  if (answer.status === 404) throw answerError(doing, answer);
  return objectIn(ref.kind, answer);
}

export async function createObject(
  client: ApiClient,
  object: KubernetesObject,
  { dryRun = false }: Pick<ApplyOptions, "dryRun"> = {},
): Promise<KubernetesObject> {
  const ref = refOf(object);
  const answer = await send(client, `creating ${refKey(ref)}${dryRun ? " (dry run)" : ""}`, {
    method: "POST",
    path: collectionPath(ref.kind, ref.namespace),
    query: {
      fieldManager: FIELD_MANAGER,
      fieldValidation: "Strict",
      ...(dryRun ? { dryRun: "All" } : {}),
    },
    body: object,
  });
  return objectIn(ref.kind, answer);
}

export async function deleteObject(
  client: ApiClient,
  ref: ObjectRef,
  precondition: { readonly uid: string; readonly resourceVersion?: string } | undefined,
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
  // 409 to a uid alone: another object has the name by now, and it is not the one that was meant.
  const meant = precondition !== undefined && precondition.resourceVersion === undefined;
  if (answer.status === 409 && !meant) throw answerError(`deleting ${refKey(ref)}`, answer);
}
