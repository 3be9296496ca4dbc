import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "#src/domain/grant.ts";
import { meshPlanner } from "#src/domain/plan/mesh-plan.ts";
import { buildableOf, type LaneMode } from "#src/domain/plan/situation.ts";
import { NAMESPACES, someGrants } from "../compile/some-grants.ts";
import {
  applied,
  closed,
  found,
  fresh,
  keysOf,
  objectsOf,
  ofGrants,
  payloadOf,
  planOf,
  situation,
  twoLists,
  worldOf,
} from "./some-situations.ts";

describe("the plan of a mesh lane", () => {
  it("has nothing left to do where the cluster is as its open grants want it", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const plan = planOf({ open: grants.map(applied), world: worldOf(objectsOf(grants)) });

        expect(keysOf(plan, "created", "updated", "deleted", "skipped")).toEqual(new Set());
        expect(plan.unaccounted).toEqual([]);
      }),
    );
  });

  it("deletes what ended grants alone needed, in every mode, and nothing an open one has", () => {
    fc.assert(
      fc.property(
        twoLists,
        fc.constantFrom<LaneMode>("all", "no-new", "frozen", "ends-only"),
        ({ one, other }, mode) => {
          const plan = planOf({
            open: one.map(applied),
            closed: other.map((grant) => closed(grant)),
            world: worldOf(objectsOf([...one, ...other])),
            mode,
          });

          expect(keysOf(plan, "deleted")).toEqual(
            withoutProbing(ofGrants(other).difference(ofGrants(one))),
          );
        },
      ),
    );
  });

  it("deletes nothing that no end accounts for, whatever is missing", () => {
    fc.assert(
      fc.property(twoLists, ({ one, other }) => {
        const plan = planOf({
          open: one.map(applied),
          world: worldOf(objectsOf([...one, ...other]), { namespaces: new Map() }),
        });

        expect(keysOf(plan, "deleted")).toEqual(new Set());
      }),
    );
  });

  it("builds nothing and deletes nothing for what was found", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const nothing = planOf({ found: grants.map(found) });
        const standing = planOf({ found: grants.map(found), world: worldOf(objectsOf(grants)) });

        expect([...keysOf(nothing, "created", "updated")].filter(isOf(grants))).toEqual([]);
        expect(keysOf(standing, "deleted")).toEqual(new Set());
        expect(standing.unaccounted).toEqual([]);
      }),
    );
  });

  it("closes what ended although what was found shares it", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const plan = planOf({
          closed: grants.map((grant) => closed(grant)),
          found: grants.map((grant) =>
            found({ ...grant, id: grant.id.replace("EG-", "EG-F").slice(0, 8) }),
          ),
          world: worldOf(objectsOf(grants)),
        });

        expect(keysOf(plan, "deleted")).toEqual(withoutProbing(ofGrants(grants)));
      }),
    );
  });

  it("takes nothing of what was found for an end that is proven, whatever else is stray", () => {
    fc.assert(
      fc.property(twoLists, ({ one, other }) => {
        const settled = { proven: true };
        const plan = planOf({
          found: one.map(found),
          closed: other.map((grant) => closed(grant, settled)),
          world: worldOf(objectsOf([...one, ...other])),
        });

        expect(keysOf(plan, "deleted").intersection(ofGrants(one))).toEqual(new Set());
      }),
    );
  });

  it("deletes again what somebody put back after its removal was proven", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const settled = { proven: true };
        const plan = planOf({
          closed: grants.map((grant) => closed(grant, settled)),
          world: worldOf(objectsOf(grants)),
        });

        expect(keysOf(plan, "deleted")).toEqual(ofGrants(grants));
      }),
    );
  });

  it.each(["no-new", "frozen", "ends-only"] as const)("builds no new grant in mode %s", (mode) => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const plan = planOf({ open: grants.map(fresh), mode });

        expect([...keysOf(plan, "created", "updated")].filter(isOf(grants))).toEqual([]);
      }),
    );
  });

  it("builds a new grant only where its gateway is ready and its namespace is the approved one", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const away = [
          worldOf([], { ready: new Set() }),
          worldOf([], { namespaces: new Map(NAMESPACES.map(({ namespace }) => [namespace, "x"])) }),
        ];
        for (const world of away) {
          const plan = planOf({ open: grants.map(fresh), world });

          expect([...keysOf(plan, "created", "updated")].filter(isOf(grants))).toEqual([]);
        }
      }),
    );
  });

  it("takes no part of a grant away that only cannot be written now", () => {
    fc.assert(
      fc.property(twoLists, ({ one, other }) => {
        const all = [...one, ...other];
        const plan = planOf({
          open: [
            ...one.map(applied),
            ...other.map((grant) => ({
              ...applied(grant),
              admission: {
                ...applied(grant).admission,
                payload: { ...payloadOf(applied(grant).admission), namespaceUid: "another" },
              },
            })),
          ],
          world: worldOf(objectsOf(all)),
        });

        expect(keysOf(plan, "updated", "deleted", "created")).toEqual(new Set());
      }),
    );
  });
});

/** The probe's log is still needed, until the removal is proven. */
function withoutProbing(refs: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...refs].filter((key) => !key.startsWith("Telemetry ")));
}

function isOf(grants: readonly Grant[]): (key: string) => boolean {
  const keysOfGrants = ofGrants(grants);
  return (key) => keysOfGrants.has(key);
}

describe("one run", () => {
  it("plans once for what can be built, however often it asks, and again when less can be", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const whole = situation({ open: grants.map(applied) });
        const plan = meshPlanner(whole);
        const failed = grants
          .slice(0, 1)
          .map(({ id }) => ({ subject: "an object", grantIds: [id], why: "it is refused" }));

        const first = plan(buildableOf(whole, []));
        expect(plan(buildableOf(whole, []))).toBe(first);
        const fewer = buildableOf(whole, failed);
        expect(plan(fewer)).toEqual(meshPlanner(whole)(fewer));
        expect(plan(buildableOf(whole, []))).toEqual(first);
      }),
      { numRuns: 20 },
    );
  });
});
