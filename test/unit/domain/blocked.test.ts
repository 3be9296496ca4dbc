import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { areGrantsKnown, type Footing, standingOf } from "#src/domain/blocked.ts";
import {
  definitionProblem,
  definitionRef,
  OWN_KINDS,
  type OwnKind,
} from "#src/domain/definitions.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

const GOING = "2026-01-01T09:00:00Z";

function shipped(kind: OwnKind): KubernetesObject {
  const [plural = ""] = definitionRef(kind).name.split(".");
  const file = new URL(`../../../deploy/crds/${plural}.yaml`, import.meta.url);
  return parse(readFileSync(file, "utf8")) as KubernetesObject;
}

type Change = (object: KubernetesObject) => KubernetesObject | "unreadable" | undefined;

function changed(metadata: Partial<KubernetesObject["metadata"]>): Change {
  return (object) => ({ ...object, metadata: { ...object.metadata, ...metadata } });
}

const CHANGES = {
  missing: () => undefined,
  unreadable: () => "unreadable",
  going: changed({ deletionTimestamp: GOING }),
  "going by its condition": (object) => ({
    ...object,
    status: { conditions: [{ type: "Terminating", status: "True" }] },
  }),
  "not going any more": (object) => ({
    ...object,
    status: { conditions: [{ type: "Terminating", status: "False" }] },
  }),
  "not served": (object) => ({
    ...object,
    spec: { ...object.spec, versions: [{ name: "v1alpha1", served: false }] },
  }),
  "of another version": (object) => ({
    ...object,
    spec: { ...object.spec, versions: [{ name: "v1", served: true }] },
  }),
  "without a number": changed({ labels: {} }),
  older: changed({ labels: { "sallyport.dev/schema": "1" } }),
  newer: changed({ labels: { "sallyport.dev/schema": "1000" } }),
  "older and going": changed({ labels: {}, deletionTimestamp: GOING }),
} as const satisfies Record<string, Change>;

function footing(changes: Partial<Record<OwnKind, keyof typeof CHANGES>> = {}): Footing {
  return {
    namespace: { apiVersion: "v1", kind: "Namespace", metadata: { name: "sallyport-system" } },
    definitions: new Map(
      OWN_KINDS.map((kind) => {
        const change = changes[kind];
        return [kind, change === undefined ? shipped(kind) : CHANGES[change](shipped(kind))];
      }),
    ),
  };
}

function standing(changes: Parameters<typeof footing>[0], metadata: object = {}) {
  const { namespace, definitions } = footing(changes);
  const of = namespace && { ...namespace, metadata: { ...namespace.metadata, ...metadata } };
  return standingOf({ namespace: of, definitions }, "demo");
}

describe("the definitions as they are shipped", () => {
  it.each(OWN_KINDS)("are of the version the code needs: %s", (kind) => {
    expect(definitionProblem(kind, shipped(kind))).toBeUndefined();
  });
});

describe("what the grants of a cluster stand on", () => {
  it("is well where all is as it was installed", () => {
    expect(standing({})).toEqual({ blocked: undefined, terminating: false });
  });

  it.each([
    ["missing", "no-crd", true],
    ["not served", "no-crd", true],
    ["of another version", "no-crd", true],
    ["going", "crd-terminating", true],
    ["going by its condition", "crd-terminating", true],
    ["not going any more", undefined, false],
    ["unreadable", "crd-unreadable", true],
    ["older", "crd-older", false],
    ["without a number", "crd-older", false],
    ["older and going", "crd-terminating", true],
    ["newer", undefined, false],
  ] as const)("the definition of grants is %s: %s", (change, blocked, terminating) => {
    expect(standing({ EgressGrant: change })).toEqual({ blocked, terminating });
  });

  it.each([
    ["missing", "crd-older"],
    ["not served", "crd-older"],
    ["going", "crd-terminating"],
    ["unreadable", "crd-unreadable"],
    ["older", "crd-older"],
    ["newer", undefined],
  ] as const)(
    "another definition is %s: %s, and a deletion is still a revoke",
    (change, blocked) => {
      for (const kind of ["EgressGateway", "EgressCluster"] as const)
        expect(standing({ [kind]: change })).toEqual({ blocked, terminating: false });
    },
  );

  it("says the worst of several", () => {
    expect(standing({ EgressGrant: "older", EgressCluster: "going" }).blocked).toBe(
      "crd-terminating",
    );
    expect(standing({ EgressGrant: "unreadable", EgressGateway: "missing" }).blocked).toBe(
      "crd-unreadable",
    );
    expect(standing({ EgressGrant: "missing", EgressGateway: "going" }).blocked).toBe("no-crd");
  });

  it.each([
    ["being deleted", { deletionTimestamp: GOING }, "namespace-terminating", true],
    [
      "labelled with another instance",
      { labels: { "sallyport.dev/instance": "other" } },
      "namespace-of-another-instance",
      false,
    ],
    ["labelled with ours", { labels: { "sallyport.dev/instance": "demo" } }, undefined, false],
  ])("the namespace is %s", (_, metadata, blocked, terminating) => {
    expect(standing({}, metadata)).toEqual({ blocked, terminating });
  });

  it("a namespace is missing", () => {
    expect(standingOf({ ...footing(), namespace: undefined }, "demo").blocked).toBe("no-namespace");
  });

  it("both are being deleted", () => {
    expect(standing({ EgressGrant: "going" }, { deletionTimestamp: GOING })).toEqual({
      blocked: "namespace-terminating",
      terminating: true,
    });
  });
});

it.each([
  [undefined, true],
  ["namespace-terminating", true],
  ["crd-terminating", true],
  ["crd-older", true],
  ["crd-unreadable", true],
  ["no-crd", false],
  ["no-namespace", false],
  ["namespace-of-another-instance", false],
] as const)("grants are known where a cluster is blocked by %s: %s", (blocked, known) => {
  expect(areGrantsKnown(blocked)).toBe(known);
});
