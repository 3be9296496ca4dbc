import { forbidden, invalid } from "./api-failure.ts";
import { textsOf, treeOf, treesOf, type Tree, textOf } from "./json-tree.ts";
import type { ObjectStore } from "./object-store.ts";
import type { KubernetesObject } from "./stored-object.ts";
import { parseQuantity } from "./quantity.ts";
import { RESOURCES } from "./resources.ts";

/**
 * What the API server's admission plugins do to a new pod, or why they refuse it: ServiceAccount, LimitRanger,
 * PodSecurity, ResourceQuota. https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
export function admitPod(store: ObjectStore, pod: KubernetesObject): KubernetesObject {
  checkShape(pod);
  const namespace = pod.metadata.namespace ?? "";
  const spec = treeOf(pod.spec);
  const account = textOf(spec["serviceAccountName"] ?? "default");
  if (store.get("ServiceAccount", namespace, account) === undefined) {
    throw refused(
      pod,
      `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
    );
  }
  const ranged = withLimits(store, {
    ...pod,
    spec: { restartPolicy: "Always", ...spec, serviceAccountName: account },
    status: { phase: "Pending", ...treeOf(pod.status) },
  });
  checkSecurity(store, ranged);
  checkQuotas(store, ranged);
  return ranged;
}

function checkShape(pod: KubernetesObject): void {
  const resource = RESOURCES.find(({ kind }) => kind === "Pod");
  if (resource === undefined) return;
  const containers = containersOf(pod);
  const required = { reason: "FieldValueRequired", message: "Required value" };
  const causes = [
    ...(containers.length === 0 ? [{ ...required, field: "spec.containers" }] : []),
    ...containers.flatMap((container, index) =>
      ["name", "image"]
        .filter((field) => typeof container[field] !== "string" || container[field] === "")
        .map((field) => ({ ...required, field: `spec.containers[${index}].${field}` })),
    ),
  ];
  if (causes.length > 0) throw invalid(resource, pod.metadata.name, causes);
}

function withLimits(store: ObjectStore, pod: KubernetesObject): KubernetesObject {
  const limits = store
    .list("LimitRange", pod.metadata.namespace)
    .flatMap(({ spec }) => treesOf(spec?.["limits"]))
    .filter(({ type }) => type === "Container");
  if (limits.length === 0) return pod;
  const containers = containersOf(pod).map((container) => {
    const resources = treeOf(container["resources"]);
    let limit = treeOf(resources["limits"]);
    let request = { ...limit, ...treeOf(resources["requests"]) };
    for (const range of limits) {
      limit = { ...treeOf(range["default"]), ...limit };
      request = { ...treeOf(range["default"]), ...treeOf(range["defaultRequest"]), ...request };
      checkRange(pod, range, { limit, request });
    }
    return { ...container, resources: { limits: limit, requests: request } };
  });
  return { ...pod, spec: { ...pod.spec, containers } };
}

function checkRange(
  pod: KubernetesObject,
  range: Tree,
  { limit, request }: { readonly limit: Tree; readonly request: Tree },
): void {
  for (const [name, max] of Object.entries(treeOf(range["max"]))) {
    const asked = limit[name];
    if (asked === undefined) {
      throw refused(
        pod,
        `maximum ${name} usage per Container is ${textOf(max)}.  No limit is specified`,
      );
    }
    if (parseQuantity(asked) > parseQuantity(max)) {
      throw refused(
        pod,
        `maximum ${name} usage per Container is ${textOf(max)}, but limit is ${textOf(asked)}`,
      );
    }
  }
  for (const [name, min] of Object.entries(treeOf(range["min"]))) {
    const asked = request[name];
    if (asked === undefined) {
      throw refused(
        pod,
        `minimum ${name} usage per Container is ${textOf(min)}.  No request is specified`,
      );
    }
    if (parseQuantity(asked) < parseQuantity(min)) {
      throw refused(
        pod,
        `minimum ${name} usage per Container is ${textOf(min)}, but request is ${textOf(asked)}`,
      );
    }
  }
}

/** https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
function checkQuotas(store: ObjectStore, pod: KubernetesObject): void {
  const present = store
    .list("Pod", pod.metadata.namespace)
    .filter(({ status }) => !["Succeeded", "Failed"].includes(textOf(status?.["phase"])));
  for (const { metadata, spec } of store.list("ResourceQuota", pod.metadata.namespace)) {
    const hard = Object.entries(treeOf(spec?.["hard"])).filter(([name]) => isCounted(name));
    const missing = hard.flatMap(([name]) => (sumOf(pod, name) === undefined ? [name] : []));
    if (missing.length > 0) {
      const names = containersOf(pod).map(({ name }) => textOf(name));
      const must = missing.map((name) => `${name} for: ${names.join(",")}`).join("; ");
      throw refused(pod, `failed quota: ${metadata.name}: must specify ${must}`);
    }
    for (const [name, limited] of hard) {
      const requested = sumOf(pod, name) ?? 0;
      const used = present.reduce((sum, each) => sum + (sumOf(each, name) ?? 0), 0);
      if (used + requested > parseQuantity(limited)) {
        throw refused(
          pod,
          `exceeded quota: ${metadata.name}, requested: ${name}=${requested}, used: ${name}=${used}, limited: ${name}=${textOf(limited)}`,
        );
      }
    }
  }
}

function isCounted(name: string): boolean {
  return /^(?:pods|count\/pods|cpu|memory|(?:requests|limits)\.(?:cpu|memory))$/.test(name);
}

/** What the pod counts for; undefined where a container does not say. */
function sumOf(pod: KubernetesObject, name: string): number | undefined {
  if (name.endsWith("pods")) return 1;
  const [part, resource] = name.includes(".") ? name.split(".") : ["requests", name];
  let sum = 0;
  for (const container of containersOf(pod)) {
    const resources = treeOf(container["resources"]);
    const value =
      treeOf(resources[part ?? ""])[resource ?? ""] ?? treeOf(resources["limits"])[resource ?? ""];
    if (value === undefined) return undefined;
    sum += parseQuantity(value);
  }
  return sum;
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
function checkSecurity(store: ObjectStore, pod: KubernetesObject): void {
  const namespace = store.get("Namespace", undefined, pod.metadata.namespace ?? "");
  const labels = namespace?.metadata.labels ?? {};
  const level = labels["pod-security.kubernetes.io/enforce"];
  if (level !== "restricted") return;
  const version = labels["pod-security.kubernetes.io/enforce-version"] ?? "latest";
  const shared = treeOf(pod.spec?.["securityContext"]);
  const problems = CONTAINER_RULES.flatMap(({ problem, isMet }) => {
    const bad = containersOf(pod).filter(
      (container) => !isMet(treeOf(container["securityContext"]), shared),
    );
    const names = bad.map(({ name }) => `"${textOf(name)}"`);
    return names.length === 0
      ? []
      : [problem(`container${names.length > 1 ? "s" : ""} ${names.join(", ")}`)];
  });
  if (problems.length > 0) {
    throw refused(pod, `violates PodSecurity "restricted:${version}": ${problems.join(", ")}`);
  }
}

interface ContainerRule {
  readonly problem: (containers: string) => string;
  readonly isMet: (own: Tree, shared: Tree) => boolean;
}

const CONTAINER_RULES: readonly ContainerRule[] = [
  {
    problem: (of) =>
      `allowPrivilegeEscalation != false (${of} must set securityContext.allowPrivilegeEscalation=false)`,
    isMet: (own) => own["allowPrivilegeEscalation"] === false,
  },
  {
    problem: (of) =>
      `unrestricted capabilities (${of} must set securityContext.capabilities.drop=["ALL"])`,
    isMet: (own) => textsOf(treeOf(own["capabilities"])["drop"]).includes("ALL"),
  },
  {
    problem: (of) =>
      `runAsNonRoot != true (pod or ${of} must set securityContext.runAsNonRoot=true)`,
    isMet: (own, shared) => (own["runAsNonRoot"] ?? shared["runAsNonRoot"]) === true,
  },
  {
    problem: (of) =>
      `seccompProfile (pod or ${of} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
    isMet: (own, shared) =>
      ["RuntimeDefault", "Localhost"].includes(
        textOf(treeOf(own["seccompProfile"] ?? shared["seccompProfile"])["type"]),
      ),
  },
];

function containersOf(pod: KubernetesObject): readonly Tree[] {
  return treesOf(pod.spec?.["containers"]);
}

function refused(pod: KubernetesObject, why: string): Error {
  const resource = RESOURCES.find(({ kind }) => kind === "Pod");
  if (resource === undefined) return new Error(why);
  return forbidden(resource, pod.metadata.name, why);
}
