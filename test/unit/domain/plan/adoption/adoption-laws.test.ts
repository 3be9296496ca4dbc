import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { AdoptionStage } from "#src/domain/plan/adoption/adoption-step.ts";
import { type Adoption, adoptionOf } from "#src/domain/plan/adoption/adoption.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { aGrant } from "../../compile/proven-grants.ts";
import { EDITION, MOVING, OTHERS, TEAM, waysFrom } from "./adoption-world.ts";
import { INSTANCE, isOurs, played } from "./play-steps.ts";
import { someTheirs } from "./some-theirs.ts";

type Objects = readonly KubernetesObject[];

function adoption(grant: Grant, objects: Objects, stage: AdoptionStage): Adoption | undefined {
  return adoptionOf(
    grant,
    {
      live: [],
      observed: {
        objects,
        sidecars: objects.filter(({ kind }) => kind === "Sidecar"),
        exportDefaults: SHOWN_TO_ALL,
      },
      instance: INSTANCE,
    },
    stage,
  );
}

function grantFor(port: 80 | 443): Grant {
  return aGrant({ destination: { host: EDITION, port, mode: port === 80 ? "http" : "tls" } });
}

/** Ports that the steps themselves say may stop with the approval. */
function mayStop(pauses: readonly string[]): readonly string[] {
  return pauses.flatMap((pause) =>
    pause.includes("may stop when this is approved") ? (pause.match(/[a-z.]+:\d+/g) ?? []) : [],
  );
}

/** Whether something else than another port stands in the way of moving without a pause. */
function isHindered(pauses: readonly string[]): boolean {
  return pauses.some((pause) => !pause.includes("may stop when this is approved"));
}

interface State {
  readonly objects: Objects;
  readonly step: string;
  readonly isApproved: boolean;
}

function statesOf(found: Adoption, objects: Objects, grant: Grant): readonly State[] {
  const states: State[] = [];
  let now = objects;
  let isApproved = false;
  for (const step of found.steps) {
    isApproved ||= step.do === "approve";
    for (const next of played(step, now, grant)) {
      states.push({ objects: next, step: step.do, isApproved });
      now = next;
    }
  }
  return states;
}

/** Names of what is reached no more, of what was. */
function lost(namespace: string, before: Objects, after: Objects): readonly string[] {
  const then = waysFrom(namespace, before);
  return Object.entries(waysFrom(namespace, after))
    .filter(([place, way]) => way === "refused" && then[place] !== "refused")
    .map(([place]) => place);
}

function gained(namespace: string, before: Objects, after: Objects): readonly string[] {
  return lost(namespace, after, before);
}

/** Whether it has the port, or a route for what is spoken there. */
function serves({ kind, spec }: KubernetesObject, port: 80 | 443): boolean {
  return kind === "ServiceEntry"
    ? JSON.stringify(spec?.["ports"]).includes(`"number":${port},`)
    : spec?.[port === 80 ? "http" : "tls"] !== undefined;
}

/** What goes past every gateway that went through one before. */
function sentAround(before: Objects, after: Objects): readonly string[] {
  const then = waysFrom(TEAM, before);
  return Object.entries(waysFrom(TEAM, after))
    .filter(([place, way]) => way === "directly" && then[place] === "theirs")
    .map(([place]) => place);
}

describe.each([
  ["in the namespace itself", [TEAM, TEAM, "legacy"], "refused"],
  ["in another namespace", ["legacy"], "asked"],
] as const)("the printed steps, taken one by one, of what is there %s", (_where, places, stage) => {
  const theirs = someTheirs(places).filter(({ objects, port }) => {
    const found = adoption(grantFor(port), objects, stage);
    const hasOwn = found?.theirs.some(({ isOwn }) => isOwn) === true;
    return found !== undefined && hasOwn === (stage === "refused") && !isHindered(found.pauses);
  });

  it("keep everything reachable for the namespace that is, but for ports they name", () => {
    fc.assert(
      fc.property(theirs, ({ objects, port }) => {
        const grant = grantFor(port);
        const found = adoption(grant, objects, stage);
        if (found === undefined) return;
        const named = mayStop(found.pauses);
        for (const state of statesOf(found, objects, grant)) {
          const stopped = lost(TEAM, objects, state.objects);
          const unnamed = stopped.filter((place) => !state.isApproved || !named.includes(place));
          expect([state.step, unnamed]).toEqual([state.step, []]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("open nothing to anybody but what is granted, and past no gateway what went through one", () => {
    fc.assert(
      fc.property(theirs, ({ objects, port }) => {
        const grant = grantFor(port);
        const found = adoption(grant, objects, stage);
        if (found === undefined) return;
        for (const state of statesOf(found, objects, grant)) {
          const more = gained(TEAM, objects, state.objects).filter(
            (place) => place !== `${EDITION}:${port}`,
          );
          expect([state.step, more]).toEqual([state.step, []]);
          expect([state.step, sentAround(objects, state.objects)]).toEqual([state.step, []]);
          // Nothing runs where copies go.
          for (const other of OTHERS.filter((each) => each !== MOVING)) {
            expect([state.step, other, gained(other, objects, state.objects)]).toEqual([
              state.step,
              other,
              [],
            ]);
            expect([state.step, other, lost(other, objects, state.objects)]).toEqual([
              state.step,
              other,
              [],
            ]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("end with the host reached through Sallyport's gateway, and by nothing else", () => {
    fc.assert(
      fc.property(theirs, ({ objects, port }) => {
        const grant = grantFor(port);
        const found = adoption(grant, objects, stage);
        if (found === undefined) return;
        const last = statesOf(found, objects, grant).at(-1)?.objects ?? [];
        const place = `${EDITION}:${port}`;
        expect(waysFrom(TEAM, last)[place]).toBe("ours");
        const revoked = last.filter((object) => !isOurs(object));
        expect(waysFrom(TEAM, revoked)[place]).toBe("refused");
        expect(adoption(grant, last, "active")).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it("reach the host whichever of ours and theirs the mesh takes", () => {
    fc.assert(
      fc.property(theirs, ({ objects, port }) => {
        const grant = grantFor(port);
        const found = adoption(grant, objects, stage);
        const place = `${EDITION}:${port}`;
        if (found === undefined || waysFrom(TEAM, objects)[place] === "refused") return;
        const approving = statesOf(found, objects, grant).filter(({ step }) => step === "approve");
        for (const state of approving) {
          const there = adoption(grant, state.objects, "active")?.theirs ?? [];
          for (const kind of ["ServiceEntry", "VirtualService"]) {
            if (!there.some(({ object }) => object.kind === kind && serves(object, port))) continue;
            // As if theirs were taken: ours of that kind has no say.
            const without = state.objects.filter(
              (object) =>
                !isOurs(object) || object.kind !== kind || object.metadata.namespace !== TEAM,
            );
            expect([kind, waysFrom(TEAM, without)[place]]).not.toEqual([kind, "refused"]);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
