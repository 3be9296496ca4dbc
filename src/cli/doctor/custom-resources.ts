import {
  type DefinitionProblem,
  definitionProblem,
  definitionRef,
  OWN_KINDS,
  type OwnKind,
} from "#src/domain/definitions.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { Finding } from "./finding.ts";

const INSTALL = "`npx sallyport crds | kubectl apply -f -`";

const BY_PROBLEM: Readonly<Record<DefinitionProblem | "unreadable", string>> = {
  missing: `not installed; ${INSTALL}`,
  "not-served": `not served in the version that is needed; ${INSTALL}`,
  older: `older than this version of Sallyport; ${INSTALL}`,
  terminating: `being deleted, which cannot be taken back: what is open stays open until it ends. Revoke what is left, wait until \`kubectl get crd\` does not list it any more, then ${INSTALL}`,
  unreadable:
    "not allowed to get its CustomResourceDefinition; apply what `npx sallyport rbac` prints",
};

/** Without them nothing opens: an API server that does not know our kinds is never taken for one without grants. */
export async function resourceFindings(
  mesh: Mesh,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
): Promise<readonly Finding[]> {
  const subject = `custom resources ${cluster}`;
  const wrong = [
    ...(await namespaceProblems(mesh, namespace)),
    ...(await definitionProblems(mesh)),
  ];
  return wrong.length === 0
    ? [{ verdict: "fine", subject, text: "installed, of this version" }]
    : wrong.map((text) => ({ verdict: "wrong", subject, text }));
}

async function namespaceProblems(mesh: Mesh, name: string): Promise<readonly string[]> {
  const system = await mesh.get({ kind: "Namespace", name });
  const make = `\`kubectl create namespace ${name}\``;
  if (system === undefined) return [`namespace ${name} is missing; ${make}`];
  return system.metadata.deletionTimestamp === undefined
    ? []
    : [`namespace ${name} is being deleted: nothing new opens; when it is gone, ${make}`];
}

/** Each problem once, with those that have it. */
async function definitionProblems(mesh: Mesh): Promise<readonly string[]> {
  const found = await Promise.all(
    OWN_KINDS.map(async (kind) => ({
      name: definitionRef(kind).name,
      problem: await problemOf(mesh, kind),
    })),
  );
  return [...Map.groupBy(found, ({ problem }) => problem)].flatMap(([problem, having]) =>
    problem === undefined
      ? []
      : [`${having.map(({ name }) => name).join(", ")}: ${BY_PROBLEM[problem]}`],
  );
}

async function problemOf(
  mesh: Mesh,
  kind: OwnKind,
): Promise<DefinitionProblem | "unreadable" | undefined> {
  try {
    return definitionProblem(kind, await mesh.get(definitionRef(kind)));
  } catch (error) {
    if (error instanceof FatalError && error.code === "Forbidden") return "unreadable";
    throw error;
  }
}
