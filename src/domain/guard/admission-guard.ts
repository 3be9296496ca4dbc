import { apiVersionOf, type KubernetesObject } from "../kubernetes-object.ts";

/** Whom a part of the guard is about. */
export interface Guarded {
  readonly team: string;
  readonly namespaces: readonly string[];
  /** The worker, and whom an administrator exempts: usernames, as the API server knows them. */
  readonly admitted: readonly string[];
}

/** What a ValidatingAdmissionPolicy of the guard says; where it counts is its binding's. */
export interface AdmissionRules {
  readonly name: string;
  readonly namespaces: readonly string[];
  /** Plurals by API group. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly validations: readonly {
    readonly expression: string;
    readonly message?: string;
    readonly messageExpression?: string;
  }[];
}

/**
 * A policy and its binding: what is made and changed in these namespaces is refused where a rule does not hold, also where
 * a rule cannot be evaluated. Deletions are not matched, so that nothing keeps a namespace from being cleared.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admissionGuard(rules: AdmissionRules): readonly KubernetesObject[] {
  const { name, namespaces, resources, variables, validations } = rules;
  return [
    {
      apiVersion: apiVersionOf("ValidatingAdmissionPolicy"),
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: Object.entries(resources).map(([group, plurals]) => ({
            apiGroups: [group],
            apiVersions: ["*"],
            operations: ["CREATE", "UPDATE"],
            resources: plurals,
          })),
        },
        variables: Object.entries(variables).map(([variable, expression]) => ({
          name: variable,
          expression,
        })),
        validations: validations.map((each) => ({ ...each, reason: "Forbidden" })),
      },
    },
    {
      apiVersion: apiVersionOf("ValidatingAdmissionPolicyBinding"),
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        matchResources: {
          // Kubernetes gives every namespace this label, and nobody can take it away.
          namespaceSelector: {
            matchExpressions: [
              { key: "kubernetes.io/metadata.name", operator: "In", values: namespaces },
            ],
          },
        },
      },
    },
  ];
}
