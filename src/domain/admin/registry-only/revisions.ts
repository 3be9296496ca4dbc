import { isRecord, type JsonRecord } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { type ClosedText, withRegistryOnly } from "./shared-config.ts";
import type { Closable, Work } from "./next-closing.ts";

/** What is seen of one installed revision of the mesh. */
export interface RevisionSight {
  readonly revision: string;
  /** What the add-on's own ConfigMap says, whose values win; undefined where it cannot be read. */
  readonly managed: JsonRecord | undefined;
  /** `istio-shared-configmap-REVISION`, if it is there. */
  readonly shared: KubernetesObject | undefined;
}

/** What each installed revision needs, to refuse what has no entry. Pure; sorted as it is seen. */
export function revisionClosables(revisions: readonly RevisionSight[]): readonly Closable[] {
  return revisions.map((sight) => ({
    step: { kind: "shared-mesh-config", target: sight.revision, spec: {} },
    work: workOf(sight),
  }));
}

export function sharedConfigName(revision: string): string {
  return `istio-shared-configmap-${revision}`;
}

function workOf({ revision, managed, shared }: RevisionSight): Work {
  const name = sharedConfigName(revision);
  if (managed === undefined)
    return {
      kind: "stays",
      why: `the add-on's own ConfigMap istio-${revision} cannot be read, and what it says wins`,
      fix: "ask again once it can be read",
    };
  const policy = managed["outboundTrafficPolicy"];
  const mode = isRecord(policy) ? policy["mode"] : undefined;
  if (mode === "REGISTRY_ONLY") return { kind: "closed" };
  if (mode === "ALLOW_ANY")
    return {
      kind: "stays",
      why: `the add-on's own ConfigMap istio-${revision} says ALLOW_ANY, and what it says wins`,
      fix: "ask for namespaces one by one: `mesh registry-only CLUSTER namespace NAME because …`",
    };
  const text = shared?.data?.["mesh"] ?? "";
  const closed: ClosedText = withRegistryOnly(text);
  if (closed.kind === "unfit")
    return {
      kind: "stays",
      why: `ConfigMap aks-istio-system/${name} is not changed: ${closed.why}`,
      fix: "whoever keeps it puts that right, or writes the line `outboundTrafficPolicy: {mode: REGISTRY_ONLY}` there, then ask again",
    };
  if (shared !== undefined && closed.text === text) return { kind: "closed" };
  return { kind: "write", write: { kind: "shared-mesh-config", name, text: closed.text, shared } };
}
