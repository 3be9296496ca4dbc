import { describe, expect, it } from "@jest/globals";
import {
  type FreezeEntry,
  freezesOf,
  goneUnlifted,
  inForce,
  plain,
  toRemember,
  withOrders,
} from "#src/domain/request/freezes.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import { customCauses } from "#test/simulators/kubernetes/custom-resources/custom-causes.ts";
import { resourceIn } from "#test/simulators/kubernetes/custom-resources/definitions.ts";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";
import type { KubernetesObject as Stored } from "#test/simulators/kubernetes/stored-object.ts";
import { aKeyring, anOrder, NINE } from "#test/support/signed-request.ts";

/*
 * A freeze and everything that somebody who writes in the cluster without our keys can make of its entry; against every
 * place where the freeze and what lifts it may be known.
 */

const keys = aKeyring();
const thief = aKeyring();
const EARLIER = NINE - 1000;
const LATER = NINE + 1000;

const FREEZE = anOrder(keys, "the-freeze", { at: NINE });
const LIFT = anOrder(keys, "the-lift", { verdict: "unfreeze", at: LATER });
const OLD_FREEZE = anOrder(keys, "old-freeze", { at: EARLIER - 1000 });
const OLD_LIFT = anOrder(keys, "old-lift", { verdict: "unfreeze", at: EARLIER });
const FALSE_LIFTS: Readonly<Record<string, Signed<ClusterDecision>>> = {
  "of a key that is not ours": anOrder(thief, "false", { verdict: "unfreeze", at: LATER }),
  "of another cluster": anOrder(keys, "other", {
    verdict: "unfreeze",
    at: LATER,
    cluster: "prod-2",
  }),
  "of another freeze": anOrder(keys, "another", {
    verdict: "unfreeze",
    at: LATER,
    lifts: ["old-freeze"],
  }),
  "from before it": OLD_LIFT,
  "that is a freeze": anOrder(keys, "no-lift", { at: LATER }),
};

const ENTRY: FreezeEntry = { id: "the-freeze", decision: FREEZE.envelope };

/** What the object may hold, and whether a lift of the freeze is in it. */
const OBJECTS: readonly {
  readonly what: string;
  readonly entries: readonly FreezeEntry[];
  readonly isLifted?: boolean;
}[] = [
  { what: "present", entries: [ENTRY] },
  { what: "missing", entries: [] },
  { what: "lifted", entries: [{ ...ENTRY, lifted: LIFT.envelope }], isLifted: true },
  ...Object.entries(FALSE_LIFTS).map(([what, lift]) => ({
    what: `called lifted by something ${what}`,
    entries: [{ ...ENTRY, lifted: lift.envelope }],
  })),
  {
    what: "replaced by an older one that was lifted, under its name",
    entries: [
      { id: "the-freeze", decision: OLD_FREEZE.envelope, lifted: OLD_LIFT.envelope },
      { id: "old-freeze", decision: OLD_FREEZE.envelope, lifted: OLD_LIFT.envelope },
    ],
  },
  {
    what: "replaced by a forged one called lifted",
    entries: [
      {
        id: "the-freeze",
        decision: anOrder(thief, "the-freeze").envelope,
        lifted: OLD_LIFT.envelope,
      },
    ],
  },
];

/** What lanes have seen, or people ordered just now. */
const KNOWN: readonly {
  readonly what: string;
  readonly seen: readonly Signed<ClusterDecision>[];
  readonly orders: readonly unknown[];
}[] = [
  { what: "nowhere else", seen: [], orders: [] },
  { what: "seen", seen: [FREEZE], orders: [] },
  { what: "seen, with what lifted an older one", seen: [OLD_LIFT, FREEZE], orders: [] },
  { what: "seen, as was its lift", seen: [FREEZE, LIFT], orders: [] },
  { what: "seen, and lifted now", seen: [FREEZE], orders: [LIFT.envelope] },
  { what: "ordered now", seen: [], orders: [FREEZE.envelope] },
];

const CASES = OBJECTS.flatMap((object) => KNOWN.map((known) => ({ object, known })));

function freezing(seen: readonly Signed<ClusterDecision>[]) {
  return { trust: keys.trust, cluster: "prod-1", now: LATER, seen };
}

