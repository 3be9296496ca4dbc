import { ApiFailure, badRequest } from "./api-failure.ts";
import { isSameJson, isTree, type Tree, textOf } from "./json-tree.ts";

/** https://www.rfc-editor.org/rfc/rfc7396 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const merged: Tree = isTree(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

/** https://www.rfc-editor.org/rfc/rfc6902 */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest("error decoding patch: a list was expected");
  let result: unknown = structuredClone(target);
  for (const operation of operations.filter(isTree)) {
    const path = pointer(textOf(operation["path"] ?? ""));
    switch (operation["op"]) {
      case "test":
        if (!isSameJson(read(result, path), operation["value"])) throw failedTest();
        break;
      case "add":
      case "replace":
        result = write(result, path, {
          value: operation["value"],
          insert: operation["op"] === "add",
        });
        break;
      case "remove":
        result = erase(result, path);
        break;
      default:
        throw badRequest(`unsupported operation ${JSON.stringify(operation["op"])}`);
    }
  }
  return result;
}

function pointer(path: string): readonly string[] {
  return path
    .split("/")
    .slice(1)
    .map((word) => word.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(root: unknown, path: readonly string[]): unknown {
  let at = root;
  for (const word of path) {
    if (Array.isArray(at)) at = at[Number(word)];
    else at = isTree(at) ? at[word] : undefined;
  }
  return at;
}

function write(
  root: unknown,
  path: readonly string[],
  { value, insert }: { readonly value: unknown; readonly insert: boolean },
): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(root, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const position = last === "-" ? parent.length : Number(last);
    parent.splice(position, insert ? 0 : 1, value);
  } else if (isTree(parent) && (insert || Object.hasOwn(parent, last))) {
    parent[last] = value;
  } else {
    throw missing(path);
  }
  return root;
}

function erase(root: unknown, path: readonly string[]): unknown {
  const last = path.at(-1) ?? "";
  const parent = read(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isTree(parent) && Object.hasOwn(parent, last)) delete parent[last];
  else throw missing(path);
  return root;
}

function failedTest(): ApiFailure {
  return new ApiFailure(
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
    { details: {} },
  );
}

function missing(path: readonly string[]): ApiFailure {
  return new ApiFailure(
    422,
    "Invalid",
    `the server rejected our request due to an error in our request: /${path.join("/")} is missing`,
    { details: {} },
  );
}
