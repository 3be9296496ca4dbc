import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { denials, Policy } from "#test/simulators/kubernetes/policies/evaluate.ts";
import type { Write } from "#test/simulators/kubernetes/policies/match.ts";
import { ObjectStore } from "#test/simulators/kubernetes/object-store.ts";
import { RESOURCES } from "#test/simulators/kubernetes/resources.ts";

const FILE = new URL("../../../../../deploy/kubernetes/fence-mesh-config.yaml", import.meta.url);
const [first = ""] = readFileSync(FILE, "utf8").split("\n---\n");
const POLICY = Policy.parse((parse(first) as { readonly spec: unknown }).spec);
const RESOURCE = RESOURCES.find(({ kind }) => kind === "ConfigMap");

/** The users' shared configuration of a revision, with this text. */
export function sharedConfig(mesh: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio-shared-configmap-asm-1-28", namespace: "aks-istio-system" },
    data: { mesh },
  };
}

/** What the fence refuses of the worker's update. */
export function fenceSays(oldObject: KubernetesObject, object: KubernetesObject) {
  if (RESOURCE === undefined) throw new Error("no ConfigMaps are served");
  return denials(POLICY, {
    store: new ObjectStore(),
    user: "00000000-0000-0000-0000-000000000000",
    operation: "UPDATE",
    resource: RESOURCE,
    subresource: undefined,
    dryRun: false,
    object,
    oldObject,
  } as Write);
}
