import type {
  EndCause,
  Plan,
  RequestDecision,
  RequestRecord,
} from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import { aShownPlan } from "#test/support/shown-plan.ts";
import {
  aCard,
  aDecision,
  aKeyring,
  anActivation,
  anAdmission,
  anAsked,
  anEnd,
  aPlanStatement,
  aRequest,
  DAY,
  HOUR,
  NINE,
} from "#test/support/signed-request.ts";

export const KEYS = aKeyring();

/** What a test says of a request; all else is that of a pending one whose card is shown in another channel. */
export interface Given {
  readonly state?: RequestState;
  readonly ask?: Partial<RequestRecord["asked"]>;
  /** Of the plan that is shown; `false`: none was made. */
  readonly show?: Partial<Plan> | false;
  readonly decided?: readonly Partial<RequestDecision>[];
  readonly admitted?: boolean;
  /** The clock of the grant has started. */
  readonly activated?: boolean;
  readonly endedBy?: EndCause;
  readonly superseded?: RequestRecord["superseded"];
  readonly evidence?: RequestRecord["evidence"];
  readonly refusal?: RequestRecord["refusal"];
  readonly endedAlone?: RequestRecord["endedAlone"];
}

export function aRecord(given: Given = {}): RequestRecord {
  const asked = anAsked(given.ask);
  const request = aRequest(KEYS, { asked, state: given.state ?? "pending", since: NINE + HOUR });
  const { show = {} } = given;
  const shown = show === false ? request : withPlan(request, show);
  const decided = { ...shown, decisions: (given.decided ?? []).map((each) => signed(shown, each)) };
  return withOutcome(decided, given);
}

function withPlan(request: RequestRecord, show: Partial<Plan>): RequestRecord {
  const plan = aShownPlan(request, show);
  const planned = aPlanStatement(KEYS, request, { grantDigest: plan.grantDigest });
  return { ...request, plan, planned, card: aCard(KEYS, { ...request, planned }) };
}

function signed(record: RequestRecord, change: Partial<RequestDecision>): Signed<RequestDecision> {
  return KEYS.decision.sign("decision", aDecision(record, change));
}

