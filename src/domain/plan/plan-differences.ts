import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { Plan, PlanDifference } from "../request/request.ts";

/** Kept of one pair of plans: a card has room for few, and more than these say the same. */
const KEPT = 30;
const LONGEST = 300;

/**
 * What differs between two plans of one request, as people would look for it: what the approval is bound to, each step,
 * each field of each Istio object. Sorted by path; long values are cut.
 */
export function planDifferences(before: Plan, after: Plan): readonly PlanDifference[] {
  const [one, other] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((path) => one.get(path) !== other.get(path))
    .toSorted()
    .slice(0, KEPT)
    .map((path) => ({ path, before: shown(one.get(path)), after: shown(other.get(path)) }));
}

function shown(leaf: string | undefined): string {
  const text = leaf ?? "";
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

function leavesOf({ basis, steps, yaml }: Plan): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  addLeaves(leaves, "", basis);
  for (const { kind, target, spec } of steps)
    leaves.set(`step ${kind} ${target}`, JSON.stringify(spec));
  for (const document of parseAllDocuments(yaml)) {
    const { kind, metadata, ...rest } = CompiledObject.parse(document.toJS());
    const name = `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
    addLeaves(leaves, name, { ...rest, metadata: { labels: metadata.labels } });
  }
  return leaves;
}

const CompiledObject = z.looseObject({
  kind: z.string(),
  metadata: z.object({
    namespace: z.string().optional(),
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});

/** A list of plain values is one leaf: its members mean little by themselves. */
function addLeaves(leaves: Map<string, string>, path: string, value: unknown): void {
  if (typeof value !== "object" || value === null || isPlainList(value)) {
    if (value !== undefined) leaves.set(path, JSON.stringify(value));
    return;
  }
  for (const [key, inner] of Object.entries(value))
    addLeaves(leaves, path === "" ? key : `${path}.${key}`, inner);
}

function isPlainList(value: object): boolean {
  return (
    Array.isArray(value) &&
    value.every((entry: unknown) => typeof entry !== "object" || entry === null)
  );
}
