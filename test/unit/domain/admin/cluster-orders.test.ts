import { describe, expect, it } from "@jest/globals";
import {
  openOrdersOf,
  type OrderAdmission,
  orderName,
  removalOf,
  withOrder,
} from "#src/domain/admin/cluster-orders.ts";
import { SPENDABLE_FOR_MS } from "#src/domain/approval/admission.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { AdminAsked, Step } from "#src/domain/request/request.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import {
  aKeyring,
  CLUSTER_UID,
  GRANT_DIGEST,
  HOUR,
  type Keyring,
  NINE,
} from "#test/support/signed-request.ts";

const keys = aKeyring();
const ID = "EG-7QK4M";
const UID = "c1u5ter0-0000-4000-8000-000000000000";
const STEPS: readonly Step[] = [
  { kind: "egress-gateway", target: "egress-gw/egw", spec: {} },
  { kind: "gateway-node-pool", target: "egress", spec: {} },
];
const ASKED: AdminAsked = {
  by: { userId: "U0SAM00000", teamId: "T0HOME0000" },
  at: NINE,
  channel: "C0SECURITY",
  threadTs: "1700000000.000100",
  cluster: "prod-1",
  reason: "unused",
  latestEnd: NINE + 48 * HOUR,
  order: { kind: "gateway remove", gateway: { namespace: "egress-gw", name: "egw" } },
};

/** What a part of it says otherwise than it should. */
interface Otherwise {
  readonly by?: Keyring;
  readonly id?: string;
  readonly verdict?: "approve" | "deny";
  readonly planOf?: string;
  readonly shown?: readonly Step[];
  readonly admission?: Partial<OrderAdmission>;
  readonly name?: string;
}

function statementsOf({ by = keys, id = ID, verdict = "approve", shown = STEPS }: Otherwise) {
  const about = { requestId: id, cluster: "prod-1" };
  const request = by.decision.sign("request", { ...about, asked: ASKED, eventId: "Ev1" });
  const plan = by.worker.sign("plan", {
    ...about,
    request: envelopeDigest(request.envelope),
    grantDigest: GRANT_DIGEST,
    namespaceUid: CLUSTER_UID,
    steps: shown,
    rule: "default",
    approvers: { groups: ["S0SECURITY"], users: [] },
    at: NINE,
  });
  const card = by.worker.sign("card", {
    ...about,
    plan: envelopeDigest(plan.envelope),
    channel: "C0SECURITY",
    ts: "1700000000.000200",
    threadTs: "1700000000.000200",
    at: NINE,
  });
  const decision = by.decision.sign("decision", {
    about: "request",
    ...about,
    id: "d1",
    verdict,
    request: envelopeDigest(request.envelope),
    plan: envelopeDigest(plan.envelope),
    card: envelopeDigest(card.envelope),
    grantDigest: GRANT_DIGEST,
    by: { userId: "U0SUE00000", teamId: "T0HOME0000" },
    entitlement: { kind: "group", group: "S0SECURITY", checkedAt: NINE },
    surface: "button",
    eventId: "Ev2",
    at: NINE,
  });
  return { request, plan, card, decision };
}

function entryOf(otherwise: Otherwise = {}) {
  const { by = keys } = otherwise;
  const { request, plan, card, decision } = statementsOf(otherwise);
  const value: OrderAdmission = {
    uid: UID,
    clusterUid: CLUSTER_UID,
    plan: envelopeDigest(plan.envelope),
    decisions: [envelopeDigest(decision.envelope)],
    steps: [...STEPS],
    at: NINE,
    ...otherwise.admission,
  };
  const name = otherwise.name ?? orderName("prod-1", ID);
  return {
    id: ID,
    statements: {
      request: request.envelope,
      plan: plan.envelope,
      card: card.envelope,
      decisions: [decision.envelope],
    },
    admission: by.worker.sign("record", { name, value }).envelope,
  };
}

function clusterWith(...orders: readonly unknown[]): KubernetesObject {
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressCluster",
    metadata: { name: "cluster", namespace: "sallyport-system", uid: UID, resourceVersion: "1" },
    spec: { orders },
  };
}

const OF = { trust: keys.trust, cluster: "prod-1", clusterUid: CLUSTER_UID, now: NINE + HOUR };

describe("an order in the cluster", () => {
  it("is open when all of it verifies, with the steps that were admitted", () => {
    const { open, unfounded } = openOrdersOf(clusterWith(entryOf()), OF);

    expect(unfounded).toEqual([]);
    expect(open).toMatchObject([{ id: ID, steps: STEPS, asked: ASKED, admittedAt: NINE }]);
    expect(removalOf(open, { namespace: "egress-gw", name: "egw" })?.id).toBe(ID);
    expect(removalOf(open, { namespace: "egress-gw", name: "other" })).toBeUndefined();
  });

  it.each<[string, Otherwise]>([
    ["signed by other keys", { by: aKeyring() }],
    ["of another request", { id: "EG-00002" }],
    ["denied", { verdict: "deny" }],
    ["with a step nobody was shown", { shown: STEPS.slice(1) }],
    ["admitted when its time was over", { admission: { at: NINE + 49 * HOUR } }],
    ["over another EgressCluster", { admission: { uid: "other" } }],
    ["over another cluster", { admission: { clusterUid: "other" } }],
    ["over another plan", { admission: { plan: "0".repeat(64) } }],
    ["over another decision", { admission: { decisions: ["0".repeat(64)] } }],
    ["put under another order's name", { name: orderName("prod-1", "EG-00002") }],
    ["of another cluster's name", { name: orderName("test-1", ID) }],
  ])("%s is not carried out, and named", (_, otherwise) => {
    const read = openOrdersOf(clusterWith(entryOf(otherwise)), OF);

    expect(read).toEqual({ open: [], unfounded: [ID] });
  });

  it.each(["request", "plan", "card", "decisions"] as const)(
    "without its %s is not carried out",
    (part) => {
      const entry = entryOf();
      const without = { ...entry, statements: { ...entry.statements, [part]: [] } };

      expect(openOrdersOf(clusterWith(without), OF)).toEqual({ open: [], unfounded: [ID] });
    },
  );

  it("that is done is neither", () => {
    const done = { ...entryOf(), doneAt: timeText(NINE) };

    expect(openOrdersOf(clusterWith(done), OF)).toEqual({ open: [], unfounded: [] });
  });

  it("hides none beside it, however it is written", () => {
    const { open } = openOrdersOf(clusterWith(7, { id: 7 }, null, entryOf()), OF);

    expect(open.map(({ id }) => id)).toEqual([ID]);
  });
});

describe("a list with one order more", () => {
  const done = { ...entryOf(), id: "EG-00001", doneAt: timeText(NINE) };

  it("keeps what is done for as long as its decision may be used", () => {
    const kept = withOrder(clusterWith(done), entryOf(), NINE + SPENDABLE_FOR_MS);
    expect(kept.map(({ id }) => id)).toEqual(["EG-00001", ID]);

    const later = withOrder(clusterWith(done), entryOf(), NINE + SPENDABLE_FOR_MS + 1000);
    expect(later.map(({ id }) => id)).toEqual([ID]);
  });

  it("never loses one that is not done", () => {
    const open = { ...entryOf(), id: "EG-00001" };

    const kept = withOrder(clusterWith(open), entryOf(), NINE + 100 * SPENDABLE_FOR_MS);
    expect(kept).toHaveLength(2);
  });
});
