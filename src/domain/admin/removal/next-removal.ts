import type { Step } from "../../request/request.ts";
import { leftText, type RemovalSight, removables } from "./removable.ts";

/** What a removal does next: one write, or a wait for what the last one brought about. */
export type RemovalAction =
  | { readonly kind: "write"; readonly step: Step }
  | { readonly kind: "wait"; readonly step: Step; readonly for: string }
  /** Nothing of what was approved is left that may go. `left`: what stays, and why. */
  | { readonly kind: "done"; readonly left: readonly string[] };

/** What is seen beside that, of what goes by itself. */
export interface Leaving {
  /** Its Deployment is still there. */
  readonly deployed: boolean;
  /** Of its StaticGatewayConfiguration and namespace, where they are being deleted: what they wait for. */
  readonly deleting: Readonly<Partial<Record<Step["kind"], string>>>;
}

/**
 * The next action of an approved removal. Pure, and from what is seen alone: interrupted anywhere, it goes on. Nothing is
 * taken away that was not shown, that something else uses now, or before the gateway itself is gone.
 */
export function nextRemoval(
  approved: readonly Step[],
  sight: RemovalSight,
  { deployed, deleting }: Leaving,
): RemovalAction {
  const there = removables(sight, approved);
  const next = there.find(({ stays }) => stays === undefined);
  if (next === undefined) return { kind: "done", left: there.map(leftText) };
  const { step } = next;
  if (step.kind === "egress-gateway") return { kind: "write", step };
  // Also where somebody else disabled it: its pods may still carry traffic.
  if (deployed) return { kind: "wait", step, for: "its pods to go" };
  const waitsFor = deleting[step.kind];
  return waitsFor === undefined ? { kind: "write", step } : { kind: "wait", step, for: waitsFor };
}
