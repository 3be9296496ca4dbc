import { createSigner, createVerifier, generateKeyPair } from "#src/adapters/keys/keys.ts";
import type { Verifiers } from "#src/domain/request/belief.ts";
import type { Grant } from "#src/domain/grant.ts";
import type {
  Activation,
  Admission,
  Decision,
  End,
  RequestRecord,
} from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import type { Signer } from "#src/ports/keys.ts";

/** 2026-03-02 09:00 UTC, a Monday. */
export const NINE = Date.UTC(2026, 2, 2, 9);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** The three keys of an installation, made for one test. */
export interface Keyring {
  readonly decision: Signer;
  readonly botRecord: Signer;
  readonly workerRecord: Signer;
  /** Base64 of SPKI DER. */
  readonly botRecordPublic: string;
  readonly workerRecordPublic: string;
  readonly verifiers: Verifiers;
}

export function aKeyring(): Keyring {
  const [decision, bot, worker] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
  const decisions = createVerifier([decision.publicKey]);
  const records = createVerifier([worker.publicKey]);
  return {
    decision: createSigner(decision.privateKey),
    botRecord: createSigner(bot.privateKey),
    workerRecord: createSigner(worker.privateKey),
    botRecordPublic: bot.publicKey,
    workerRecordPublic: worker.publicKey,
    verifiers: {
      decision: (statement, signed) => decisions.verify(statement, signed),
      record: (statement, signed) => records.verify(statement, signed),
    },
  };
}

/** A request as it is right after it was asked. */
export function aRequest(change: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: "EG-7QK4M",
    kind: "grant",
    version: 1,
    state: "planning",
    since: NINE,
    asked: {
      by: { userId: "U0ASKER", teamId: "T0HOME" },
      at: NINE,
      channel: "C0TEAMX",
      threadTs: "1772442000.000100",
      team: "team-x",
      cluster: "prod-1",
      gateway: { namespace: "egress-gw", name: "egw" },
      scope: { namespace: "team-x", serviceAccounts: [] },
      destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
      typedHost: "edition.cnn.com",
      registrableDomain: "cnn.com",
      reason: "news",
      durationMs: 30 * DAY,
      latestEnd: NINE + 32 * DAY,
    },
    decisions: [],
    ...change,
  };
}

export function aDecision(change: Partial<Decision> = {}): Decision {
  return {
    id: "decision-1",
    requestId: "EG-7QK4M",
    verdict: "approve",
    grantDigest: "3f9a".padEnd(64, "0"),
    by: { userId: "U0SECURITY", teamId: "T0HOME" },
    entitlement: { kind: "group", group: "S0SECURITY", checkedAt: NINE },
    surface: "button",
    eventId: "event-1",
    at: NINE + HOUR,
    ...change,
  };
}

/** The grant a request asks for. */
export function aGrantOf({ id, asked }: RequestRecord): Grant {
  const { cluster, team, gateway, scope, destination, durationMs, latestEnd } = asked;
  return { id, cluster, team, gateway, scope, destination, durationMs, latestEnd };
}

export function anAdmission(keys: Keyring, change: Partial<Admission> = {}): Signed<Admission> {
  return keys.workerRecord.sign("admission", {
    requestId: "EG-7QK4M",
    grants: [aGrantOf(aRequest())],
    grantDigest: aDecision().grantDigest,
    decisions: ["decision-1"],
    namespaceUid: "0a1b",
    steps: [],
    at: NINE + HOUR,
    ...change,
  });
}

export function anActivation(keys: Keyring, change: Partial<Activation> = {}): Signed<Activation> {
  const payload = { requestId: "EG-7QK4M", at: NINE + 2 * HOUR, endsAt: NINE + 31 * DAY };
  return keys.workerRecord.sign("activation", { ...payload, ...change });
}

export function anEnd(keys: Keyring, change: Partial<End> = {}): Signed<End> {
  const payload: End = { requestId: "EG-7QK4M", cause: "expired", at: NINE + 31 * DAY };
  return keys.workerRecord.sign("end", { ...payload, ...change });
}

/** A request with everything an active one has, each statement signed by whom it should be. */
export function anActiveRequest(keys: Keyring, change: Partial<RequestRecord> = {}): RequestRecord {
  return aRequest({
    state: "active",
    version: 6,
    decisions: [keys.decision.sign("decision", aDecision())],
    admission: anAdmission(keys),
    activation: anActivation(keys),
    ...change,
  });
}
