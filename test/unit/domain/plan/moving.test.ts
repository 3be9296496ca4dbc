import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { gatewayKey, type Grant } from "#src/domain/grant.ts";
import { type KubernetesObject, type ObjectRef, refKey } from "#src/domain/kubernetes-object.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import type { PlannedMesh } from "#src/domain/plan/mesh-plan.ts";
import { compiled, GATEWAYS, keyOf, someGrant } from "../compile/some-grants.ts";
import { applied, closed, planOf, worldOf } from "./some-situations.ts";

/** The same, by another gateway. */
function moved(grant: Grant): Grant {
  const to = GATEWAYS.find(({ ref }) => gatewayKey(ref) !== gatewayKey(grant.gateway));
  return { ...grant, id: "EG-MOVED", gateway: to?.ref ?? grant.gateway };
}

function keyOfRef({ kind, namespace = "", name }: ObjectRef): string {
  return refKey({ kind, name, namespace });
}

function carriedOut(
  objects: readonly KubernetesObject[],
  { changes }: PlannedMesh,
): readonly KubernetesObject[] {
  const world = new Map(objects.map((object) => [keyOf({ object }), object]));
  for (const { action, object, subject } of changes) {
    const { kind, namespace, name } = subject;
    if (action === "deleted") world.delete(`${kind} ${namespace}/${name}`);
    else if (object !== undefined) world.set(keyOf({ object }), object);
  }
  return [...world.values()];
}

/** Where sidecars of the namespace are sent. */
function hostsSentTo(objects: readonly KubernetesObject[], namespace: string): readonly string[] {
  const routes = objects.filter(
    ({ kind, metadata }) => kind === "VirtualService" && metadata.namespace === namespace,
  );
  const found = JSON.stringify(routes).matchAll(/"destination":\{"host":"([^"]+)"/g);
  return [...new Set([...found].map(([, host = ""]) => host))];
}

function serviceOf({ gateway }: Grant): string {
  return GATEWAYS.find(({ ref }) => gatewayKey(ref) === gatewayKey(gateway))?.serviceHost ?? "";
}

describe("a grant that moves to another gateway", () => {
  it("has its new way first, then changes over by updates alone, and then loses the old one", () => {
    fc.assert(
      fc.property(someGrant, (old) => {
        const next = moved(old);
        const { namespace } = old.scope;
        const both = [applied(old), applied(next)];
        const phases = [
          { open: [applied(old)] },
          { open: both, standingBy: new Set([next.id]) },
          { open: both, standingBy: new Set([old.id]) },
          { open: [applied(next)], closed: [closed(old)] },
        ];
        const sent: (readonly string[])[] = [];
        let objects: readonly KubernetesObject[] = [];
        for (const [at, phase] of phases.entries()) {
          const plan = planOf({ ...phase, world: worldOf(objects) });
          objects = carriedOut(objects, plan);
          sent.push(hostsSentTo(objects, namespace));
          const actions = new Set(
            plan.changes
              .filter(({ subject }) => subject.namespace === namespace)
              .filter(({ subject }) => ["ServiceEntry", "VirtualService"].includes(subject.kind))
              .map(({ action }) => action),
          );

          expect(plan.unaccounted.map(keyOfRef)).toEqual([]);
          expect(plan.changes.some(({ action }) => action === "deleted")).toBe(at === 3);
          expect(actions.has("deleted")).toBe(false);
        }
        expect(sent).toEqual([old, old, next, next].map((grant) => [serviceOf(grant)]));
        const rest = compiled([next]).map((each) => keyOf(each));
        expect(objects.map((object) => keyOf({ object }))).toEqual(expect.arrayContaining(rest));
        const left = objects.filter((object) => !rest.includes(keyOf({ object })));
        // Policies of a gateway are only ever added.
        expect(new Set(left.map(({ kind }) => kind))).toEqual(
          new Set(left.length === 0 ? [] : ["AuthorizationPolicy"]),
        );
      }),
    );
  });

  it("takes its way back where what moved it ends before it worked", () => {
    fc.assert(
      fc.property(someGrant, (old) => {
        const next = moved(old);
        const both = [applied(old), applied(next)];
        let objects: readonly KubernetesObject[] = [];
        for (const phase of [
          { open: both, standingBy: new Set([old.id]) },
          { open: [applied(old)], closed: [closed(next)] },
        ])
          objects = carriedOut(objects, planOf({ ...phase, world: worldOf(objects) }));

        expect(hostsSentTo(objects, old.scope.namespace)).toEqual([serviceOf(old)]);
      }),
    );
  });

  it("may share host and port with what goes by the gateway it leaves, and with nothing else", () => {
    fc.assert(
      fc.property(
        someGrant,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (old, isMove, isThere, isIt) => {
          const request = isIt ? old.id : "EG-OTHER";
          const next = moved(old);
          const third = GATEWAYS.find(
            ({ ref }) =>
              ![old, next].some(({ gateway }) => gatewayKey(gateway) === gatewayKey(ref)),
          );
          const { refusals, warnings } = findConflicts({
            grants: [next],
            live: [isThere ? old : { ...old, gateway: third?.ref ?? old.gateway }],
            ...(isMove ? { moves: { request, from: old.gateway } } : {}),
            observed: {
              objects: [],
              sidecars: [],
              exportDefaults: SHOWN_TO_ALL,
            },
            gateways: GATEWAYS,
            namespaces: [],
            instance: "demo",
          });
          const reasons = refusals.map(({ reason }) => reason);

          expect(reasons.includes("OtherGateway")).toBe(!(isMove && isThere));
          expect(warnings.some((text) => text.includes(`once ${old.id}`))).toBe(
            isMove && isThere && request !== old.id,
          );
        },
      ),
    );
  });
});
