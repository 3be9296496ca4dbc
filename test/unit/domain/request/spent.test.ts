import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { MOST_SPENT, spentIn, withSpent } from "#src/domain/request/spent.ts";
import { DAY, HOUR, NINE } from "#test/support/signed-request.ts";

function aCluster(spent: unknown): KubernetesObject {
  return {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "EgressCluster",
    metadata: { name: "cluster" },
    spec: { spent },
  };
}

const digest = fc.stringMatching(/^[0-9a-f]{8}$/);

describe("the plans whose approval fell", () => {
  it("are used up for longer than any decision lives, in whatever order they fell", () => {
    const falls = fc.array(fc.tuple(digest, fc.integer({ min: 0, max: 3 * DAY })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(falls, (list) => {
        const sorted = list.toSorted(([, one], [, other]) => one - other);
        let spent: unknown = [];
        for (const [plan, at] of sorted)
          spent = withSpent(aCluster(spent), plan, NINE + at) ?? spent;
        const last = sorted.at(-1)?.[1] ?? 0;
        const recent = sorted.filter(([, at]) => last - at <= DAY).map(([plan]) => plan);

        for (const plan of recent) expect(spentIn(aCluster(spent))).toContain(plan);
      }),
    );
  });

  it("are forgotten once no decision on them can be used", () => {
    const spent = withSpent(undefined, "aa", NINE);

    expect(withSpent(aCluster(spent), "bb", NINE + DAY + HOUR)).toEqual([
      { plan: "bb", at: expect.any(String) },
    ]);
  });

  it("are written once", () => {
    expect(withSpent(aCluster(withSpent(undefined, "aa", NINE)), "aa", NINE + 1)).toBeUndefined();
  });

  it.each([undefined, "x", [{ plan: 1 }], [{ plan: "aa" }]])("are none in %j", (spent) => {
    expect(spentIn(aCluster(spent))).toEqual(new Set());
  });

  it.each([{ plan: 1 }, "x", null, { plan: "bb", at: "2026-03-02t09:00:00,5z" }])(
    "are not hidden by an entry somebody wrote as %j",
    (entry) => {
      const spent = [...(withSpent(undefined, "aa", NINE) ?? []), entry];

      expect(spentIn(aCluster(spent))).toContain("aa");
      expect(withSpent(aCluster(spent), "cc", NINE + HOUR)).toContainEqual(
        expect.objectContaining({ plan: "aa" }),
      );
    },
  );

  it("are as many as the resource has room for", () => {
    const crd = readFileSync("deploy/crds/egressclusters.yaml", "utf8");

    expect(/ spent:[\s\S]*?maxItems: (\d+)/.exec(crd)?.[1]).toBe(String(MOST_SPENT));
  });
});
