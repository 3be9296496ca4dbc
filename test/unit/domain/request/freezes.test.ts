import { describe, expect, it } from "@jest/globals";
import { type FreezeEntry, inForce, withOrders } from "#src/domain/request/freezes.ts";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import { aKeyring, NINE } from "#test/support/signed-request.ts";

const keys = aKeyring();
const thief = aKeyring();
const FREEZING = { trust: keys.trust, cluster: "prod", now: NINE, seen: [] };

function order(
  verdict: "freeze" | "unfreeze",
  at: number,
  {
    signer = keys.decision,
    ...change
  }: Partial<ClusterDecision> & { signer?: typeof keys.decision } = {},
) {
  return signer.sign("decision", {
    about: "cluster",
    id: `${verdict}-${at}`,
    cluster: "prod",
    verdict,
    by: { userId: "U0SAM", teamId: "T0HOME" },
    entitlement: { kind: "group", group: "S0SECURITY", checkedAt: NINE },
    surface: "typed",
    eventId: `C1:${at}`,
    at,
    ...change,
  }).envelope;
}

function frozen(entries: readonly FreezeEntry[]): readonly string[] {
  return inForce(entries, [], FREEZING);
}

/** Entries after these orders came, one by one. */
function after(orders: readonly unknown[], entries: readonly FreezeEntry[] = []) {
  return orders.reduce<readonly FreezeEntry[]>(
    (list, each) => withOrders(list, [each], FREEZING),
    entries,
  );
}

describe("a freeze", () => {
  it("holds until it is lifted, whichever comes to the cluster first, and an older lift that is put back lifts nothing", () => {
    const [first, lift, second] = [order("freeze", 1), order("unfreeze", 2), order("freeze", 3)];

    expect(frozen(after([first]))).toEqual(["freeze-1"]);
    expect(frozen(after([first, lift]))).toEqual([]);
    expect(frozen(after([first, lift, first]))).toEqual([]);
    expect(frozen(after([first, lift, second, lift]))).toEqual(["freeze-3"]);
  });

  it.each([
    ["of another key", order("unfreeze", 2, { signer: thief.decision })],
    ["of another cluster", order("unfreeze", 2, { cluster: "other" })],
    ["of other freezes", order("unfreeze", 2, { lifts: ["freeze-0"] })],
  ])("is not lifted by a decision %s", (_what, lift) => {
    const entries = after([order("freeze", 1)]);

    expect(after([lift], entries)).toEqual(entries);
    expect(frozen(entries.map((entry) => ({ ...entry, lifted: lift })))).toEqual(["freeze-1"]);
  });

  it("that somebody wrote into the cluster holds, too, and any approver lifts it", () => {
    const entries = [{ id: "of-nobody", decision: { any: "thing" } }];

    expect(frozen(entries)).toEqual(["of-nobody"]);
    expect(frozen(after([order("unfreeze", 2)], entries))).toEqual([]);
  });

  it("that somebody called lifted, who may not, is lifted by whoever may", () => {
    const entries = after([order("freeze", 1)]).map((entry) => ({
      ...entry,
      lifted: order("unfreeze", 2, { signer: thief.decision }),
    }));

    expect(frozen(entries)).toEqual(["freeze-1"]);
    expect(frozen(after([order("unfreeze", 2)], entries))).toEqual([]);
  });
});

describe("the list of a cluster's freezes", () => {
  it("stays as it is where there is nothing to write", () => {
    const entries = after([order("freeze", 1), order("unfreeze", 2)]);
    const known = [order("freeze", 1), order("unfreeze", 2), "garbage", undefined];

    expect(withOrders(entries, known, FREEZING)).toEqual(entries);
  });

  it("never grows out of its place: the oldest that are lifted go, and none that holds", () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      order(index % 2 === 0 ? "freeze" : "unfreeze", index + 1),
    );
    const entries = after([...many, order("freeze", 100)]);

    expect(entries.length).toBeLessThanOrEqual(20);
    expect(entries.map(({ id }) => id)).toContain("freeze-59");
    expect(frozen(entries)).toEqual(["freeze-100"]);
  });
});
