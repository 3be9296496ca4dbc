import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { createSigner, generateKeyPair } from "#src/adapters/keys/keys.ts";
import type { Grant } from "#src/domain/grant.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type {
  Activation,
  Admission,
  Asked,
  ClusterDecision,
  End,
  RequestDecision,
  RequestRecord,
} from "#src/domain/request/request.ts";
import type { Signed, Trust } from "#src/domain/request/signed/signature.ts";
import type {
  CardStatement,
  PlanStatement,
  RequestStatement,
} from "#src/domain/request/signed/statements.ts";
import type { Signer } from "#src/ports/keys.ts";

/** 2026-03-02 09:00 UTC, a Monday. */
export const NINE = Date.UTC(2026, 2, 2, 9);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const INSTANCE = "test";

/** The three keys of an installation, made for one test. */
export interface Keyring {
  readonly decision: Signer;
  readonly bot: Signer;
  readonly worker: Signer;
  readonly trust: Trust;
  /** Base64 of SPKI DER. */
  readonly public: Readonly<Record<"decision" | "bot" | "worker", string>>;
}

export function aKeyring(instance = INSTANCE): Keyring {
  const [decision, bot, worker] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
  const publicKeys = {
    decision: decision.publicKey,
    bot: bot.publicKey,
    worker: worker.publicKey,
  };
  return {
    decision: createSigner(decision.privateKey, instance),
    bot: createSigner(bot.privateKey, instance),
    worker: createSigner(worker.privateKey, instance),
    trust: { instance, keys: createKeyRing(publicKeys) },
    public: publicKeys,
  };
}

export const CLUSTER_UID = "0c1u5ter-0000-4000-8000-000000000000";
export const NAMESPACE_UID = "0a1b0a1b-0000-4000-8000-000000000000";
export const GRANT_UID = "9ra0a1b0-0000-4000-8000-000000000000";

export function anAsked(change: Partial<Asked> = {}): Asked {
  return {
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
    ...change,
  };
}

/** A request as it is right after it was asked. */
export function aRequest(keys: Keyring, change: Partial<RequestRecord> = {}): RequestRecord {
  const id = change.id ?? "EG-7QK4M";
  const asked = change.asked ?? anAsked();
  const statement: RequestStatement = {
    requestId: id,
    cluster: asked.cluster,
    asked,
    eventId: `Ev-${id}`,
  };
  return {
    id,
    kind: "grant",
    version: 1,
    state: "planning",
    since: NINE,
    asked,
    request: keys.decision.sign("request", statement),
    decisions: [],
    ...change,
  };
}

export const GRANT_DIGEST = "3f9a0c1d".padEnd(64, "0");

export function aPlanStatement(
  keys: Keyring,
  record: RequestRecord,
  change: Partial<PlanStatement> = {},
): Signed<PlanStatement> {
  return keys.worker.sign("plan", {
    requestId: record.id,
    cluster: record.asked.cluster,
    request: envelopeDigest(record.request.envelope),
    grantDigest: GRANT_DIGEST,
    namespaceUid: NAMESPACE_UID,
    steps: [],
    rule: "default",
    approvers: { groups: ["S0SECURITY"], users: [] },
    at: NINE + 1000,
    ...change,
  });
}

export function aCard(
  keys: Keyring,
  record: RequestRecord,
  change: Partial<CardStatement> = {},
): Signed<CardStatement> {
  const planned = record.planned ?? aPlanStatement(keys, record);
  return keys.worker.sign("card", {
    requestId: record.id,
    cluster: record.asked.cluster,
    plan: envelopeDigest(planned.envelope),
    channel: "C0SECURITY",
    ts: "1772442001.000100",
    threadTs: "1772442001.000100",
    at: NINE + 2000,
    ...change,
  });
}

/** A request whose card is shown and waits for a decision. */
export function aPendingRequest(keys: Keyring, change: Partial<RequestRecord> = {}): RequestRecord {
  const asked = aRequest(keys, change);
  const planned = change.planned ?? aPlanStatement(keys, asked);
  const card = change.card ?? aCard(keys, { ...asked, planned });
  return { ...asked, version: 3, state: "pending", planned, card, ...change };
}

