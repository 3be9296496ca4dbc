import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { nextClosing } from "#src/domain/admin/registry-only/next-closing.ts";
import {
  revisionClosables,
  type RevisionSight,
  sharedConfigName,
} from "#src/domain/admin/registry-only/revisions.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Step } from "#src/domain/request/request.ts";

/* Every combination of what revisions say, what was approved and what is refused; each order played to its end. */

const REVISIONS = ["asm-1-27", "asm-1-28", "asm-1-29"] as const;
type Revision = (typeof REVISIONS)[number];

const SHARED = {
  open: "a: 1 # ours\noutboundTrafficPolicy:\n  mode: ALLOW_ANY\n",
  silent: "a: 1 # ours\n",
  missing: undefined,
  closed: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n",
  unfit: "a: [1\n",
} as const;
const MANAGED = {
  silent: { rootNamespace: "aks-istio-system" },
  open: { outboundTrafficPolicy: { mode: "ALLOW_ANY" } },
  closed: { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } },
  unreadable: undefined,
} as const;

interface Given {
  readonly revision: Revision;
  readonly shared: keyof typeof SHARED;
  readonly managed: keyof typeof MANAGED;
}

interface World {
  readonly revisions: readonly Given[];
  readonly approved: readonly Revision[];
  readonly refused: readonly Revision[];
}

const world: fc.Arbitrary<World> = fc.record({
  revisions: fc.uniqueArray(
    fc.record({
      revision: fc.constantFrom(...REVISIONS),
      shared: fc.constantFrom(...(Object.keys(SHARED) as (keyof typeof SHARED)[])),
      managed: fc.constantFrom(...(Object.keys(MANAGED) as (keyof typeof MANAGED)[])),
    }),
    { selector: ({ revision }) => revision },
  ),
  approved: fc.subarray([...REVISIONS]),
  refused: fc.subarray([...REVISIONS]),
});

function configOf(revision: string, mesh: string): KubernetesObject {
  const metadata = { name: sharedConfigName(revision), namespace: "aks-istio-system", uid: "1" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { mesh, other: "theirs" } };
}

function sightOf({ revision, shared, managed }: Given): RevisionSight {
  const text = SHARED[shared];
  return {
    revision,
    managed: MANAGED[managed],
    shared: text === undefined ? undefined : configOf(revision, text),
  };
}

function stepOf(target: string): Step {
  return { kind: "shared-mesh-config", target, spec: {} };
}

/** What is written, one after the other, and what is said of the rest; what was written once is seen from then on. */
function played({ revisions, approved, refused }: World): {
  readonly written: readonly string[];
  readonly left: readonly string[];
} {
  const written: string[] = [];
  let sights = revisions.map(sightOf);
  const answers = new Map<string, string>();
  for (let turn = 0; turn < 10; turn += 1) {
    const action = nextClosing(approved.map(stepOf), revisionClosables(sights), answers);
    if (action.kind === "done") return { written, left: action.left };
    const { step, write } = action;
    if (write.kind !== "shared-mesh-config") throw new Error("a Sidecar for the mesh");
    if (refused.some((each) => each === step.target)) {
      answers.set(step.target, "no, said the webhook");
      continue;
    }
    written.push(step.target);
    sights = sights.map((sight) =>
      sight.revision === step.target
        ? { ...sight, shared: configOf(step.target, write.text) }
        : sight,
    );
  }
  throw new Error("it does not come to an end");
}

function needsWriting({ shared, managed }: Given): boolean {
  return managed === "silent" && shared !== "closed" && shared !== "unfit";
}

function isClosed({ shared, managed }: Given): boolean {
  return managed === "closed" || (managed === "silent" && shared === "closed");
}

describe("making the mesh REGISTRY_ONLY", () => {
  it("writes what was approved, is not so yet and can be written, each once", () => {
    fc.assert(
      fc.property(world, (given) => {
        const expected = given.revisions.filter(
          (each) =>
            needsWriting(each) &&
            given.approved.includes(each.revision) &&
            !given.refused.includes(each.revision),
        );

        expect(played(given).written).toEqual(expected.map(({ revision }) => revision));
      }),
      { numRuns: 1000 },
    );
  });

  it("names every revision that it leaves open, and no other", () => {
    fc.assert(
      fc.property(world, (given) => {
        const { written, left } = played(given);
        const open = given.revisions
          .filter((each) => !isClosed(each) && !written.includes(each.revision))
          .map(({ revision }) => revision);

        expect(left.map((text) => /revision (\S+):/.exec(text)?.[1])).toEqual(open);
      }),
      { numRuns: 1000 },
    );
  });

  it("says why: it came later, it cannot be changed, or the API server said no", () => {
    const { left } = played({
      revisions: [
        { revision: "asm-1-27", shared: "unfit", managed: "silent" },
        { revision: "asm-1-28", shared: "open", managed: "silent" },
        { revision: "asm-1-29", shared: "open", managed: "silent" },
      ],
      approved: ["asm-1-27", "asm-1-28"],
      refused: ["asm-1-28"],
    });

    expect(left).toEqual([
      expect.stringMatching(/asm-1-27: ConfigMap .*istio-shared-configmap-asm-1-27 is not changed/),
      expect.stringMatching(/asm-1-28: it was not changed: no, said the webhook/),
      expect.stringMatching(/asm-1-29: it came after the approval/),
    ]);
  });
});
