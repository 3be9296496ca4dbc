import { isRefusal } from "#src/domain/outcome.ts";
import type { LanePorts } from "./lane-ports.ts";
import { makePlan } from "./make-plan.ts";
import { transition } from "./transition.ts";

/** Makes the plan a person will read, or says why there is none. While nobody has decided it may be made again. */
export async function planRequest(ports: LanePorts, requestId: string): Promise<void> {
  const record = await ports.store.get(requestId);
  if (record?.state !== "planning") return;
  const plan = await makePlan(ports, record);
  await transition(ports, requestId, (current) => {
    if (current.state !== "planning") return undefined;
    if (isRefusal(plan)) {
      return {
        event: "refused",
        patch: { refusal: plan },
        actor: "worker",
        details: { reason: plan.reason },
      };
    }
    return {
      event: "planned",
      patch: { plan },
      actor: "worker",
      details: {
        grantDigest: plan.grantDigest,
        rule: plan.rule,
        steps: plan.steps.map(({ kind }) => kind),
      },
    };
  });
}