function withOutcome(record: RequestRecord, given: Given): RequestRecord {
  const { superseded, evidence, refusal, endedBy, endedAlone } = given;
  return {
    ...record,
    ...(given.admitted === true ? { admission: anAdmission(KEYS, record) } : {}),
    ...(given.activated === true ? { activation: anActivation(KEYS, record) } : {}),
    ...(endedBy === undefined ? {} : { end: anEnd(KEYS, record, { cause: endedBy }) }),
    ...(superseded === undefined ? {} : { superseded }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(endedAlone === undefined ? {} : { endedAlone }),
  };
}

export const END_CAUSES = Object.keys({
  revoked: true,
  expired: true,
  unproven: true,
  deleted: true,
  namespace: true,
  superseded: true,
  denied: true,
  cancelled: true,
  withdrawn: true,
  lapsed: true,
} satisfies Record<EndCause, true>) as readonly EndCause[];

/** As `hugeRecord`, of ten destinations: checks and what others show stand under each, and not once more above them. */
export function hugeSeveral(text: string, given: Given = {}): RequestRecord {
  const whole = hugeRecord(text, given);
  const { plan, evidence, asked } = whole;
  const { destination, typedHost, registrableDomain } = asked;
  const paths = Array.from({ length: 10 }, (_, index) => `/${"p".repeat(100)}/${index}`);
  const each = {
    typedHost,
    registrableDomain,
    destination: { ...destination, mode: "http", paths, methods: ["GET", "POST"] },
  } as const;
  const planned = {
    addresses: plan?.addresses ?? [],
    warnings: plan?.warnings ?? [],
    ...(plan?.adoption === undefined ? {} : { adoption: plan.adoption }),
  };
  const seen = evidence && { ...evidence, verdict: "advisory" as const };
  const ids = Array.from({ length: 10 }, (_, index) => `${whole.id}.${index + 1}`);
  return aRecord({
    ...given,
    ask: { ...asked, also: Array.from({ length: 9 }, () => each), ...given.ask },
    ...(plan === undefined
      ? {}
      : { show: withoutAdoption({ ...plan, each: ids.map(() => planned) }) }),
    ...(seen === undefined
      ? {}
      : {
          evidence: {
            ...withoutAdoption(seen),
            checks: [],
            removal: { verdict: "advisory", advisories: [], checks: [] },
            grants: Object.fromEntries(ids.map((id) => [id, seen])),
          },
        }),
    endedAlone: Object.fromEntries(
      ids.slice(0, 3).map((id) => [id, { cause: "revoked" as const, at: NINE }]),
    ),
    superseded: whole.superseded,
    refusal: whole.refusal,
  });
}

function withoutAdoption<Said extends { readonly adoption?: unknown }>({
  adoption: _,
  ...rest
}: Said): Omit<Said, "adoption"> {
  return rest;
}

/** Everything as long as it can be typed, configured or observed, and longer; `text` wherever anybody's words stand. */
export function hugeRecord(text: string, given: Given = {}): RequestRecord {
  const differences = Array.from({ length: 30 }, () => ({ path: text, before: text, after: text }));
  const check = {
    name: "reaches",
    verdict: "failed",
    explanation: text,
    lines: Array.from({ length: 40 }, () => text),
  } as const;
  const checks = Array.from({ length: 8 }, () => check);
  const adoption = { headline: text, steps: Array.from({ length: 12 }, () => text) };
  const host = `${"abcdefghi.".repeat(24)}example.com`;
  return aRecord({
    ...given,
    ask: {
      typedHost: `ü${host}`,
      registrableDomain: host,
      destination: { host, port: 65_535, mode: "tls" },
      team: "t".repeat(63),
      cluster: "c".repeat(63),
      gateway: { namespace: "g".repeat(63), name: "w".repeat(63) },
      scope: {
        namespace: "n".repeat(63),
        serviceAccounts: Array.from({ length: 64 }, (_, index) =>
          `account-${index}-`.padEnd(253, "a"),
        ),
      },
      reason: text,
      follows: "EG-00001",
      amends: true,
      ...given.ask,
    },
    show: given.show ?? {
      rule: text,
      warnings: Array.from({ length: 40 }, () => text),
      before: Array.from({ length: 10 }, (_, at) => ({
        scope: {
          namespace: "n".repeat(63),
          serviceAccounts: Array.from({ length: 64 }, (__, index) =>
            `other-${index}-`.padEnd(253, "o"),
          ),
        },
        destination: {
          host,
          port: 65_535,
          mode: "http" as const,
          paths: Array.from({ length: 10 }, (__, index) => `/${at}/${index}/`.padEnd(120, "q")),
          methods: ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
        },
        endsAt: NINE + at,
      })),
      adoption,
      addresses: Array.from({ length: 300 }, (_, index) => `2001:db8::${index}`),
      approvers: {
        groups: Array.from({ length: 64 }, (_, index) => `S0GROUP${1000 + index}`),
        users: Array.from({ length: 64 }, (_, index) => `U0USER0${1000 + index}`),
      },
      steps: Array.from({ length: 5 }, () => ({
        kind: "static-gateway-configuration" as const,
        target: "x".repeat(130),
        spec: { excludeCidrs: Array.from({ length: 500 }, (_, index) => `10.${index}.0.0/16`) },
      })),
      yaml: `${"k".repeat(9000)}\n${"- host: edition.cnn.com\n".repeat(20_000)}`,
    },
    superseded: [{ grantDigest: "abcd".padEnd(64, "0"), at: NINE, why: text, differences }],
    refusal: {
      outcome: "refusal",
      reason: "ObjectRefused",
      what: text,
      why: text,
      fix: text,
      steps: adoption.steps,
    },
    evidence: {
      at: NINE + DAY,
      serial: 1,
      egressIpPrefix: "203.0.113.0/31",
      verdict: "advisory",
      advisories: Array.from({ length: 6 }, () => text),
      adoption,
      checks,
      removal: { verdict: "advisory", advisories: [], checks },
    },
  });
}
