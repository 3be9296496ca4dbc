import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { planChanges, type PlannedChanges } from "#src/domain/plan/changes.ts";
import {
  compiled,
  GATEWAY_NAMESPACES,
  keyOf,
  someGrant,
  someGrants,
} from "../compile/some-grants.ts";

import { writtenByUs } from "./written-by-us.ts";

type World = ReadonlyMap<string, KubernetesObject>;

const EMPTY: World = new Map();
/** A stranger's object, of another installation: it must come out of everything as it went in. */
const FOREIGN: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: {
    name: "theirs",
    namespace: "team-a",
    labels: { "sallyport.dev/instance": "another" },
  },
  spec: { hosts: ["edition.cnn.com"] },
};

/** What lanes pass: of an ended grant's objects, those it was compiled to and no live one needs. */
function plan(live: readonly Grant[], ended: readonly Grant[], world: World): PlannedChanges {
  const wanted = new Set(compiled(live).map(keyOf));
  const accounted = compiled(ended)
    .filter(({ grantIds }) => grantIds.length > 0)
    .map(keyOf);
  return planChanges({
    desired: compiled(live),
    observed: [...world.values()],
    instance: "demo",
    accounted: new Set(accounted.filter((key) => !wanted.has(key))),
  });
}

function carriedOut({ changes }: PlannedChanges, world: World): World {
  const next = new Map(world);
  for (const { action, subject, object } of changes) {
    const key = `${subject.kind} ${subject.namespace}/${subject.name}`;
    if (action === "deleted") next.delete(key);
    if (object !== undefined && (action === "created" || action === "updated")) {
      // As an API server answers: with more than was sent, and other people's labels kept.
      const labels = { ...object.metadata.labels, "example.com/cost-centre": "42" };
      next.set(
        key,
        writtenByUs({
          ...object,
          metadata: { ...object.metadata, labels, uid: key, resourceVersion: "1" },
        }),
      );
    }
  }
  return next;
}

function converged(live: readonly Grant[], ended: readonly Grant[], world: World): World {
  return carriedOut(plan(live, ended, world), world);
}

function actionsOf({ changes }: PlannedChanges): readonly string[] {
  return [...new Set(changes.map(({ action }) => action))];
}

describe("a plan", () => {
  it("that was carried out leaves nothing to do, whatever was there before", () => {
    fc.assert(
      fc.property(someGrants, someGrants, (before, live) => {
        const ended = before.filter(({ id }) => !live.some((grant) => grant.id === id));
        const there = converged(before, [], EMPTY);
        const world = converged(
          live,
          ended,
          new Map([...there, [keyOf({ object: FOREIGN }), FOREIGN]]),
        );
        const again = plan(live, ended, world);

        expect(actionsOf(again)).toEqual(["unchanged"]);
        expect(again.foreign).toEqual([]);
        expect(world.get(keyOf({ object: FOREIGN }))).toBe(FOREIGN);
      }),
    );
  });

  it("is reversible: adding a grant and ending it leaves what was there", () => {
    fc.assert(
      fc.property(someGrants, someGrant, (list, added) => {
        const before = list.filter(({ id }) => id !== added.id);
        const world = converged(before, [], EMPTY);
        const withIt = converged([...before, added], [], world);

        expect(converged(before, [added], withIt)).toEqual(world);
      }),
    );
  });

  it("writes everything at the gateways before anything of teams, and deletes in that order too", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const created = plan(grants, [], EMPTY);
        const deleted = plan([], grants, converged(grants, [], EMPTY));

        for (const { changes } of [created, deleted]) {
          const sides = changes
            .filter(({ action }) => action !== "unchanged")
            .map(({ subject }) => GATEWAY_NAMESPACES.has(subject.namespace ?? ""));

          expect(sides).toEqual(sides.toSorted((one, other) => Number(other) - Number(one)));
        }
      }),
    );
  });

  it("never deletes an AuthorizationPolicy, whatever is accounted for", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        const world = converged(grants, [], EMPTY);
        const { changes, unaccounted } = planChanges({
          desired: [],
          observed: [...world.values()],
          instance: "demo",
          accounted: new Set(world.keys()),
        });
        const policies = [...world.values()].filter(({ kind }) => kind === "AuthorizationPolicy");

        expect(changes.length).toBe(world.size - policies.length);
        expect(unaccounted.map(({ name }) => name).toSorted()).toEqual(
          policies.map(({ metadata }) => metadata.name).toSorted(),
        );
      }),
    );
  });
});
