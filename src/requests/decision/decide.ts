import {
  checkDecision,
  type DecisionAct,
  type Obstacle,
  recordedBy,
} from "#src/domain/approval/decision-check.ts";
import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { groupsFor } from "#src/domain/approval/entitlement-to.ts";
import { openStatements } from "#src/domain/approval/opened-statements.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import type { RequestDecision, AnyRequest } from "#src/domain/request/request.ts";
import { isOverwritten, RetryableError } from "#src/ports/errors.ts";
import { withSignedCard } from "./await-card.ts";
import type { DecidePorts } from "./decide-ports.ts";
import { lookUpGroups } from "./look-up-groups.ts";
import { grantsOn, readBoard } from "../read-board.ts";
import { recordDecision } from "./record-decision.ts";
import { rightsIn } from "./rights-in.ts";

/** What stood in the way of a decision that was refused. */
export type Because = Obstacle | "clock" | "unknown-request";

export type DecisionResult =
  | {
      readonly outcome: "recorded";
      readonly record: AnyRequest;
      readonly decision: RequestDecision;
    }
  | {
      readonly outcome: "refused";
      readonly because: Because;
      readonly refusal: Refusal;
      readonly record: AnyRequest | undefined;
    }
  /** It may be right, and the same again may be recorded. */
  | { readonly outcome: "not-recorded"; readonly refusal: Refusal }
  /** What is stored under this id is no request. */
  | { readonly outcome: "unreadable"; readonly refusal: Refusal };

/**
 * Records a decision, or says why not. Who decides is looked up now; a look-up that fails is never a yes. The first
 * durable decision wins: a later one is told who was faster. The same event again gives the same answer.
 */
export async function decide(ports: DecidePorts, act: DecisionAct): Promise<DecisionResult> {
  try {
    return await tryDecide(ports, act);
  } catch (error) {
    if (error instanceof RetryableError) {
      ports.log.warn({ requestId: act.requestId, reason: error }, "decision not recorded");
      return { outcome: "not-recorded", refusal: notRecorded(act) };
    }
    if (isOverwritten(error)) {
      ports.log.error({ requestId: act.requestId, err: error }, "stored request unreadable");
      return { outcome: "unreadable", refusal: unreadable(act) };
    }
    throw error;
  }
}

/** Somebody else may write the same request in between; each time it is judged anew. */
const ATTEMPTS = 10;

async function tryDecide(ports: DecidePorts, act: DecisionAct): Promise<DecisionResult> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const record = await ports.store.get(act.requestId);
    if (record === undefined)
      return refused("unknown-request", unknownRequest(act.requestId), undefined);
    const earlier = recordedBy(record, act.eventId);
    // Handled before, and the process ended before it could answer.
    if (earlier !== undefined) return { outcome: "recorded", record, decision: earlier };
    const result = await judgeAndRecord(ports, await asRead(ports, record, act), act);
    if (result !== undefined) return result;
  }
  throw new RetryableError(`deciding on ${act.requestId}: somebody else wrote each time`);
}

/** What is approved or denied is what a card shows. */
async function asRead(
  ports: DecidePorts,
  record: AnyRequest,
  { verdict }: DecisionAct,
): Promise<AnyRequest> {
  const onCard = verdict === "approve" || verdict === "deny";
  return onCard ? withSignedCard(ports, record) : record;
}

/** Undefined where somebody else wrote in between. */
async function judgeAndRecord(
  ports: DecidePorts,
  record: AnyRequest,
  act: DecisionAct,
): Promise<DecisionResult | undefined> {
  const clock = clockRefusal(ports.clockCheck.offsetMs(), `${doing(act)} was not recorded`);
  if (clock !== undefined) return refused("clock", clock, record);
  const judged = await judge(ports, record, act);
  if (judged.kind === "refused") {
    if (judged.because === "unverifiable") await tellUnverifiable(ports, record, act);
    return refused(judged.because, judged.refusal, record);
  }
  const written = await recordDecision(ports, record, judged);
  return written && { outcome: "recorded", ...written };
}

async function judge(ports: DecidePorts, record: AnyRequest, act: DecisionAct) {
  const { config, identity, clock } = ports;
  const statements = openStatements(record, ports.trust, clock.now());
  const rights = rightsIn(config, record, act.verdict);
  const byRequester = act.by.userId === record.asked.by.userId;
  const { groups, failure } = await lookUpGroups(
    identity,
    groupsFor(act.verdict, { rights, byRequester }),
  );
  const judged = checkDecision({
    act,
    record,
    statements,
    rights,
    reportedOpen: act.verdict === "revoke" && (await isReportedOpen(ports, record, act.grantId)),
    person: await identity.person(act.by.userId),
    homeTeam: await identity.homeTeam(),
    groups,
    now: clock.now(),
    configDigest: config.digest,
  });
  // Whether one that did not answer would have given the right is not known.
  if (failure !== undefined && judged.kind === "refused" && judged.because === "person")
    throw failure;
  return judged;
}

/** Asked of the board only where the record does not say so itself: it may have been put back to an older one. */
async function isReportedOpen(
  { boards }: Pick<DecidePorts, "boards">,
  { id, state, asked }: AnyRequest,
  grantId: string | undefined,
): Promise<boolean> {
  if (isLive(state)) return true;
  const board = await readBoard(boards, asked.cluster);
  return grantsOn(board, id).some(
    ([each, entry]) => isLive(entry.state) && (grantId ?? each) === each,
  );
}

async function tellUnverifiable(
  ports: DecidePorts,
  { id }: AnyRequest,
  { by }: DecisionAct,
): Promise<void> {
  await ports.store.audit(id, {
    actor: `user:${by.userId}`,
    event: "unverifiable",
    details: {},
  });
  try {
    await ports.announcer.tell(
      `unverifiable:${id}`,
      `${id} cannot be verified: what is stored of it is not what Sallyport signed. Nobody can decide on it. ` +
        "Find out who can write to Redis; who asked has to ask again.",
    );
  } catch (error) {
    // The person is answered all the same; the next one to decide makes it be told again.
    ports.log.error({ requestId: id, err: error }, "message not possible");
  }
}

function refused(
  because: Because,
  refusal: Refusal,
  record: AnyRequest | undefined,
): DecisionResult {
  return { outcome: "refused", because, refusal, record };
}

function doing({ requestId }: DecisionAct): string {
  return `your decision on ${requestId}`;
}

function notRecorded(act: DecisionAct): Refusal {
  return refuse("NotRecorded", {
    what: `${doing(act)} was not recorded`,
    why: "Slack or Sallyport's store did not answer, so who you are or what is decided could not be made sure",
    fix: "try again in a minute",
  });
}

function unreadable(act: DecisionAct): Refusal {
  return refuse("Unreadable", {
    what: `${doing(act)} was not recorded`,
    why: "what is stored of this request is not what Sallyport wrote",
    fix: "tell who runs Sallyport, and ask again with a new request",
  });
}
