import { z } from "zod";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { type Asked, matchOf, MatchResources } from "./admission-match.ts";
import { type CelOutcome, outcomeOf, type TeamWrite } from "./cel-outcome.ts";

/** Whether teams are kept from writing objects that open egress. */
export type AdmissionGuard =
  /** Every write is denied, `by` these policies. `notGuarded`: further kinds that teams may write. */
  | {
      readonly kind: "denied";
      readonly by: readonly string[];
      readonly notGuarded: readonly string[];
    }
  /** `why`: one clause for each policy that comes near, with its name. */
  | { readonly kind: "unclear"; readonly why: readonly string[] };

export interface AdmissionInput {
  /** ValidatingAdmissionPolicies, and their bindings. */
  readonly policies: readonly KubernetesObject[];
  readonly bindings: readonly KubernetesObject[];
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

const NEEDED = {
  serviceentries: "ServiceEntry",
  virtualservices: "VirtualService",
  destinationrules: "DestinationRule",
} as const;
const FURTHER = { gateways: "Gateway", sidecars: "Sidecar" } as const;
const OPERATIONS = ["CREATE", "UPDATE"] as const;

const Policy = z.object({
  matchConstraints: MatchResources.optional(),
  paramKind: z.unknown().optional(),
  matchConditions: z.array(z.object({ expression: z.string() })).default([]),
  variables: z.array(z.object({ name: z.string(), expression: z.string() })).default([]),
  validations: z.array(z.object({ expression: z.string() })).default([]),
});
const Binding = z.object({
  policyName: z.string(),
  validationActions: z.array(z.string()).default([]),
  matchResources: MatchResources.optional(),
});

/**
 * Judged by what policies deny, never by their names: each of the writes must be denied by one that is bound, by an
 * expression that lets nobody pass but users and groups it names. Istio's own policy for its stable channel does not count:
 * it looks at other kinds and fields. A policy without a binding does nothing.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function judgeAdmission(input: AdmissionInput): AdmissionGuard {
  const bound = boundPolicies(input);
  const judged = Object.entries({ ...NEEDED, ...FURTHER }).map(([resource, kind]) => {
    const findings = writesOf({ resource, kind }, input.namespace).map((write) =>
      bound.map((each) => [each.name, denial(each, write, input.namespaceLabels)] as const),
    );
    const isDenied = findings.every((each) => each.some(([, found]) => found === "denied"));
    return { resource, isDenied, findings: findings.flat() };
  });
  const open = judged.filter(({ isDenied }) => !isDenied);
  const needed = open.filter(({ resource }) => resource in NEEDED);
  if (needed.length === 0) {
    const by = judged
      .filter(({ resource }) => resource in NEEDED)
      .flatMap(({ findings }) =>
        findings.filter(([, found]) => found === "denied").map(([name]) => name),
      );
    return {
      kind: "denied",
      by: [...new Set(by)].toSorted(),
      notGuarded: open.map(({ resource }) => resource),
    };
  }
  const near = needed.flatMap(({ findings }) =>
    findings.flatMap(([name, found]) =>
      typeof found === "string"
        ? []
        : [`ValidatingAdmissionPolicy ${name} may not count: ${found.why}`],
    ),
  );
  const partly =
    needed.length < Object.keys(NEEDED).length
      ? [`no policy denies ${needed.map(({ resource }) => resource).join(", ")}`]
      : [];
  return { kind: "unclear", why: [...new Set([...partly, ...near])] };
}

/** One of a team's writes, by policies whose variables are not read yet. */
type Write = Omit<TeamWrite, "variables">;

/**
 * Every way to write such an object that opens egress: a VirtualService counts where it is for the mesh, which it is also
 * without gateways. https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService
 */
function writesOf(
  { resource, kind }: Pick<Write, "resource" | "kind">,
  namespace: string,
): readonly Write[] {
  const ways: readonly Pick<Write, "gateways">[] =
    resource === "virtualservices"
      ? [{ gateways: "absent" }, { gateways: "empty" }, { gateways: "with-mesh" }]
      : [{}];
  return OPERATIONS.flatMap((operation) =>
    ways.map((way) => ({ namespace, operation, resource, kind, ...way })),
  );
}

interface Bound {
  readonly name: string;
  readonly policy: z.infer<typeof Policy>;
  readonly binding: z.infer<typeof Binding>;
}

function boundPolicies({ policies, bindings }: AdmissionInput): readonly Bound[] {
  return policies.flatMap(({ metadata, spec }) => {
    const policy = Policy.safeParse(spec ?? {});
    if (!policy.success) return [];
    return bindings.flatMap((each) => {
      const binding = Binding.safeParse(each.spec ?? {});
      return binding.success && binding.data.policyName === metadata.name
        ? [{ name: metadata.name, policy: policy.data, binding: binding.data }]
        : [];
    });
  });
}

type Denial = "denied" | "not-about" | { readonly why: string };

function denial(
  { policy, binding }: Bound,
  write: Write,
  namespaceLabels: AdmissionInput["namespaceLabels"],
): Denial {
  const { operation, resource } = write;
  const asked: Asked = { operation, resource, namespaceLabels };
  if (policy.matchConstraints?.resourceRules === undefined) return "not-about";
  const matches = [policy.matchConstraints, binding.matchResources ?? EVERYTHING].map((match) =>
    matchOf(match, asked),
  );
  if (matches.includes("no")) return "not-about";
  const variables = new Map(policy.variables.map(({ name, expression }) => [name, expression]));
  const whole: TeamWrite = { ...write, variables };
  const outcomes = policy.validations.map(({ expression }) => outcomeOf(expression, whole));
  const conditions = policy.matchConditions.map(({ expression }) => outcomeOf(expression, whole));
  if (lets(outcomes, conditions)) return "not-about";
  if (!binding.validationActions.includes("Deny")) return { why: "its binding does not deny" };
  if (policy.paramKind !== undefined)
    return { why: "it takes parameters, which may let the team pass" };
  for (const match of matches) if (typeof match !== "string") return match;
  if (!conditions.every((outcome) => outcome === "true" || outcome === "all-but-named"))
    return { why: "its matchConditions may leave the team out" };
  return outcomes.some((outcome) => outcome === "false" || outcome === "only-named")
    ? "denied"
    : { why: "its expressions do not say that named users alone may write these objects" };
}

/** Whether every validation passes whoever writes, or is asked of named users alone, as the worker's own fence is. */
function lets(outcomes: readonly CelOutcome[], conditions: readonly CelOutcome[]): boolean {
  return (
    outcomes.every((outcome) => outcome === "true") ||
    conditions.some((outcome) => outcome === "false" || outcome === "only-named")
  );
}

const EVERYTHING: MatchResources = MatchResources.parse({});
