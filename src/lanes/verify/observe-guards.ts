import { z } from "zod";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/mesh.ts";

/** What keeps a team from going round the gateway; of any origin. */
export interface Guards {
  /** Some NetworkPolicy of the namespace is about egress. */
  readonly networkPolicies: boolean;
  /** Some ValidatingAdmissionPolicy about Istio's networking objects is bound to the namespace, and denies. */
  readonly admissionPolicy: boolean;
  /** Sidecars for chosen pods, for which the probe cannot speak. */
  readonly partialBy: readonly string[];
}

export async function observeGuards(
  mesh: Pick<Mesh, "list" | "get">,
  namespace: string,
): Promise<Guards> {
  const networkPolicies = await mesh.list("NetworkPolicy", { namespace });
  const policies = await mesh.list("ValidatingAdmissionPolicy");
  const bindings = await mesh.list("ValidatingAdmissionPolicyBinding");
  const sidecars = await mesh.list("Sidecar", { namespace });
  const labels = (await mesh.get({ kind: "Namespace", name: namespace }))?.metadata.labels ?? {};
  return {
    networkPolicies: networkPolicies.some(
      ({ spec }) => Array.isArray(spec?.["policyTypes"]) && spec["policyTypes"].includes("Egress"),
    ),
    admissionPolicy: policies
      .filter(isAboutNetworking)
      .some(({ metadata }) => bindings.some((binding) => denies(binding, metadata.name, labels))),
    partialBy: sidecars
      .filter(({ spec }) => spec?.["workloadSelector"] !== undefined)
      .map(({ metadata }) => metadata.name),
  };
}

function isAboutNetworking({ spec }: KubernetesObject): boolean {
  return JSON.stringify(spec?.["matchConstraints"] ?? {}).includes("networking.istio.io");
}

const Selector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

const Binding = z.object({
  policyName: z.string(),
  validationActions: z.array(z.string()),
  matchResources: z.object({ namespaceSelector: Selector.optional() }).optional(),
});

/** A policy without a binding does nothing. https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ */
function denies(
  { spec }: KubernetesObject,
  policy: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  const { data } = Binding.safeParse(spec);
  if (data?.policyName !== policy || !data.validationActions.includes("Deny")) return false;
  const selector = data.matchResources?.namespaceSelector;
  return selector === undefined || selects(selector, labels);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements */
function selects(
  { matchLabels, matchExpressions }: z.infer<typeof Selector>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === "In" ? isIn : !isIn;
    })
  );
}
