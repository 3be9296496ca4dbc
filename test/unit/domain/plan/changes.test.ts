import { describe, expect, it } from "@jest/globals";
import { compile } from "#src/domain/compile/compile.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { refKey } from "#src/domain/kubernetes-object.ts";
import { planChanges, type PlannedChanges } from "#src/domain/plan/changes.ts";
import { aGrant, GATEWAY } from "../compile/proven-grants.ts";

const NOTHING: ReadonlySet<string> = new Set();
const desired = compile({
  instance: "demo",
  grants: [aGrant()],
  namespaces: [],
  gateways: [GATEWAY],
});

function plan(
  observed: readonly KubernetesObject[],
  overrides: Partial<Parameters<typeof planChanges>[0]> = {},
): PlannedChanges {
  return planChanges({
    desired,
    observed,
    instance: "demo",
    accounted: NOTHING,
    ...overrides,
  });
}

function carriedOut(
  { changes }: PlannedChanges,
  observed: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  const world = new Map(
    observed.map((object) => [
      `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`,
      object,
    ]),
  );
  for (const { action, subject, object } of changes) {
    if (action === "deleted") world.delete(refKey(subject));
    else if (object !== undefined)
      world.set(refKey(subject), {
        ...object,
        metadata: { ...object.metadata, uid: "u", resourceVersion: "1" },
      });
  }
  return [...world.values()];
}

function actions({ changes }: PlannedChanges): readonly string[] {
  return [...new Set(changes.map(({ action }) => action))];
}

const existing = carriedOut(plan([]), []);

describe("planChanges", () => {
  it("creates what is missing, gateway side before team side, and then has nothing left to do", () => {
    const first = plan([]);
    const namespaces = first.changes.map(({ subject }) => subject.namespace);

    expect(actions(first)).toEqual(["created"]);
    expect(namespaces.lastIndexOf("egress-gw")).toBeLessThan(namespaces.indexOf("team-x"));
    expect(actions(plan(existing))).toEqual(["unchanged"]);
  });

  it("writes a team's ServiceEntry last: it leads nowhere until the route is there", () => {
    const kinds = plan([])
      .changes.filter(({ subject }) => subject.namespace === "team-x")
      .map(({ subject }) => subject.kind);

    expect(kinds).toEqual(["Telemetry", "DestinationRule", "VirtualService", "ServiceEntry"]);
  });

  it("puts right an object somebody changed, and only that one", () => {
    const changed = existing.map((object) =>
      object.kind === "ServiceEntry" && object.metadata.namespace === "team-x"
        ? { ...object, spec: { hosts: ["evil.example"] } }
        : object,
    );
    const updates = plan(changed).changes.filter(({ action }) => action !== "unchanged");

    expect(
      updates.map(({ subject, action }) => `${action} ${subject.kind} ${subject.namespace}`),
    ).toEqual(["updated ServiceEntry team-x"]);
  });

  it.each([
    ["of somebody else's", "kubectl-annotate", "unchanged"],
    ["of its own, of a grant that is over", "sallyport", "updated"],
  ])(
    "leaves an annotation under its prefix alone unless it wrote it: one %s",
    (_whose, manager, action) => {
      const annotation = "sallyport.dev/grant-eg-00009";
      const annotated = existing.map((object) =>
        object.kind === "Gateway" && object.metadata.annotations !== undefined
          ? {
              ...object,
              metadata: {
                ...object.metadata,
                annotations: { ...object.metadata.annotations, [annotation]: "EG-00009" },
                managedFields: [
                  {
                    manager,
                    fieldsV1: { "f:metadata": { "f:annotations": { [`f:${annotation}`]: {} } } },
                  },
                  { manager: "another", fieldsV1: { "f:spec": {} } },
                ],
              },
            }
          : object,
      );
      const changes = plan(annotated).changes.filter(({ subject }) => subject.kind === "Gateway");

      expect(changes.map((change) => change.action).toSorted()).toEqual(
        ["unchanged", action].toSorted(),
      );
    },
  );

  it("puts back an annotation of its own that somebody took out", () => {
    const without = existing.map(({ metadata: { annotations: _, ...metadata }, ...object }) => ({
      ...object,
      metadata,
    }));
    const updates = plan(without).changes.filter(({ action }) => action !== "unchanged");

    expect(updates.map(({ action, subject }) => `${action} ${subject.kind}`)).toEqual([
      "updated Gateway",
    ]);
  });

  it("deletes only what an ended grant accounts for, the server first and the client's ServiceEntry last", () => {
    const wanted = new Set(
      existing
        .filter(
          ({ metadata }) =>
            metadata.namespace === "team-x" || JSON.stringify(metadata).includes("edition"),
        )
        .map((object) => `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`),
    );
    const planned = plan(existing, { desired: [], accounted: wanted });
    const deleted = planned.changes
      .filter(({ action }) => action === "deleted")
      .map(({ subject }) => `${subject.kind} ${subject.namespace}`);

    expect(deleted[0]).toBe("Gateway egress-gw");
    expect(deleted.at(-1)).toBe("ServiceEntry team-x");
    expect(planned.unaccounted.map(({ kind }) => kind)).toContain("AuthorizationPolicy");
  });

  it("deletes nothing for lack of knowledge", () => {
    const planned = plan(existing, { desired: [] });

    expect(planned.changes).toEqual([]);
    expect(planned.unaccounted.length).toBe(existing.length);
  });

  it("never touches an object of somebody else under one of our names", () => {
    const theirs = existing.map((object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { "sallyport.dev/instance": "another" } },
    }));
    const planned = plan(theirs);

    expect(actions(planned)).toEqual(["skipped"]);
    expect(planned.foreign.length).toBe(theirs.length);
  });
});
