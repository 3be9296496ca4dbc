import type { Refusal } from "#src/domain/outcome.ts";
import { asksForEgress } from "#src/domain/request/kinds.ts";
import type { AdminPlan, AnyRequest, Plan } from "#src/domain/request/request.ts";
import { makeAdminPlan } from "./admin/make-admin-plan.ts";
import type { LanePorts } from "./lane-ports.ts";
import { makePlan } from "./make-plan.ts";

/** The plan of what is asked, of whichever kind, or why there is none. */
export function makeAnyPlan(
  ports: LanePorts,
  { id, asked }: Pick<AnyRequest, "id" | "asked">,
  onSeen?: (requestId: string) => void,
): Promise<Plan | AdminPlan | Refusal> {
  return asksForEgress(asked)
    ? makePlan(ports, { id, asked }, onSeen)
    : makeAdminPlan(ports, { id, asked });
}