const SCHEMA =
  SHIPPED_CRDS.flatMap((crd) => resourceIn(crd, "v1alpha1") ?? []).find(
    ({ kind }) => kind === "EgressCluster",
  )?.schema ?? {};

function stored(entries: readonly FreezeEntry[]): Stored {
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressCluster",
    metadata: { name: "cluster", namespace: "sallyport-system" },
    spec: { instance: "test", cluster: "prod-1", freezes: plain(entries) },
  };
}

/** Lane runs until nothing is to be written; each write is one the API server takes. */
function written(entries: readonly FreezeEntry[], known: (typeof KNOWN)[number]) {
  let object: KubernetesObject = stored(entries);
  let seen = known.seen;
  let orders = known.orders;
  for (let run = 0; run < 5; run += 1) {
    const list = withOrders(freezesOf(object), orders, freezing(seen));
    seen = toRemember(freezesOf(object), orders, freezing(seen));
    orders = [];
    const next = stored(list);
    const live = stored(freezesOf(object));
    expect(customCauses(SCHEMA, { object: next, live, subresource: undefined })).toEqual([]);
    object = next;
  }
  const list = freezesOf(object);
  expect(withOrders(list, [], freezing(seen))).toEqual(list);
  return { list, seen };
}

describe("a freeze in the cluster", () => {
  it.each(CASES)(
    "$object.what, known $known.what: holds until it is lifted, and is written where it went away",
    ({ object, known }) => {
      const isPresent = object.entries.some((entry) => entry.decision === FREEZE.envelope);
      const isKnown = isPresent || known.seen.length > 0 || known.orders.includes(FREEZE.envelope);
      const isLifted =
        object.isLifted === true ||
        known.seen.includes(LIFT) ||
        known.orders.includes(LIFT.envelope);
      const expected = isKnown && !isLifted ? ["the-freeze"] : [];

      const before = inForce(object.entries, known.orders, freezing(known.seen));
      const gone = goneUnlifted(object.entries, known.orders, freezing(known.seen));
      const { list, seen } = written(object.entries, known);

      expect(before.filter((id) => id === "the-freeze")).toEqual(expected);
      expect(inForce(list, [], freezing([]))).toEqual(expected);
      expect(inForce([], [], freezing(seen))).toEqual(expected);
      const isGone = expected.length > 0 && !isPresent && known.orders.length === 0;
      expect(gone.map(({ id }) => id)).toEqual(isGone ? ["the-freeze"] : []);
    },
  );
});

describe("what is remembered of freezes", () => {
  it("keeps an old freeze from coming back after it was lifted, wherever it is put back", () => {
    const seen = toRemember([{ ...ENTRY, lifted: LIFT.envelope }], [], freezing([]));

    expect(inForce([ENTRY], [], freezing(seen))).toEqual([]);
    expect(inForce([], [FREEZE.envelope], freezing(seen))).toEqual([]);
    expect(inForce([], [], freezing([FREEZE, ...seen]))).toEqual([]);
  });

  it("lifts nothing that somebody wrote by hand", () => {
    const byHand = { id: "by-hand", decision: { any: "thing" } };

    expect(inForce([byHand], [], freezing([LIFT]))).toEqual(["by-hand"]);
    expect(withOrders([byHand], [], freezing([LIFT]))).toEqual([byHand]);
  });

  it("holds although its key is retired meanwhile", () => {
    const rotated = { ...freezing([FREEZE]), trust: aKeyring().trust };

    expect(inForce([], [], rotated)).toEqual(["the-freeze"]);
    expect(withOrders([ENTRY], [], rotated)).toEqual([ENTRY]);
  });

  it("is never too much, and always has the newest", () => {
    const many = Array.from({ length: 50 }, (_, index) => [
      anOrder(keys, `freeze-${index}`, { at: NINE + index }).envelope,
      anOrder(keys, `lift-${index}`, { verdict: "unfreeze", at: NINE + index, lifts: [] }).envelope,
    ]).flat();

    const seen = toRemember([], many, freezing([]));

    expect(seen.length).toBeLessThanOrEqual(60);
    expect(seen.map(({ payload }) => payload.id)).toEqual(
      expect.arrayContaining(["freeze-49", "lift-49"]),
    );
  });
});
