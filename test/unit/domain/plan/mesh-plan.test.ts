import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { gatewayKey, type Grant } from "#src/domain/grant.ts";
import { type KubernetesObject, refKey } from "#src/domain/kubernetes-object.ts";
import { meshPlanner, type PlannedMesh } from "#src/domain/plan/mesh-plan.ts";
import {
  buildableOf,
  type LaneMode,
  type MeshWorld,
  type Situation,
} from "#src/domain/plan/situation.ts";
import { EgressGrantSpec, newEgressGrant } from "#src/domain/request/egress-grant.ts";
import type {
  ClosedGrant,
  FoundGrant,
  JudgedGrant,
  OpenGrant,
} from "#src/domain/request/judge-egress-grant.ts";
import { aKeyring, anActiveRequest, aRequest } from "#test/support/signed-request.ts";
import { compiled, GATEWAYS, NAMESPACES, someGrants } from "../compile/some-grants.ts";

const keys = aKeyring();
const active = anActiveRequest(keys);

/** Statements play no part in the plan: what is judged already is taken as it is. */
function judged(grant: Grant, status: Record<string, unknown> = {}): JudgedGrant & OpenGrant {
  const object = {
    ...newEgressGrant({
      instance: "demo",
      namespace: "sallyport-system",
      record: { ...aRequest(keys), id: grant.id },
      grants: [grant],
    }),
    status,
  };
  const admission = {
    envelope: active.request.envelope,
    payload: { ...payloadOf(active.admission), namespaceUid: `uid-${grant.scope.namespace}` },
  };
  return {
    object,
    requestId: grant.id,
    grant,
    spec: EgressGrantSpec.parse(object.spec),
    admission,
    wasOpen: true,
    activation: undefined,
    endsAt: grant.latestEnd,
  };
}

function payloadOf<Payload>(signed: { readonly payload: Payload } | undefined): Payload {
  if (signed === undefined) throw new TypeError("absent");
  return signed.payload;
}

const APPLIED = { conditions: [{ type: "Applied", status: "True" }] };

function applied(grant: Grant): OpenGrant {
  return judged(grant, APPLIED);
}
function fresh(grant: Grant): OpenGrant {
  return judged(grant);
}
function closed(grant: Grant, { proven = false } = {}): ClosedGrant {
  const removal = proven ? ({ at: 1, verdict: "passed" } as const) : undefined;
  const end = {
    cause: "revoked",
    at: 1,
    recorded: true,
    lasting: true,
    answers: undefined,
  } as const;
  return { ...judged(grant), ...end, removal };
}
function found(grant: Grant): FoundGrant {
  return { ...judged(grant), why: "spec" };
}

function worldOf(objects: readonly KubernetesObject[], change: Partial<MeshWorld> = {}): MeshWorld {
  return {
    objects,
    facts: GATEWAYS,
    ready: new Set(GATEWAYS.map(({ ref }) => gatewayKey(ref))),
    namespaces: new Map([
      ...NAMESPACES.map(({ namespace }) => [namespace, `uid-${namespace}`] as const),
      ...GATEWAYS.map(({ ref }) => [ref.namespace, "gw"] as const),
    ]),
    ...change,
  };
}

function situation(change: Partial<Situation>): Situation {
  return {
    instance: "demo",
    directory: {
      clusters: [],
      teams: [
        {
          name: "team",
          channel: undefined,
          userGroup: undefined,
          placements: NAMESPACES.map((placement) => ({
            cluster: "prod-1",
            serviceAccounts: [],
            ...placement,
          })),
        },
      ],
    },
    cluster: "prod-1",
    open: [],
    closed: [],
    found: [],
    world: worldOf([]),
    mode: "all",
    ...change,
  };
}

function planOf(change: Partial<Situation>): PlannedMesh {
  const whole = situation(change);
  return meshPlanner(whole)(buildableOf(whole, []));
}

function objectsOf(grants: readonly Grant[]): readonly KubernetesObject[] {
  return compiled(grants).map(({ object }) => object);
}

function keysOf({ changes }: PlannedMesh, ...actions: readonly string[]): ReadonlySet<string> {
  return new Set(
    changes.filter(({ action }) => actions.includes(action)).map(({ subject }) => refKey(subject)),
  );
}

function ofGrants(grants: readonly Grant[]): ReadonlySet<string> {
  return new Set(
    compiled(grants)
      .filter(({ grantIds }) => grantIds.length > 0)
      .map(({ object }) =>
        refKey({
          kind: object.kind as "Gateway",
          name: object.metadata.name,
          namespace: object.metadata.namespace ?? "",
        }),
      ),
  );
}

/** Two lists without an id in common. */
const twoLists = fc.tuple(someGrants, someGrants).map(([one, other]) => ({
  one,
  other: other.filter(({ id }) => !one.some((grant) => grant.id === id)),
}));

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