/** A decision on exactly what a request's statements say. */
export function aDecision(
  record: RequestRecord,
  change: Partial<RequestDecision> = {},
): RequestDecision {
  const { planned, card } = record;
  return {
    about: "request",
    id: "decision-1",
    requestId: record.id,
    cluster: record.asked.cluster,
    verdict: "approve",
    request: envelopeDigest(record.request.envelope),
    ...(planned === undefined
      ? {}
      : { plan: envelopeDigest(planned.envelope), grantDigest: planned.payload.grantDigest }),
    ...(card === undefined ? {} : { card: envelopeDigest(card.envelope) }),
    by: { userId: "U0SECURITY", teamId: "T0HOME" },
    entitlement: { kind: "group", group: "S0SECURITY", checkedAt: NINE },
    surface: "button",
    eventId: "event-1",
    at: NINE + HOUR,
    ...change,
  };
}

/** The grant a request asks for. */
export function aGrantOf({ id, asked }: Pick<RequestRecord, "id" | "asked">): Grant {
  const { cluster, team, gateway, scope, destination, durationMs, latestEnd } = asked;
  return { id, cluster, team, gateway, scope, destination, durationMs, latestEnd };
}

export function anAdmission(
  keys: Keyring,
  record: RequestRecord,
  change: Partial<Admission> = {},
): Signed<Admission> {
  const planned = record.planned ?? aPlanStatement(keys, record);
  return keys.worker.sign("admission", {
    requestId: record.id,
    cluster: record.asked.cluster,
    uid: GRANT_UID,
    namespaceUid: NAMESPACE_UID,
    clusterUid: CLUSTER_UID,
    request: envelopeDigest(record.request.envelope),
    plan: envelopeDigest(planned.envelope),
    decisions: record.decisions.map(({ envelope }) => envelopeDigest(envelope)),
    grantDigest: GRANT_DIGEST,
    grants: [aGrantOf(record)],
    steps: [],
    latestEnd: record.asked.latestEnd,
    at: NINE + HOUR,
    ...change,
  });
}

export function anActivation(
  keys: Keyring,
  record: RequestRecord,
  change: Partial<Activation> = {},
): Signed<Activation> {
  const admission = record.admission ?? anAdmission(keys, record);
  return keys.worker.sign("activation", {
    requestId: record.id,
    cluster: record.asked.cluster,
    uid: GRANT_UID,
    admission: envelopeDigest(admission.envelope),
    at: NINE + 2 * HOUR,
    endsAt: NINE + 31 * DAY,
    ...change,
  });
}

export function anEnd(
  keys: Keyring,
  record: RequestRecord,
  change: Partial<End> = {},
): Signed<End> {
  return keys.worker.sign("end", {
    requestId: record.id,
    cluster: record.asked.cluster,
    grantIds: [],
    cause: "expired",
    at: NINE + 31 * DAY,
    ...change,
  });
}

/** A request with everything an active one has, each statement signed by whom it should be. */
export function anActiveRequest(keys: Keyring, change: Partial<RequestRecord> = {}): RequestRecord {
  const pending = aPendingRequest(keys, change);
  const decided: RequestRecord = {
    ...pending,
    decisions: change.decisions ?? [keys.decision.sign("decision", aDecision(pending))],
  };
  const admitted: RequestRecord = {
    ...decided,
    admission: change.admission ?? anAdmission(keys, decided),
  };
  return {
    ...admitted,
    version: 6,
    state: "active",
    activation: change.activation ?? anActivation(keys, admitted),
    ...change,
  };
}

/** The freeze of a cluster, as the bot signs it. */
export function anOrder(keys: Keyring, id: string, change: Partial<ClusterDecision> = {}) {
  return keys.decision.sign("decision", {
    about: "cluster",
    id,
    cluster: "prod-1",
    verdict: "freeze",
    by: { userId: "U0SECURITY", teamId: "T0HOME" },
    entitlement: { kind: "user", checkedAt: NINE },
    surface: "typed",
    eventId: `event ${id}`,
    at: NINE,
    ...change,
  } satisfies ClusterDecision);
}
