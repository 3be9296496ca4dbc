import {
  type DefinitionProblem,
  definitionProblem,
  OWN_KINDS,
  type OwnKind,
} from "./definitions.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "./kubernetes-object.ts";

/** Why nothing of a cluster may be written but ends that are known. */
export type BlockedReason =
  | "no-namespace"
  | "namespace-terminating"
  | "namespace-of-another-instance"
  | "no-crd"
  | "crd-terminating"
  | "crd-older"
  | "crd-unreadable";

/** What the grants of a cluster rest on: read after them, since either begins to go before its first grant does. */
export interface Footing {
  /** The instance's own namespace. */
  readonly namespace: KubernetesObject | undefined;
  readonly definitions: ReadonlyMap<OwnKind, KubernetesObject | "unreadable" | undefined>;
}

export interface Standing {
  readonly blocked: BlockedReason | undefined;
  /** A deletion of a grant may be that of its namespace or definition, and is nobody's revoke. */
  readonly terminating: boolean;
}

/** How the grants of a cluster stand on what is there. Pure. */
export function standingOf({ namespace, definitions }: Footing, instance: string): Standing {
  const ofNamespace = namespaceProblem(namespace, instance);
  const problems = new Map(
    OWN_KINDS.map((kind) => {
      const found = definitions.get(kind);
      return [kind, found === "unreadable" ? found : definitionProblem(kind, found)] as const;
    }),
  );
  const ofGrants = problems.get("EgressGrant");
  return {
    blocked: ofNamespace ?? blockedBy(ofGrants, new Set(problems.values())),
    terminating:
      ofNamespace === "namespace-terminating" || (ofGrants !== undefined && ofGrants !== "older"),
  };
}

/** Whether the grants of a cluster are known all the same, so that their ends are carried out. */
export function areGrantsKnown(blocked: BlockedReason | undefined): boolean {
  return (
    blocked !== "no-namespace" &&
    blocked !== "namespace-of-another-instance" &&
    blocked !== "no-crd"
  );
}

function namespaceProblem(
  namespace: KubernetesObject | undefined,
  instance: string,
): BlockedReason | undefined {
  if (namespace === undefined) return "no-namespace";
  const of = namespace.metadata.labels?.[INSTANCE_LABEL];
  if (of !== undefined && of !== instance) return "namespace-of-another-instance";
  return namespace.metadata.deletionTimestamp === undefined ? undefined : "namespace-terminating";
}

type Problem = DefinitionProblem | "unreadable";

/** Without the definition of grants there are none; without another, what they rest on cannot be written. */
function blockedBy(
  ofGrants: Problem | undefined,
  all: ReadonlySet<Problem | undefined>,
): BlockedReason | undefined {
  if (ofGrants === "missing" || ofGrants === "not-served") return "no-crd";
  if (all.has("terminating")) return "crd-terminating";
  if (all.has("unreadable")) return "crd-unreadable";
  return [...all].some((problem) => problem !== undefined) ? "crd-older" : undefined;
}
