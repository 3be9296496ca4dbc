import { describe, expect, it } from "@jest/globals";
import {
  approvalOf,
  SPENDABLE_FOR_MS,
  type Turn,
  whoGoesFirst,
} from "#src/domain/approval/admission.ts";
import { newEgressGrant, timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import {
  judgeEgressGrant,
  type GrantJudgement,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import {
  aDecision,
  aGrantOf,
  aKeyring,
  anActiveRequest,
  anAsked,
  aPlanStatement,
  CLUSTER_UID,
  DAY,
  HOUR,
  INSTANCE,
  NAMESPACE_UID,
  NINE,
} from "#test/support/signed-request.ts";

const keys = aKeyring();
const record = anActiveRequest(keys);
const judgedBy = { trust: keys.trust, now: NINE };

describe("an approval", () => {
  it("is worth a day, and no longer", () => {
    const decided = Math.min(...record.decisions.map(({ payload }) => payload.at));

    expect(approvalOf(record, { ...judgedBy, now: decided + DAY })).toMatchObject({
      request: record.request,
    });
    expect(approvalOf(record, { ...judgedBy, now: decided + DAY + 1 })).toBe("over");
  });

  it("of another plan than the one that waits counts for nothing", () => {
    const planned = aPlanStatement(keys, record, { at: NINE + 1 });

    expect(approvalOf({ ...record, planned }, judgedBy)).toBe("no-approval");
  });

  it("by another key is none, whoever it names", () => {
    const forged = aKeyring().decision.sign("decision", aDecision(record, { verdict: "approve" }));

    expect(approvalOf({ ...record, decisions: [forged] }, judgedBy)).toBe("cannot-be-verified");
  });

  it.each(["planned", "card"] as const)("without a signed %s cannot be verified", (field) => {
    const { [field]: _, ...rest } = record;

    expect(approvalOf(rest, judgedBy)).toBe("cannot-be-verified");
  });
});

const FACTS = {
  cluster: "prod-1",
  uid: CLUSTER_UID,
  namespaces: new Map([["team-x", NAMESPACE_UID]]),
  now: NINE + HOUR,
  terminating: false,
};

/** The EgressGrant of an approved request, made at `at`, that has no admission. */
function waitingGrant(of: RequestRecord, at: number): GrantJudgement {
  const made = newEgressGrant({
    instance: INSTANCE,
    namespace: "sallyport-system",
    record: of,
    grants: [aGrantOf(of)],
  });
  const metadata = { ...made.metadata, uid: of.id, creationTimestamp: timeText(at) };
  const judging = { trust: keys.trust, facts: FACTS, ends: [] };
  const [judged] = judgeEgressGrant({ ...made, metadata }, judging) ?? [];
  if (judged === undefined) throw new Error("unreadable");
  return judged;
}

const EARLIER = NINE + 30 * 60_000;
const other = anActiveRequest(keys, { id: "EG-00001" });
const elsewhere = anActiveRequest(keys, {
  id: "EG-00002",
  asked: anAsked({ scope: { namespace: "team-y", serviceAccounts: [] } }),
});
const older = waitingGrant(other, EARLIER);
const own = waitingGrant(record, FACTS.now);
const decidedAt = other.decisions[0]?.payload.at ?? 0;

function first(turn: Partial<Turn>): string | undefined {
  return whoGoesFirst({
    own: { object: own.object, namespace: "team-x" },
    waiting: [own],
    open: [],
    seen: new Set(),
    spent: new Set(),
    trust: keys.trust,
    now: FACTS.now,
    ...turn,
  })?.requestId;
}

describe("who is admitted first", () => {
  it("is the older one of those that wait in its namespace, and nobody else", () => {
    const younger = waitingGrant(other, FACTS.now + HOUR);

    expect(first({ waiting: [own, older] })).toBe("EG-00001");
    expect(first({ waiting: [own, younger] })).toBeUndefined();
    expect(first({ waiting: [own, waitingGrant(elsewhere, EARLIER)] })).toBeUndefined();
  });

  it("is nobody who can never be admitted: not approved, over, used up, or not signed by us", () => {
    const waiting = [own, older];
    const plan = envelopeDigest(other.planned?.envelope ?? record.request.envelope);
    const denied = aDecision(other, { verdict: "deny" });

    for (const decisions of [[], [keys.decision.sign("decision", denied)]])
      expect(first({ waiting: [waitingGrant({ ...other, decisions }, EARLIER)] })).toBeUndefined();
    expect(first({ waiting, now: decidedAt + SPENDABLE_FOR_MS })).toBe("EG-00001");
    expect(first({ waiting, now: decidedAt + SPENDABLE_FOR_MS + 1 })).toBeUndefined();
    expect(first({ waiting, spent: new Set([plan]) })).toBeUndefined();
    expect(first({ waiting, trust: aKeyring().trust })).toBeUndefined();
  });

  it("is whoever was admitted since its plan was made", () => {
    const open = [older];

    expect(first({ open })).toBe("EG-00001");
    expect(first({ open, seen: new Set(["EG-00001"]) })).toBeUndefined();
    expect(first({ open: [waitingGrant(elsewhere, EARLIER)] })).toBeUndefined();
    expect(first({ open: [own] })).toBeUndefined();
  });
});
