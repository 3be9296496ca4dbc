import { z } from "zod";
import { ApiFailure } from "../api-failure.ts";
import { qualifiedName } from "../resources.ts";
import { type Denial, denials, Policy } from "./evaluate.ts";
import { matches, MatchResources, type Write } from "./match.ts";

const Binding = z.object({
  policyName: z.string(),
  validationActions: z.array(z.enum(["Deny", "Warn", "Audit"])),
  matchResources: MatchResources.optional(),
});
type Binding = z.infer<typeof Binding>;

/** What configures admission is never judged by it. */
const EXEMPT = "admissionregistration.k8s.io";

const CODES: Readonly<Record<Denial["reason"], number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

/**
 * Lets a write pass every ValidatingAdmissionPolicy that is bound, or throws what the first denial is answered with.
 * A policy without a binding does nothing.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function checkPolicies(write: Write, warnings: string[]): void {
  const { store, resource } = write;
  if (resource.group === EXEMPT) return;
  const bindings = store.look("ValidatingAdmissionPolicyBinding").map(({ metadata, spec }) => ({
    name: metadata.name,
    binding: Binding.parse(spec),
  }));
  for (const { metadata, spec } of store.look("ValidatingAdmissionPolicy")) {
    const bound = bindings.filter(({ binding }) => binding.policyName === metadata.name);
    if (bound.length === 0) continue;
    const policy = Policy.parse(spec ?? {});
    // Without constraints the API server takes no policy; with rules for nothing it matches nothing.
    if (policy.matchConstraints === undefined || !matches(policy.matchConstraints, write)) continue;
    for (const { name, binding } of bound) {
      if (binding.matchResources !== undefined && !matches(binding.matchResources, write)) continue;
      for (const denial of denials(policy, write))
        carryOut(denial, { policy: metadata.name, name, binding, write, warnings });
    }
  }
}

interface Met {
  readonly policy: string;
  readonly name: string;
  readonly binding: Binding;
  readonly write: Write;
  readonly warnings: string[];
}

function carryOut(
  { reason, message }: Denial,
  { policy, name, binding, write: { resource, object, oldObject }, warnings }: Met,
): void {
  const by = `ValidatingAdmissionPolicy '${policy}' with binding '${name}'`;
  if (binding.validationActions.includes("Warn"))
    warnings.push(`Validation failed for ${by}: ${message}`);
  if (!binding.validationActions.includes("Deny")) return;
  const { name: of = "" } = (object ?? oldObject)?.metadata ?? {};
  const text = `${by} denied request: ${message}`;
  throw new ApiFailure(
    CODES[reason],
    reason,
    `${qualifiedName(resource)} "${of}" is forbidden: ${text}`,
    {
      details: {
        name: of,
        ...(resource.group === "" ? {} : { group: resource.group }),
        kind: resource.plural,
        causes: [{ message: text }],
      },
    },
  );
}
