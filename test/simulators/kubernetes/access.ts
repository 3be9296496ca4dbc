import { ApiFailure } from "./api-failure.ts";
import { treeOf, textOf } from "./json-tree.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Target } from "./resources.ts";
import { type Asked, isBoundTo } from "./role-bindings.ts";

/** What the caller may not do; a field left out matches anything. `pods/log` names a subresource. */
export interface DeniedAccess {
  readonly verb?: string;
  readonly resource?: string;
  readonly group?: string;
  readonly namespace?: string;
}

/** Who may do what: as roles say it, without what is denied. */
export interface Access {
  readonly store: ObjectStore;
  readonly denied: readonly DeniedAccess[];
  readonly user: string;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authorization/#request-verb-resource */
export function verbOf(method: string, target: Target, query: URLSearchParams): string {
  const single = target.name !== undefined;
  switch (method) {
    case "GET":
      if (single) return "get";
      return query.get("watch") === "true" || query.get("watch") === "1" ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return single ? "delete" : "deletecollection";
    default:
      return method.toLowerCase();
  }
}

export function authorize(access: Access, verb: string, target: Target): void {
  const { resource, subresource, name } = target;
  const { namespace } = target;
  const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  if (isAllowed(access, { verb, resource: plural, group: resource.group, namespace, name })) return;
  const where =
    namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const subject = `${resource.plural}${resource.group === "" ? "" : `.${resource.group}`}`;
  const named = name === undefined ? "" : ` "${name}"`;
  throw new ApiFailure(
    403,
    "Forbidden",
    `${subject}${named} is forbidden: User "${access.user}" cannot ${verb} resource "${plural}" in API group "${resource.group}" ${where}`,
    {
      details: {
        ...(name === undefined ? {} : { name }),
        group: resource.group,
        kind: resource.plural,
      },
    },
  );
}

function isAllowed({ store, denied, user }: Access, asked: Asked): boolean {
  const isDenied = denied.some(
    (each) =>
      (each.verb ?? asked.verb) === asked.verb &&
      (each.resource ?? asked.resource) === asked.resource &&
      (each.group ?? asked.group) === asked.group &&
      (each.namespace ?? asked.namespace) === asked.namespace,
  );
  return !isDenied && isBoundTo(store, user, asked);
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/ */
export function reviewAccess(access: Access, review: unknown): unknown {
  const attributes = treeOf(treeOf(treeOf(review)["spec"])["resourceAttributes"]);
  const sub = attributes["subresource"];
  const plural = textOf(attributes["resource"] ?? "");
  const namespace = attributes["namespace"];
  const name = attributes["name"];
  const allowed = isAllowed(access, {
    verb: textOf(attributes["verb"] ?? ""),
    resource: sub === undefined || sub === "" ? plural : `${plural}/${textOf(sub)}`,
    group: textOf(attributes["group"] ?? ""),
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : undefined,
    name: typeof name === "string" && name !== "" ? name : undefined,
  });
  return {
    ...treeOf(review),
    metadata: {},
    status: allowed ? { allowed } : { allowed, reason: "" },
  };
}
