import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { meshPlanner } from "#src/domain/plan/mesh-plan.ts";
import {
  buildableOf,
  type FailedObject,
  type LaneMode,
  suspending,
} from "#src/domain/plan/situation.ts";
import {
  applied,
  keysOf,
  objectsOf,
  ofGrants,
  situation,
  twoLists,
  worldOf,
} from "./some-situations.ts";

import { writtenByUs } from "./written-by-us.ts";

describe("grants that are suspended", () => {
  it("takes away what only suspended grants need, in every mode, and keeps the rest as it is without them", () => {
    fc.assert(
      fc.property(
        twoLists,
        fc.constantFrom<LaneMode>("all", "no-new", "frozen", "ends-only"),
        ({ one, other }, mode) => {
          const contested = other.map(({ id }) => contestedBy(id));
          const all = situation({
            open: [...one, ...other].map(applied),
            world: worldOf(objectsOf([...one, ...other]).map(writtenByUs)),
            mode,
          });
          const plan = meshPlanner(suspending(all, contested))(buildableOf(all, contested));

          expect(keysOf(plan, "deleted")).toEqual(ofGrants(other).difference(ofGrants(one)));
          expect(keysOf(plan, "created", "skipped")).toEqual(new Set());
          if (mode !== "ends-only")
            expect(
              plan.changes.flatMap(({ action, object }) => (action === "updated" ? [object] : [])),
            ).toEqual(changedBetween([...one, ...other], one));
        },
      ),
    );
  });
});

function contestedBy(id: string): FailedObject {
  return { subject: "an object", grantIds: [id], why: "somebody changes it", isContested: true };
}

/** What is in both, and says something else. */
function changedBetween(before: readonly Grant[], after: readonly Grant[]) {
  const were = new Map(objectsOf(before).map((object) => [keyOf(object), JSON.stringify(object)]));
  const changed = objectsOf(after).filter(
    (object) => were.get(keyOf(object)) !== JSON.stringify(object),
  );
  return expect.arrayContaining(changed) as unknown;
}

function keyOf({ kind, metadata: { namespace = "", name } }: KubernetesObject): string {
  return `${kind} ${namespace}/${name}`;
}
