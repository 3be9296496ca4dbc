import {
  approverEntitlement,
  approversText,
  memberRefusal,
  type GroupMembers,
} from "#src/domain/approval/entitlement.ts";
import { next } from "#src/domain/request/lifecycle.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { type Approvers, evaluatePolicy } from "#src/domain/approval/policy.ts";
import type {
  Decision,
  DecisionVerdict,
  Entitlement,
  Person,
  RequestRecord,
} from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { PersonFacts } from "#src/ports/identity.ts";
import type { BotPorts } from "../bot-ports.ts";
import { outcomeWords } from "../render/outcome.ts";

/** A person's decision as it reaches the bot, from whichever surface. */
export interface Decided {
  readonly requestId: string;
  readonly verdict: DecisionVerdict;
  /** The plan the person had before them; for a revoke, what was admitted. */
  readonly digest: string;
  readonly by: Person;
  readonly surface: Decision["surface"];
  readonly eventId: string;
  readonly reason?: string;
}

export type DecisionResult =
  | Refusal
  | { readonly outcome: "recorded"; readonly record: RequestRecord };

/** What happens to a request by a decision, and what that is called. */
export const EVENTS = { approve: "approved", deny: "denied", revoke: "revoked" } as const;

/**
 * Records a decision, or says why not. Who decides is looked up now; a look-up that fails is never a yes. The first
 * durable decision wins: a later one is told who was faster.
 */
export async function decide(ports: BotPorts, decided: Decided): Promise<DecisionResult> {
  try {
    return await tryDecide(ports, decided);
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    ports.log.warn(
      { requestId: decided.requestId, reason: error },
      "a decision could not be recorded",
    );
    return refuse("NotRecorded", {
      what: `your decision on ${decided.requestId} was not recorded`,
      why: "Slack or Sallyport's store did not answer, so who you are or what is decided could not be made sure",
      fix: "try again in a minute",
    });
  }
}

async function tryDecide(ports: BotPorts, decided: Decided): Promise<DecisionResult> {
  for (;;) {
    const record = await ports.store.get(decided.requestId);
    if (record === undefined) return unknownRequest(decided.requestId);
    // Handled before, and the process ended before it could answer.
    if (recordedBy(record, decided.eventId) !== undefined) return { outcome: "recorded", record };
    const problem = stateProblem(record, decided);
    if (problem !== undefined) return problem;
    const entitlement = await entitlementOf(ports, record, decided);
    if (isRefusal(entitlement)) return entitlement;
    const written = await write(ports, record, { decided, entitlement });
    if (written !== undefined) return { outcome: "recorded", record: written };
  }
}

/** The decision a person made by this event or click, where it is in the record already. */
export function recordedBy({ decisions }: RequestRecord, eventId: string): Decision | undefined {
  return decisions.find(({ payload }) => payload.eventId === eventId)?.payload;
}

export function unknownRequest(id: string): Refusal {
  return refuse("UnknownRequest", {
    what: `nothing was done for ${id}`,
    why: "there is no request of that id",
    fix: "see `@sallyport list` for the ids there are",
  });
}

function stateProblem(record: RequestRecord, decided: Decided): Refusal | undefined {
  const { id, state } = record;
  if (next(state, EVENTS[decided.verdict]) === undefined) {
    return refuse("AlreadyDecided", {
      what: `your decision on ${id} changes nothing`,
      why: outcomeWords(record),
      fix: afterwards(record, decided),
    });
  }
  const current =
    decided.verdict === "revoke" ? record.admission?.payload.grantDigest : record.plan?.grantDigest;
  if (current === decided.digest) return undefined;
  return refuse("PlanChanged", {
    what: `your decision on ${id} was not recorded`,
    why: "the plan changed after the message you decided on",
    fix: "read the card as it is now, and decide again",
  });
}

function afterwards({ id, state }: RequestRecord, { verdict }: Decided): string {
  if (verdict !== "revoke") return "ask again if something else is needed";
  return next(state, "cancelled") === undefined
    ? `see \`@sallyport status ${id}\``
    : `who asked can take it back: \`@sallyport cancel ${id}\``;
}

