import { z } from "zod";
import type { Config } from "#src/config/config.ts";
import { sameJson } from "#src/domain/canonical.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { someOf } from "#src/domain/some-of.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { rightsOf } from "../rbac/rights.ts";
import type { Finding } from "./finding.ts";

const Policy = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  spec: z.record(z.string(), z.unknown()).default({}),
});
type Policy = z.infer<typeof Policy>;
const Binding = z.object({ policyName: z.string(), validationActions: z.array(z.string()) });

/**
 * Whether the policies that fence the worker are bound, and are those of this version and configuration. Whom they fence is
 * not compared: what this process is called there is the API server's to say.
 */
export async function fenceFinding(mesh: Mesh, config: Config, cluster: Cluster): Promise<Finding> {
  const subject = `fence ${cluster.name}`;
  const found = new Map(
    (await mesh.list("ValidatingAdmissionPolicy")).map((policy) => [policy.metadata.name, policy]),
  );
  const denying = (await mesh.list("ValidatingAdmissionPolicyBinding")).flatMap(({ spec }) => {
    const binding = Binding.safeParse(spec).data;
    return binding?.validationActions.includes("Deny") === true ? [binding.policyName] : [];
  });
  const printed = policiesOf(config, cluster);
  const missing = printed.filter(
    ({ metadata: { name } }) => !found.has(name) || !denying.includes(name),
  );
  const older = printed.filter(({ metadata: { name }, spec }) => {
    const there = found.get(name)?.spec;
    return (
      there !== undefined &&
      COMPARED.some((field) => !sameJson(there[field] ?? null, spec[field] ?? null))
    );
  });
  const apply = "apply what `npx sallyport rbac` prints";
  if (missing.length > 0)
    return {
      verdict: "wrong",
      subject,
      text: `${namesOf(missing)}: missing, or not bound to deny: whoever steals the worker's token may do all that its roles allow; ${apply}`,
    };
  return older.length > 0
    ? {
        verdict: "wrong",
        subject,
        text: `${namesOf(older)}: of another version or configuration of Sallyport: probes or objects of the mesh may be refused; ${apply}`,
      }
    : { verdict: "fine", subject, text: "in place, of this version and configuration" };
}

/** What says which worker it is, is left out. */
const COMPARED = ["failurePolicy", "variables", "validations"] as const;

function policiesOf(config: Config, cluster: Cluster): readonly Policy[] {
  return rightsOf({ config, cluster, worker: "" })
    .map((document) => Policy.parse(document.toJS()))
    .filter(
      ({ kind, metadata }) =>
        kind === "ValidatingAdmissionPolicy" && metadata.name.startsWith("sallyport-fence-"),
    );
}

function namesOf(policies: readonly Policy[]): string {
  return someOf(
    policies.map(({ metadata }) => `ValidatingAdmissionPolicy ${metadata.name}`),
    3,
  );
}
