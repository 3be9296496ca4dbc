import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import type { Installation } from "#test/support/installation.ts";

/*
 * Does what a person does with a printed command: the three forms that steps are written in, and nothing else. What is
 * not exactly one of them is an error, as it would be in a shell.
 */

type Store = Installation["kubernetes"]["store"];

const KINDS: Readonly<Record<string, string>> = {
  serviceentry: "ServiceEntry",
  virtualservice: "VirtualService",
  destinationrule: "DestinationRule",
};

const DELETE = /^kubectl -n (\S+) delete (\w+)\/(\S+)$/u;
const PATCH = /^kubectl -n (\S+) patch (\w+)\/(\S+) --type=merge -p '(.+)'$/u;
const COPY =
  /^kubectl -n (\S+) get (\w+)\/(\S+) -o json \| jq '\{apiVersion,kind,metadata:\{name:"([^"]+)",namespace:"([^"]+)"\},spec:\(\.spec\+(\{.+\})\)\}' \| kubectl apply -f -$/u;

export function run(store: Store, command: string): void {
  const forms = [deleted, patched, copied];
  if (!forms.some((form) => form(store, command))) throw new Error(`no command: ${command}`);
}

function deleted(store: Store, command: string): boolean {
  const [, namespace = "", kind = "", name = ""] = DELETE.exec(command) ?? [];
  if (namespace === "") return false;
  found(store, [kind, namespace, name]);
  store.delete(kindOf(kind), namespace, name);
  return true;
}

function patched(store: Store, command: string): boolean {
  const [, namespace = "", kind = "", name = "", patch = ""] = PATCH.exec(command) ?? [];
  if (namespace === "") return false;
  const object = found(store, [kind, namespace, name]);
  const { spec } = JSON.parse(patch) as { readonly spec: Record<string, unknown> };
  store.put({ ...object, spec: { ...object.spec, ...spec } });
  return true;
}

function copied(store: Store, command: string): boolean {
  const [, from = "", kind = "", name = "", ...target] = COPY.exec(command) ?? [];
  if (from === "") return false;
  const object = found(store, [kind, from, name]);
  const [as = "", to = "", change = ""] = target;
  store.put({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name: as, namespace: to },
    spec: { ...object.spec, ...(JSON.parse(change) as Record<string, unknown>) },
  });
  return true;
}

function kindOf(word: string): string {
  const kind = KINDS[word];
  if (kind === undefined) throw new Error(`the server doesn't have a resource type "${word}"`);
  return kind;
}

function found(
  store: Store,
  [kind, namespace, name]: readonly [string, string, string],
): KubernetesObject {
  const object = store.get(kindOf(kind), namespace, name);
  if (object === undefined) throw new Error(`${kind} "${name}" not found in ${namespace}`);
  return object;
}