async function entitlementOf(
  ports: BotPorts,
  record: RequestRecord,
  decided: Decided,
): Promise<Entitlement | Refusal> {
  const person = await ports.identity.person(decided.by.userId);
  const now = ports.clock.now();
  if (decided.verdict === "revoke" && mayAlwaysRevoke(person, record))
    return { kind: "requester", checkedAt: now };
  const refusal = memberRefusal(person, await ports.identity.homeTeam());
  if (refusal !== undefined || person === undefined) return refusal ?? unknownRequest(record.id);
  const approvers = approversOf(ports, record);
  if (decided.verdict === "revoke") {
    const groups = revokerGroups(ports, record);
    const entitled = approverEntitlement(
      person,
      { requester: "", approvers: { ...approvers, groups }, now },
      await groupsOf(ports, groups),
    );
    if (!isRefusal(entitled)) return entitled;
    return refuse("MayNotRevoke", {
      what: `${record.id} was not revoked`,
      why: `that is for who asked (<@${record.asked.by.userId}>), the team and the approvers: ${approversText({ ...approvers, groups })}`,
      fix: "ask one of them",
    });
  }
  const request = { requester: record.asked.by.userId, approvers, now };
  return approverEntitlement(person, request, await groupsOf(ports, approvers.groups));
}

/** Who asked may take it back, guests too: a live account of a person is all it takes. */
function mayAlwaysRevoke(person: PersonFacts | undefined, { asked }: RequestRecord): boolean {
  return person?.userId === asked.by.userId && !person.deactivated && !person.bot;
}

/** By the policy as configured now, not by what is stored. */
export function approversOf({ config }: BotPorts, { asked }: RequestRecord): Approvers {
  const { action } = evaluatePolicy(config.policy, {
    ...asked.destination,
    team: asked.team,
    cluster: asked.cluster,
    requester: asked.by.userId,
    durationMs: asked.durationMs ?? asked.latestEnd - asked.at,
  });
  return action.kind === "ask" ? action.approvers : config.policy.approvers;
}

/** The team's own group may close what was opened for it. */
function revokerGroups(ports: BotPorts, record: RequestRecord): readonly string[] {
  const team = ports.config.directory.teams.find(({ name }) => name === record.asked.team);
  const { groups } = approversOf(ports, record);
  return team?.userGroup === undefined ? groups : [team.userGroup, ...groups];
}

export async function groupsOf(
  ports: Pick<BotPorts, "identity">,
  groups: readonly string[],
): Promise<readonly GroupMembers[]> {
  const found: GroupMembers[] = [];
  for (const group of groups) found.push({ group, ...(await ports.identity.members(group)) });
  return found;
}

async function write(
  ports: BotPorts,
  record: RequestRecord,
  { decided, entitlement }: { readonly decided: Decided; readonly entitlement: Entitlement },
): Promise<RequestRecord | undefined> {
  const { verdict } = decided;
  const state = next(record.state, EVENTS[verdict]);
  if (state === undefined) return undefined;
  const now = ports.clock.now();
  const decision: Decision = {
    id: ports.ids.unique(),
    requestId: record.id,
    verdict,
    grantDigest: decided.digest,
    by: decided.by,
    entitlement,
    surface: decided.surface,
    eventId: decided.eventId,
    at: now,
    ...(decided.reason === undefined ? {} : { reason: decided.reason }),
  };
  const signed = ports.decisionSigner.sign("decision", decision);
  const result = await ports.store.update(record, {
    patch: { decisions: [...record.decisions, signed], state, since: now },
    audit: {
      actor: `user:${decided.by.userId}`,
      event: EVENTS[verdict],
      details: {
        from: record.state,
        to: state,
        decision: decision.id,
        grantDigest: decided.digest,
        entitlement,
        surface: decided.surface,
      },
    },
  });
  if (result.result !== "written") return undefined;
  await followUp(ports, result.record, verdict);
  return result.record;
}

/** What is lost here in a crash, the sweep adds again. */
async function followUp(
  ports: BotPorts,
  record: RequestRecord,
  verdict: DecisionVerdict,
): Promise<void> {
  try {
    await ports.queue.add({ kind: "notify", requestId: record.id });
    if (verdict === "approve") await ports.queue.add({ kind: "admit", requestId: record.id });
    if (verdict === "revoke")
      await ports.queue.add({ kind: "mesh", cluster: record.asked.cluster });
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    ports.log.warn({ requestId: record.id, reason: error }, "a follow-up waits for the sweep");
  }
}
