import { isSameThing } from "../../gateways/memory.ts";
import { refusalText } from "../../kubernetes/after-refusal.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import type { Step } from "../../request/request.ts";
import { thingText } from "../removal/removable.ts";

/** One object that makes a revision, or a namespace, refuse what has no entry. */
export type Write =
  | {
      readonly kind: "shared-mesh-config";
      readonly name: string;
      /** Of its key `mesh`. */
      readonly text: string;
      /** As it was seen; undefined where it is made. */
      readonly shared: KubernetesObject | undefined;
    }
  | { readonly kind: "sidecar"; readonly object: KubernetesObject };

export type Work =
  | { readonly kind: "closed" }
  | { readonly kind: "write"; readonly write: Write }
  | { readonly kind: "stays"; readonly why: string; readonly fix: string };

/** Something that can be made to refuse what has no entry. */
export interface Closable {
  readonly step: Step;
  readonly work: Work;
}

export type ClosingAction =
  | { readonly kind: "write"; readonly step: Step; readonly write: Write }
  /** Nothing of what was approved is left that can be written. `left`: what stays open, and why. */
  | { readonly kind: "done"; readonly left: readonly string[] };

/**
 * The next action of an approved order. Pure, and from what is seen alone: interrupted anywhere, it goes on, and what is
 * closed already is not written again. Nothing is written that was not approved: a revision that came later is named.
 * `refused`: what the API server answered to what was tried, by the target of its step.
 */
export function nextClosing(
  approved: readonly Step[],
  seen: readonly Closable[],
  refused: ReadonlyMap<string, string> = new Map(),
): ClosingAction {
  for (const { step, work } of seen)
    if (work.kind === "write" && isApproved(approved, step) && !refused.has(step.target))
      return { kind: "write", step, write: work.write };
  const left = seen.flatMap(({ step, work }) => {
    const why = whyLeft(work, {
      isApproved: isApproved(approved, step),
      answer: refused.get(step.target),
    });
    return why === undefined ? [] : [`${thingText(step)}: ${why}`];
  });
  return { kind: "done", left };
}

function whyLeft(
  work: Work,
  of: { readonly isApproved: boolean; readonly answer: string | undefined },
): string | undefined {
  if (work.kind === "closed") return undefined;
  if (!of.isApproved) return "it came after the approval, and was not changed; ask again";
  return work.kind === "stays"
    ? work.why
    : `it was not changed: ${of.answer === undefined ? "not tried" : refusalText(of.answer)}`;
}

function isApproved(approved: readonly Step[], step: Step): boolean {
  return approved.some((each) => isSameThing(each, step));
}
