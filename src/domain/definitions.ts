import { z } from "zod";
import {
  apiVersionOf,
  type KubernetesObject,
  OBJECT_KINDS,
  type ObjectRef,
} from "./kubernetes-object.ts";

/** The kinds that are our own custom resources. */
export const OWN_KINDS = ["EgressGrant", "EgressGateway", "EgressCluster"] as const;

export type OwnKind = (typeof OWN_KINDS)[number];

/** Of the CustomResourceDefinitions in deploy/crds: raised by one with each change of a schema. */
export const SCHEMA_NUMBER = 4;
export const SCHEMA_LABEL = "sallyport.dev/schema";

/**
 * What is wrong with the definition of one of our kinds. A newer one than ours is fine: an update of Sallyport begins
 * with it.
 */
export type DefinitionProblem = "missing" | "not-served" | "older" | "terminating";

export function definitionRef(kind: OwnKind): ObjectRef {
  const { plural, group } = OBJECT_KINDS[kind];
  return { kind: "CustomResourceDefinition", name: `${plural}.${group}` };
}

const Definition = z.object({
  spec: z.object({ versions: z.array(z.object({ name: z.string(), served: z.boolean() })) }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .default({ conditions: [] }),
});

/** Undefined where nothing is. That it is being deleted counts first: it is what makes a deletion nobody's revoke. */
export function definitionProblem(
  kind: OwnKind,
  object: KubernetesObject | undefined,
): DefinitionProblem | undefined {
  if (object === undefined) return "missing";
  const { deletionTimestamp, labels } = object.metadata;
  const parsed = Definition.safeParse(object).data;
  const terminating = parsed?.status.conditions.some(
    ({ type, status }) => type === "Terminating" && status === "True",
  );
  if (deletionTimestamp !== undefined || terminating === true) return "terminating";
  const isServed = parsed?.spec.versions.some(
    ({ name, served }) => served && apiVersionOf(kind).endsWith(`/${name}`),
  );
  if (isServed !== true) return "not-served";
  return Number(labels?.[SCHEMA_LABEL] ?? 0) >= SCHEMA_NUMBER ? undefined : "older";
}
