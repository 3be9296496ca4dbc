import { type AdmissionGuard, judgeAdmission } from "#src/domain/evidence/guards/admission.ts";
import {
  judgeNetwork,
  type NetworkGuard,
  type NetworkInput,
} from "#src/domain/evidence/guards/network.ts";
import type { Surroundings } from "#src/domain/plan/others/interference.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { listAllowed } from "#src/requests/observe/surroundings.ts";

/** What keeps a team from going round the gateway; of any origin. */
export interface Guards {
  /** Whether some NetworkPolicy of the namespace is about egress. */
  readonly network: NetworkGuard;
  /** Whether ValidatingAdmissionPolicies keep the team from writing egress objects. */
  readonly admission: AdmissionGuard;
  /** Sidecars for chosen pods, for which the probe cannot speak. */
  readonly partialBy: readonly string[];
}

export async function observeGuards(
  mesh: Pick<Mesh, "list" | "get">,
  namespace: string,
  {
    surroundings,
    asked,
  }: {
    readonly surroundings: Surroundings;
    readonly asked: NetworkInput["asked"];
  },
): Promise<Guards> {
  const sidecars = await mesh.list("Sidecar", { namespace });
  return {
    network: judgeNetwork({
      namespace,
      objects: surroundings.objects,
      unseen: surroundings.unseen.filter((kind) => kind.endsWith("NetworkPolicy")),
      asked,
    }),
    admission: await observeAdmission(mesh, namespace),
    partialBy: sidecars
      .filter(({ spec }) => spec?.["workloadSelector"] !== undefined)
      .map(({ metadata }) => metadata.name),
  };
}

async function observeAdmission(
  mesh: Pick<Mesh, "list" | "get">,
  namespace: string,
): Promise<AdmissionGuard> {
  const policies = await listAllowed(mesh, "ValidatingAdmissionPolicy");
  const bindings = await listAllowed(mesh, "ValidatingAdmissionPolicyBinding");
  if (policies === "forbidden" || bindings === "forbidden")
    return {
      kind: "unclear",
      why: ["the worker may not list these policies; apply what `npx sallyport rbac` prints"],
    };
  const found = await mesh.get({ kind: "Namespace", name: namespace });
  // Kubernetes gives every namespace this label.
  const namespaceLabels = {
    ...found?.metadata.labels,
    "kubernetes.io/metadata.name": namespace,
  };
  return judgeAdmission({ policies, bindings, namespace, namespaceLabels });
}
