import { asksForEgress } from "#src/domain/request/kinds.ts";
import { madeAt } from "#src/domain/kubernetes-object.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type {
  ClosedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { RequestRecord, RequestDecision } from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import { openStatement, type Signed } from "#src/domain/request/signed/signature.ts";
import { sameJson } from "#src/domain/canonical.ts";
import type { LanePorts } from "./lane-ports.ts";

/**
 * A stored request as its EgressGrant tells it, for a Redis that lost or never had it; undefined where the object's own
 * request is not the bot's. It gives no right: lanes read the object.
 */
export function recordFrom(
  { trust }: Pick<LanePorts, "trust">,
  judged: OpenGrant | ClosedGrant,
  { state, now }: { readonly state: RequestState; readonly now: number },
): Omit<RequestRecord, "version"> | undefined {
  const { spec, object, admission, grant } = judged;
  const at = madeAt(object) || now;
  const request = openStatement(trust, spec.statements.request, { kind: "request", at });
  if (!request.opened || request.statement.payload.requestId !== spec.id) return undefined;
  const { asked } = request.statement.payload;
  if (!asksForEgress(asked)) return undefined;
  if (!sameJson(grantsAsked({ id: spec.id, asked })[0]?.scope, grant.scope)) return undefined;
  const plan = openStatement(trust, spec.statements.plan, { kind: "plan", at });
  const card = openStatement(trust, spec.statements.card, { kind: "card", at });
  const activation = "activation" in judged ? judged.activation : undefined;
  return {
    id: spec.id,
    kind: "grant",
    state,
    since: now,
    asked,
    request: request.statement,
    decisions: decisionsOf(trust, spec.statements.decisions, at),
    ...(plan.opened ? { planned: plan.statement } : {}),
    ...(card.opened ? { card: card.statement } : {}),
    ...(admission === undefined ? {} : { admission }),
    ...(activation === undefined ? {} : { activation }),
  };
}

function decisionsOf(
  trust: LanePorts["trust"],
  raw: readonly unknown[],
  at: number,
): readonly Signed<RequestDecision>[] {
  return raw.flatMap((each) => {
    const opened = openStatement(trust, each, { kind: "decision", at });
    if (!opened.opened) return [];
    const { payload, envelope } = opened.statement;
    return payload.about === "request" ? [{ payload, envelope }] : [];
  });
}
