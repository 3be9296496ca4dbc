import type { DecisionAct, DecisionInput } from "#src/domain/approval/decision-check.ts";
import { openStatements } from "#src/domain/approval/opened-statements.ts";
import type { Plan, RequestRecord } from "#src/domain/request/request.ts";
import {
  aKeyring,
  anAsked,
  aPlanStatement,
  aRequest,
  GRANT_DIGEST,
  NINE,
} from "#test/support/signed-request.ts";
import { aShownPlan, aShownRequest } from "#test/support/shown-plan.ts";

export const KEYS = aKeyring();
export const MINUTE = 60_000;
export const NOW = NINE + 5 * MINUTE;
export const SECURITY = { userId: "U0SECURITY", teamId: "T0HOME" };
export const CHANNEL = "C0SECURITY";
export const CARD_TS = "1772442001.000100";

export function shownPlan(change: Partial<Plan> = {}): Plan {
  return aShownPlan({ asked: anAsked() }, change);
}

export function waiting(change: Partial<RequestRecord> = {}): RequestRecord {
  return aShownRequest(KEYS, change);
}

export const CLICK: DecisionAct = {
  requestId: "EG-7QK4M",
  verdict: "approve",
  by: SECURITY,
  byApp: false,
  surface: "button",
  eventId: "event-1",
  at: NINE + 10_000,
  shown: { on: "message", channel: CHANNEL, ts: CARD_TS, grantDigest: GRANT_DIGEST },
};

export const TYPED: DecisionAct = {
  ...CLICK,
  surface: "typed",
  shown: { on: "thread", channel: CHANNEL, threadTs: CARD_TS, code: "3f9a0c1d" },
};

export const MEMBER = {
  userId: SECURITY.userId,
  teamId: "T0HOME",
  deactivated: false,
  bot: false,
  guest: false,
  stranger: false,
};

export function inputOf(
  record: RequestRecord,
  act: DecisionAct,
  change: Partial<DecisionInput> = {},
): DecisionInput {
  return {
    act,
    record,
    statements: openStatements(record, KEYS.trust, NOW),
    reportedOpen: false,
    person: { ...MEMBER, userId: act.by.userId },
    homeTeam: "T0HOME",
    groups: [{ group: "S0SECURITY", users: [SECURITY.userId], checkedAt: NOW - 5000 }],
    rights: { approvers: { groups: ["S0SECURITY"], users: [] }, teamGroup: "S0TEAMX" },
    now: NOW,
    configDigest: "c".repeat(64),
    ...change,
  };
}

export function plannedOf() {
  return aPlanStatement(KEYS, aRequest(KEYS));
}

export function onMessage(change: object) {
  return {
    on: "message" as const,
    channel: CHANNEL,
    ts: CARD_TS,
    grantDigest: GRANT_DIGEST,
    ...change,
  };
}

export function inThread(change: object) {
  return {
    on: "thread" as const,
    channel: CHANNEL,
    threadTs: CARD_TS,
    code: "3f9a0c1d",
    ...change,
  };
}
