import type { Order } from "#src/domain/admin/order.ts";
import type { AdminAsked, AdminPlan, AdminRecord, Step } from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import { DAY, NINE } from "#test/support/signed-request.ts";
import { KEYS } from "./request-record.ts";

const ID = "EG-7QK4M";
const APPROVERS = { groups: ["S0SECURITY"], users: [] };

/** What a test says of an order; all else is that of one that waits for a decision. */
interface Given {
  readonly order: Order;
  readonly state?: RequestState;
  readonly reason?: string;
  readonly plan?: Partial<AdminPlan>;
  readonly left?: readonly string[];
}

export function anAdminRecord({ order, state = "pending", reason = "now", plan, left }: Given) {
  const asked: AdminAsked = {
    by: { userId: "U0SAM00000", teamId: "T0HOME0000" },
    at: NINE,
    channel: "C0SECURITY",
    threadTs: "1700000000.000100",
    cluster: "prod",
    reason,
    latestEnd: NINE + 2 * DAY,
    order,
  };
  return {
    id: ID,
    kind: "admin",
    version: 1,
    state,
    since: NINE,
    asked,
    request: KEYS.decision.sign("request", {
      requestId: ID,
      cluster: "prod",
      asked,
      eventId: "Ev1",
    }),
    decisions: [],
    plan: {
      madeAt: NINE,
      grantDigest: "ab".repeat(32),
      basis: {
        cluster: "/subscriptions/1",
        clusterUid: "1",
        order,
        rule: { name: "default", action: { kind: "ask", approvers: APPROVERS } },
      },
      namespaceUid: "1",
      steps: [{ kind: "shared-mesh-config", target: "asm-1-28", spec: {} }],
      left: [],
      rule: "default",
      approvers: APPROVERS,
      ...plan,
    },
    ...(left === undefined ? {} : { left }),
  } satisfies AdminRecord;
}

/** Orders of every kind, with as much of everything as there may be; `text` wherever others' words stand. */
export function hugeOrders(text: string, state: RequestState): readonly AdminRecord[] {
  const many = Array.from({ length: 64 }, (_, index) => index);
  const steps = many.map((index): Step => ({
    kind: "shared-mesh-config",
    target: `asm-1-${index}`,
    spec: {},
  }));
  const reached = {
    reached: Array.from({ length: 100 }, (_, index) => ({
      to: `${index}${text}`,
      count: 1000,
      namespaces: many.map((each) => `team-${each}-${"x".repeat(55)}`),
    })),
    more: 1000,
    unknown: many.map((each) => ({
      namespace: `team-${each}-${"x".repeat(55)}`,
      why: "no-field" as const,
    })),
  };
  const plan = { steps, left: many.map(() => text), reached };
  const orders: readonly Order[] = [
    { kind: "gateway remove", gateway: { namespace: "x".repeat(63), name: "x".repeat(63) } },
    { kind: "mesh registry-only" },
    { kind: "mesh registry-only", namespace: "x".repeat(63) },
  ];
  return orders.map((order) =>
    anAdminRecord({ order, state, reason: text, plan, left: many.map(() => text) }),
  );
}
