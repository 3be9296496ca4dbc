import { describe, expect, it } from "@jest/globals";
import { LabelSelector } from "#src/domain/kubernetes/label-selector.ts";
import type { Labels } from "#src/domain/plan/others/interference.ts";
import { aboutOthers } from "#src/domain/plan/others/others-on-the-way.ts";
import { aGrant } from "../../compile/proven-grants.ts";
import { AROUND, foundOf } from "./foreign.ts";

const IN_MESH = { matchLabels: { mesh: "yes" } };

/** A selector, and whether it takes in a namespace of that name and labels. */
const SELECTORS: readonly (readonly [object, (name: string, labels: Labels) => boolean])[] = [
  [IN_MESH, (_name, { mesh }) => mesh === "yes"],
  [
    { matchLabels: { mesh: "yes", tier: "apps" } },
    (_name, { mesh, tier }) => mesh === "yes" && tier === "apps",
  ],
  [
    { matchExpressions: [{ key: "mesh", operator: "Exists" }] },
    (_name, { mesh }) => mesh !== undefined,
  ],
  [
    { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["apps"] }] },
    (_name, { tier }) => tier !== "apps",
  ],
  [{ matchLabels: { "kubernetes.io/metadata.name": "team-x" } }, (name) => name === "team-x"],
  [
    {
      matchExpressions: [
        { key: "kubernetes.io/metadata.name", operator: "In", values: ["team-x", "egress-gw"] },
      ],
    },
    () => true,
  ],
  [{}, () => true],
];

const LABELS: readonly (Labels | undefined)[] = [
  undefined,
  {},
  { mesh: "yes" },
  { mesh: "no" },
  { mesh: "yes", tier: "apps" },
];

/** What is found where these are the selectors of each revision. */
function leftOut(
  discovery: readonly (readonly object[])[],
  [gateway, team]: readonly (Labels | undefined)[],
) {
  const all = { "egress-gw": gateway, "team-x": team };
  const found = foundOf([], {
    discovery: discovery.map((selectors) => selectors.map((each) => LabelSelector.parse(each))),
    namespaceLabels: new Map(
      Object.entries(all).flatMap(([name, labels]) =>
        labels === undefined ? [] : [[name, labels] as const],
      ),
    ),
  });
  return found.map(({ effect, text }) => [effect, /namespace (\S+) out/.exec(text)?.[1]]);
}

describe("discoverySelectors", () => {
  const places = LABELS.flatMap((gateway) => LABELS.map((team) => [gateway, team] as const));
  const sets = [
    ...SELECTORS.map((each) => [each]),
    ...SELECTORS.flatMap((one) => SELECTORS.map((other) => [one, other])),
  ];

  it("leave out what none of them takes in, whichever of the two namespaces it is", () => {
    for (const set of sets)
      for (const [gateway, team] of places) {
        const expected = [["egress-gw", gateway] as const, ["team-x", team] as const]
          .filter(([name, labels = {}]) => !set.some(([, takesIn]) => takesIn(name, labels)))
          .map(([name]) => ["not-discovered", name]);
        const selectors = set.map(([selector]) => selector);

        expect([selectors, gateway, team, leftOut([selectors], [gateway, team])]).toEqual([
          selectors,
          gateway,
          team,
          expected,
        ]);
      }
  });

  it("leave out nothing where a mesh has none", () => {
    expect(leftOut([], [{}, {}])).toEqual([]);
    expect(leftOut([[]], [{}, {}])).toEqual([]);
  });

  it("of any revision count", () => {
    expect(leftOut([[], [IN_MESH]], [{ mesh: "yes" }, {}])).toEqual([["not-discovered", "team-x"]]);
  });

  it("are not judged where namespaces may not be listed, which is said", () => {
    const surroundings = {
      ...AROUND,
      discovery: [[LabelSelector.parse(IN_MESH)]],
      unseen: ["Namespace"] as const,
    };

    expect(foundOf([], surroundings)).toEqual([]);
    expect(aboutOthers({ way: aGrant(), surroundings, instance: "demo" }).join()).toContain(
      "kind Namespace",
    );
  });

  it("that cannot be read are not known", () => {
    const surroundings = { ...AROUND, discovery: "unknown" } as const;

    expect(aboutOthers({ way: aGrant(), surroundings, instance: "demo" })).toEqual([
      expect.stringContaining("is not known, because the mesh configuration cannot be read"),
    ]);
  });
});
