import { randomBytes } from "node:crypto";
import { parse } from "yaml";
import { badRequest, notFound } from "./api-failure.ts";
import { isTree, type Tree, textOf } from "./json-tree.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Write } from "./policies/match.ts";
import type { KubernetesObject } from "./stored-object.ts";
import { apiVersionOf, type Resource } from "./resources.ts";

/** What a mutating webhook makes of a new pod, in its namespace. */
export type Inject = (
  pod: KubernetesObject,
  namespace: KubernetesObject | undefined,
) => KubernetesObject;

/** One request to a resource's path, past authentication and authorization. */
export interface ResourceRequest {
  readonly store: ObjectStore;
  /** Whose token it carried. */
  readonly user: string;
  /** Istio's injection webhook. */
  readonly inject: Inject;
  readonly method: string;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
  /** What the answer warns of; grows while the request is carried out. */
  readonly warnings: string[];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The body as JSON or YAML, ill-formed text mended as Go's decoder does; 400 where it is neither. */
export function parseBody({ body, contentType }: ResourceRequest): unknown {
  try {
    const tree: unknown = contentType.includes("yaml") ? parse(body) : JSON.parse(body);
    return body.includes("\\ud") || body.includes("\\uD") ? wellFormed(tree) : tree;
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type Object): ${Error.isError(error) ? error.message : String(error)}`,
    );
  }
}

/** A lone surrogate is stored as U+FFFD. */
function wellFormed(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree), (_, value: unknown) =>
    typeof value === "string" ? value.toWellFormed() : value,
  );
}

/** The object in a body, its type and place checked against the path's. */
export function objectOf(request: ResourceRequest, tree: unknown): KubernetesObject {
  const { resource, namespace, name } = request;
  if (!isTree(tree)) throw badRequest("the object provided is unrecognized");
  const metadata: Tree = isTree(tree["metadata"]) ? { ...tree["metadata"] } : {};
  checkType(tree, resource);
  if (namespace !== undefined) {
    if (metadata["namespace"] !== undefined && metadata["namespace"] !== namespace) {
      throw badRequest(
        `the namespace of the provided object does not match the namespace sent on the request`,
      );
    }
    metadata["namespace"] = namespace;
  }
  if (name !== undefined && metadata["name"] !== undefined && metadata["name"] !== name) {
    throw badRequest(
      `the name of the object (${textOf(metadata["name"])}) does not match the name on the URL (${name})`,
    );
  }
  metadata["name"] = nameOf(metadata, name);
  return {
    ...tree,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata,
  } as unknown as KubernetesObject;
}

/** As it is read. */
export function asServed(resource: Resource, object: KubernetesObject): KubernetesObject {
  return { ...object, kind: resource.servedKind ?? object.kind };
}

/** The stored object a path names; 404 where it is not there. */
export function liveObject({
  store,
  resource,
  namespace,
  name = "",
}: ResourceRequest): KubernetesObject {
  const found = store.get(resource.kind, namespace, name);
  if (found === undefined) throw notFound(resource, name);
  return found;
}

function nameOf(metadata: Tree, name: string | undefined): string {
  const given = metadata["name"] ?? name;
  if (typeof given === "string" && given !== "") return given;
  if (typeof metadata["generateName"] === "string") {
    return `${metadata["generateName"]}${randomBytes(4).toString("hex").slice(0, 5)}`;
  }
  throw badRequest("name or generateName is required");
}

function checkType(tree: Tree, resource: Resource): void {
  const apiVersion = tree["apiVersion"] ?? apiVersionOf(resource);
  const kind = tree["kind"] ?? resource.kind;
  if (apiVersion === apiVersionOf(resource) && kind === resource.kind) return;
  throw badRequest(
    `the API version in the data (${textOf(apiVersion)}, Kind=${textOf(kind)}) does not match the expected API version (${apiVersionOf(resource)}, Kind=${resource.kind})`,
  );
}

/** What policies see of it. */
export function writeOf(
  request: ResourceRequest,
  { object, oldObject }: Pick<Write, "object" | "oldObject">,
): Write {
  const { store, user, resource, subresource } = request;
  const operation = object === undefined ? "DELETE" : oldObject === undefined ? "CREATE" : "UPDATE";
  const dryRun = isDryRun(request);
  return { store, user, operation, resource, subresource, dryRun, object, oldObject };
}

export function isDryRun({ query }: ResourceRequest): boolean {
  const given = query.getAll("dryRun");
  if (given.some((value) => value !== "All")) {
    throw badRequest(`dryRun: Unsupported value: "${given.join()}": supported values: "All"`);
  }
  return given.length > 0;
}
