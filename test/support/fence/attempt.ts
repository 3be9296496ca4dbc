import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { mergePatchTo } from "#src/domain/json.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { refOf } from "#src/adapters/kubernetes/mesh-transport.ts";

/** One write with the worker's token. */
export interface Attempt {
  readonly what: string;
  readonly by: "create" | "apply" | "delete" | "restore" | "patch" | "patch-status";
  readonly object: KubernetesObject;
  /** What is under its name before; undefined: nothing. */
  readonly over?: KubernetesObject;
}

/** A change to an object: a value at a path, and what that makes it. */
export type Wrong = readonly [what: string, path: Path, value: unknown];

/** A cluster with an administrator beside the worker. */
export interface Fenced {
  readonly worker: Mesh;
  /** Puts exactly this object there, whoever made what is there. */
  readonly plant: (object: KubernetesObject) => Promise<void>;
  readonly remove: (object: KubernetesObject) => Promise<void>;
  readonly read: (object: KubernetesObject) => Promise<KubernetesObject | undefined>;
  /** Takes the worker's rights and the policies away again. */
  readonly close: () => Promise<void>;
}

/** Tries it for real; what the API server said where it was refused, and undefined where it was carried out. */
export async function refusalOf(fenced: Fenced, attempt: Attempt): Promise<string | undefined> {
  const { object, over } = attempt;
  const isThere = over ?? (attempt.by === "delete" ? object : undefined);
  if (isThere === undefined) await fenced.remove(object);
  else await fenced.plant(isThere);
  try {
    await tried(fenced, attempt);
    return undefined;
  } catch (error) {
    // Its controller wrote the object in between.
    if (error instanceof RetryableError) return refusalOf(fenced, attempt);
    if (!(error instanceof FatalError)) throw error;
    // Policies are asked before the name is found taken: a namespace cannot be taken away in between.
    if (error.code === "AlreadyExists") return undefined;
    return Error.isError(error.cause) ? error.cause.message : error.message;
  }
}

async function tried({ worker, read }: Fenced, { by, object }: Attempt): Promise<unknown> {
  switch (by) {
    case "create":
      return worker.create(object);
    case "apply":
      return worker.apply(object, { force: true });
    case "delete":
      return worker.delete(refOf(object));
    case "restore": {
      return worker.restore(object, await seen(read, object));
    }
    case "patch":
    case "patch-status": {
      const { metadata, ...rest } = await seen(read, object);
      const { uid = "", resourceVersion = "" } = metadata;
      const patch = mergePatchTo(
        { ...rest, metadata: plain(metadata) },
        { ...object, metadata: plain(object.metadata) },
      );
      const where = by === "patch" ? {} : { subresource: "status" as const };
      return worker.patch(refOf(object), patch as Patch, { uid, resourceVersion }, where);
    }
    default:
      return by satisfies never;
  }
}

type Patch = Readonly<Record<string, unknown>>;

async function seen(read: Fenced["read"], object: KubernetesObject): Promise<KubernetesObject> {
  const observed = await read(object);
  if (observed === undefined) throw new Error(`no ${object.kind} ${object.metadata.name}`);
  return observed;
}

/** What somebody writes of it; the rest is the API server's. */
function plain(metadata: KubernetesObject["metadata"]): Patch {
  const written = new Set([
    "name",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
  ]);
  return Object.fromEntries(Object.entries(metadata).filter(([field]) => written.has(field)));
}

type Path = readonly (string | number)[];

/** A copy of an object with another value at a path; undefined takes the field out. */
export function changed<Value>(whole: Value, [step, ...rest]: Path, value: unknown): Value {
  if (step === undefined) return value as Value;
  if (Array.isArray(whole)) {
    const copy: unknown[] = [...(whole as readonly unknown[])];
    copy[Number(step)] = changed(copy[Number(step)], rest, value);
    return copy as Value;
  }
  const tree = { ...whole } as Record<string, unknown>;
  const next = changed(tree[step], rest, value);
  if (next === undefined) delete tree[step];
  else tree[step] = next;
  return tree as Value;
}

/** Nobody's of Sallyport: Kubernetes', AKS's, the mesh's, the instance's own, and one of somebody else. */
export const FOREIGN_NAMESPACES = [
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "default",
  "aks-istio-system",
  "aks-istio-egress",
  "aks-istio-ingress",
  "gatekeeper-system",
  "sallyport-system",
  "somebody-else",
] as const;
