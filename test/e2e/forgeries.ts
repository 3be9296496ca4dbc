import { createSigner, generateKeyPair } from "#src/adapters/keys/keys.ts";
import type { Admission, Decision, RequestRecord } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";

const DAY = 86_400_000;

/** Somebody who can write to Redis, and has a key, but none of ours. */
const thief = createSigner(generateKeyPair().privateKey);

interface Others {
  readonly active: RequestRecord;
  /** The ended request as it was stored while it was active, every signature good. */
  readonly wasActive: RequestRecord;
}

interface Forgery {
  readonly what: string;
  /** Whose record is changed. */
  readonly of: "pending" | "active" | "ended";
  /** What is stored instead; nothing = the record is deleted. */
  readonly edit: (record: RequestRecord, others: Others) => RequestRecord | "garbage" | undefined;
}

/** What somebody who can write to Redis may try, to open, widen, lengthen or close something. */
export const FORGERIES: readonly Forgery[] = [
  {
    what: "an approval without any decision",
    of: "pending",
    edit: (record) => ({ ...record, state: "approved" }),
  },
  {
    what: "an approval with a decision signed by another key",
    of: "pending",
    edit: (record) => ({ ...record, state: "approved", decisions: [forgedDecision(record)] }),
  },
  {
    what: "an approval with the decision of another request",
    of: "pending",
    edit: (record, { active: { decisions } }) => ({ ...record, state: "approved", decisions }),
  },
  {
    what: "an admission signed by another key",
    of: "pending",
    edit: (record) => {
      const decision = forgedDecision(record);
      const admission = thief.sign("admission", admissionOf(record, decision));
      return { ...record, state: "applying", decisions: [decision], admission };
    },
  },
  {
    what: "the admission of another request",
    of: "pending",
    edit: (record, { active: { decisions, admission } }) => ({
      ...record,
      state: "applying",
      decisions,
      admission: present(admission),
    }),
  },
  {
    what: "a state that claims an admission",
    of: "pending",
    edit: (record) => ({ ...record, state: "applying" }),
  },
  {
    what: "a later end in the activation",
    of: "active",
    edit: (record) => {
      const activation = present(record.activation);
      const payload = { ...activation.payload, endsAt: activation.payload.endsAt + 300 * DAY };
      return { ...record, activation: { ...activation, payload } };
    },
  },
  {
    what: "an activation of the thief's own with a later end",
    of: "active",
    edit: (record) => {
      const { payload } = present(record.activation);
      const later = { ...payload, endsAt: payload.endsAt + 300 * DAY };
      return { ...record, activation: thief.sign("activation", later) };
    },
  },
  {
    what: "a later latest end in the admission",
    of: "active",
    edit: (record) =>
      editGrants(record, (grant) => ({ ...grant, latestEnd: grant.latestEnd + 300 * DAY })),
  },
  {
    what: "a later latest end in what was asked",
    of: "active",
    edit: (record) => ({
      ...record,
      asked: { ...record.asked, latestEnd: record.asked.latestEnd + 300 * DAY },
    }),
  },
  {
    what: "a wider scope in what was asked",
    of: "active",
    edit: (record) => ({
      ...record,
      asked: { ...record.asked, scope: { ...record.asked.scope, serviceAccounts: [] } },
    }),
  },
  {
    what: "a wider scope in the admission",
    of: "active",
    edit: (record) =>
      editGrants(record, (grant) => ({
        ...grant,
        scope: { ...grant.scope, serviceAccounts: [] },
      })),
  },
  {
    what: "a wider scope in both",
    of: "active",
    edit: (record) => {
      const scope = { ...record.asked.scope, serviceAccounts: ["default", "feeds"] };
      const widened = editGrants(record, (grant) => ({ ...grant, scope }));
      return { ...widened, asked: { ...record.asked, scope } };
    },
  },
  {
    what: "an end without a signed end",
    of: "active",
    edit: (record) => ({ ...record, state: "ended" }),
  },
  {
    what: "a removal without a signed end",
    of: "active",
    edit: (record) => ({ ...record, state: "ending" }),
  },
  {
    what: "a revocation signed by another key",
    of: "active",
    edit: (record) => ({
      ...record,
      state: "ending",
      decisions: [...record.decisions, forgedDecision(record, "revoke")],
    }),
  },
  {
    what: "an end signed by another key",
    of: "active",
    edit: (record) => ({
      ...record,
      state: "ending",
      end: thief.sign("end", { requestId: record.id, cause: "expired" as const, at: Date.now() }),
    }),
  },
  {
    what: "the end and the revocation of an ended grant taken away",
    of: "ended",
    edit: ({ end: _end, ...record }) => ({
      ...record,
      decisions: record.decisions.filter(({ payload }) => payload.verdict !== "revoke"),
    }),
  },
  {
    what: "the end of an ended grant taken away, and its state put back to active",
    of: "ended",
    edit: ({ end: _end, ...record }) => ({ ...record, state: "active" }),
  },
  {
    what: "an ended grant put back as it was stored while it was active",
    of: "ended",
    edit: (_record, { wasActive }) => wasActive,
  },
  {
    what: "the clock of an active grant started again",
    of: "active",
    edit: ({ activation: _activation, ...record }) => ({ ...record, state: "verifying" }),
  },
  {
    what: "the record of an active grant overwritten",
    of: "active",
    edit: () => "garbage",
  },
  {
    what: "the record of an active grant deleted",
    of: "active",
    edit: () => undefined,
  },
];

function forgedDecision(
  record: RequestRecord,
  verdict: Decision["verdict"] = "approve",
): Signed<Decision> {
  return thief.sign("decision", {
    id: `forged-${verdict}`,
    requestId: record.id,
    verdict,
    grantDigest: present(record.plan).grantDigest,
    by: { userId: "U0SAM00000", teamId: record.asked.by.teamId },
    entitlement: { kind: "group", group: "S0SECURITY", checkedAt: Date.now() },
    surface: "button",
    eventId: "forged",
    at: Date.now(),
  });
}

function admissionOf(record: RequestRecord, { payload }: Signed<Decision>): Admission {
  const { cluster, team, gateway, scope, destination, durationMs, latestEnd } = record.asked;
  const { grantDigest, namespaceUid, steps } = present(record.plan);
  return {
    requestId: record.id,
    grants: [{ id: record.id, cluster, team, gateway, scope, destination, durationMs, latestEnd }],
    grantDigest,
    decisions: [payload.id],
    namespaceUid,
    steps,
    at: Date.now(),
  };
}

/** The admission edited, its signature left as it was. */
function editGrants(
  record: RequestRecord,
  edit: (grant: Admission["grants"][number]) => Admission["grants"][number],
): RequestRecord {
  const admission = present(record.admission);
  const payload = { ...admission.payload, grants: admission.payload.grants.map(edit) };
  return { ...record, admission: { ...admission, payload } };
}

function present<Value>(value: Value | undefined | null): Value {
  if (value === undefined || value === null) throw new Error("it is not there");
  return value;
}
