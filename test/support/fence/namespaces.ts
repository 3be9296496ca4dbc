import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Attempt, changed, FOREIGN_NAMESPACES } from "./attempt.ts";

const POD_SECURITY = ["enforce", "enforce-version", "audit", "warn"].map(
  (mode) => `pod-security.kubernetes.io/${mode}`,
);

/** What nobody may do to namespaces with the worker's token; `gateway` is one as the worker makes it. */
export function forbiddenOfNamespaces(gateway: KubernetesObject): readonly Attempt[] {
  const existing = [...FOREIGN_NAMESPACES, "team-x", gateway.metadata.name].map(
    (name): KubernetesObject => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }),
  );
  return [
    ...["team-z", "kube-mine", "egress-gw-2"].map((name): Attempt => ({
      what: `making namespace ${name}`,
      by: "create",
      object: changed(gateway, ["metadata", "name"], name),
    })),
    ...[...POD_SECURITY, "istio.io/rev", "istio-injection"].map((label): Attempt => ({
      what: `making a gateway's namespace with label ${label}`,
      by: "create",
      object: changed(gateway, ["metadata", "labels", label], "privileged"),
    })),
    ...["app.kubernetes.io/managed-by", "sallyport.dev/instance"].flatMap((label) =>
      [undefined, "other"].map((value): Attempt => ({
        what: `making a gateway's namespace with ${value ?? "no"} label ${label}`,
        by: "create",
        object: changed(gateway, ["metadata", "labels", label], value),
      })),
    ),
    {
      what: "making a gateway's namespace with annotations",
      by: "create",
      object: changed(gateway, ["metadata", "annotations"], {
        "scheduler.alpha.kubernetes.io/node-selector": "a=b",
      }),
    },
    {
      what: "making a gateway's namespace with finalizers",
      by: "create",
      object: changed(gateway, ["metadata", "finalizers"], ["example.com/stay"]),
    },
    ...existing.flatMap((namespace): readonly Attempt[] => [
      ...POD_SECURITY.slice(0, 1).map((label): Attempt => ({
        what: `label ${label} on ${namespace.metadata.name}`,
        by: "apply",
        object: changed(namespace, ["metadata", "labels"], { [label]: "privileged" }),
        over: namespace,
      })),
      { what: `deleting namespace ${namespace.metadata.name}`, by: "delete", object: namespace },
    ]),
  ];
}

export function allowedOfNamespaces(gateway: KubernetesObject): readonly Attempt[] {
  return [{ what: "making a gateway's namespace", by: "create", object: gateway }];
}
