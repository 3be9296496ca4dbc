import { isLive, type RequestEvent, type RequestState } from "../request/lifecycle.ts";
import type { DecisionVerdict } from "../request/request.ts";

type Places = Readonly<Partial<Record<RequestState, RequestEvent>>>;

/** Where each verdict has a place among requests that are not admitted, and what it is there. */
const NOT_ADMITTED: Readonly<Record<DecisionVerdict, Places>> = {
  approve: { pending: "approved" },
  deny: { pending: "no" },
  // Without a card nobody can have approved: nothing has to be spent in the cluster.
  cancel: { planning: "cancelled", pending: "no", approved: "no" },
  revoke: { approved: "no" },
};

/**
 * What a verdict does to a request in this state; undefined where it comes too late, or too early. What a lane reports as
 * open can be revoked, whatever state the store has it in. `inPart`: one of several grants, of which each has a place only
 * while it is open.
 */
export function eventOf(
  verdict: DecisionVerdict,
  state: RequestState,
  { reportedOpen, inPart }: { readonly reportedOpen: boolean; readonly inPart?: boolean },
): RequestEvent | undefined {
  const isOpen = isLive(state) || reportedOpen;
  if (inPart === true) return verdict === "revoke" && isOpen ? "revoked-in-part" : undefined;
  return verdict === "revoke" && isOpen ? "revoked" : NOT_ADMITTED[verdict][state];
}

/** What was decided, as people say it. */
export const VERDICT_WORDS: Readonly<Record<DecisionVerdict, string>> = {
  approve: "approved",
  deny: "denied",
  cancel: "cancelled",
  revoke: "revoked",
};
