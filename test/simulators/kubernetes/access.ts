import { ApiFailure } from "./api-failure.ts";
import { treeOf, textOf } from "./json-tree.ts";
import type { Target } from "./resources.ts";

/** What the caller may not do; a field left out matches anything. `pods/log` names a subresource. */
export interface DeniedAccess {
  readonly verb?: string;
  readonly resource?: string;
  readonly group?: string;
  readonly namespace?: string;
}

interface Asked {
  readonly verb: string;
  readonly resource: string;
  readonly group: string;
  readonly namespace: string | undefined;
}

export const USER = "sallyport-worker";

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

export function authorize(denied: readonly DeniedAccess[], verb: string, target: Target): void {
  const { resource, subresource, namespace, name } = target;
  const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  if (isAllowed(denied, { verb, resource: plural, group: resource.group, namespace })) return;
  const where =
    namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const subject = `${resource.plural}${resource.group === "" ? "" : `.${resource.group}`}`;
  const named = name === undefined ? "" : ` "${name}"`;
  throw new ApiFailure(
    403,
    "Forbidden",
    `${subject}${named} is forbidden: User "${USER}" cannot ${verb} resource "${plural}" in API group "${resource.group}" ${where}`,
    {
      details: {
        ...(name === undefined ? {} : { name }),
        group: resource.group,
        kind: resource.plural,
      },
    },
  );
}

function isAllowed(denied: readonly DeniedAccess[], asked: Asked): boolean {
  return !denied.some(
    (each) =>
      (each.verb ?? asked.verb) === asked.verb &&
      (each.resource ?? asked.resource) === asked.resource &&
      (each.group ?? asked.group) === asked.group &&
      (each.namespace ?? asked.namespace) === asked.namespace,
  );
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/ */
export function reviewAccess(denied: readonly DeniedAccess[], review: unknown): unknown {
  const attributes = treeOf(treeOf(treeOf(review)["spec"])["resourceAttributes"]);
  const sub = attributes["subresource"];
  const plural = textOf(attributes["resource"] ?? "");
  const namespace = attributes["namespace"];
  const allowed = isAllowed(denied, {
    verb: textOf(attributes["verb"] ?? ""),
    resource: sub === undefined || sub === "" ? plural : `${plural}/${textOf(sub)}`,
    group: textOf(attributes["group"] ?? ""),
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : undefined,
  });
  return {
    ...treeOf(review),
    metadata: {},
    status: allowed ? { allowed } : { allowed, reason: "" },
  };
}
