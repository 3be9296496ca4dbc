import { describe, expect, it } from "@jest/globals";
import { aboutOthers } from "#src/domain/plan/others/others-on-the-way.ts";
import { aGrant } from "../../compile/proven-grants.ts";
import {
  AROUND,
  foundOf,
  GATEWAY_POD,
  type Place,
  PLACES,
  ROOT,
  TEAM_POD,
  theirs,
} from "./foreign.ts";

const GATEWAY = "the gateway's pods";
const TEAM = "the team's pods";

/** A kind with content that matters, the form of its selector, and on whose pods it acts at all. */
const KINDS = [
  ["EnvoyFilter", { configPatches: [{}] }, "workloadSelector", "labels", [GATEWAY, TEAM]],
  ["WasmPlugin", { url: "oci://x" }, "selector", "matchLabels", [GATEWAY, TEAM]],
  ["ProxyConfig", { environmentVariables: { A: "b" } }, "selector", "matchLabels", [GATEWAY, TEAM]],
  ["RequestAuthentication", { jwtRules: [{}] }, "selector", "matchLabels", [GATEWAY]],
  ["PeerAuthentication", { mtls: { mode: "DISABLE" } }, "selector", "matchLabels", [GATEWAY]],
  [
    "PeerAuthentication",
    { portLevelMtls: { 80: { mode: "DISABLE" } } },
    "selector",
    "matchLabels",
    [GATEWAY],
  ],
] as const;

const SELECTED = [
  ["every pod", undefined, [GATEWAY, TEAM]],
  [GATEWAY, GATEWAY_POD, [GATEWAY]],
  [TEAM, TEAM_POD, [TEAM]],
  ["other pods", { app: "other" }, []],
] as const;

/** In its own namespace any selector may be for pods of the team that do not run right now. */
function reachedFrom(place: Place, selected: readonly string[]): readonly string[] {
  if (place === ROOT) return selected;
  if (place === "egress-gw") return selected.filter((pods) => pods === GATEWAY);
  return place === "team-x" ? [TEAM] : [];
}

const CASES = KINDS.flatMap(([kind, spec, field, labels, acts]) =>
  PLACES.flatMap((place) =>
    SELECTED.map(([what, selector, selected]) => {
      const expected = reachedFrom(place, selected).filter((pods) =>
        acts.some((each) => each === pods),
      );
      const object = theirs(kind, place, {
        ...spec,
        ...(selector === undefined ? {} : { [field]: { [labels]: selector } }),
      });
      return [kind, place, what, object, expected] as const;
    }),
  ),
);

describe("what is not judged", () => {
  it.each(CASES)(
    "%s in %s for %s is named where it acts",
    (kind, place, _what, object, expected) => {
      expect(foundOf([object]).map(({ effect, text }) => [effect, text])).toEqual(
        expected.length === 0
          ? []
          : [
              [
                "not-judged",
                `${kind} ${place}/theirs changes what the proxy does in ${expected.join(" and ")}, and is not judged`,
              ],
            ],
      );
    },
  );

  it.each([
    ["PeerAuthentication", { mtls: { mode: "STRICT" } }],
    ["PeerAuthentication", { mtls: { mode: "PERMISSIVE" } }],
    ["ProxyConfig", { concurrency: 2 }],
    ["Sidecar", {}],
  ])("is not %s with %j, which changes nothing of the way", (kind, spec) => {
    expect(foundOf([theirs(kind, ROOT, spec)])).toEqual([]);
  });
});

describe("a route of the Kubernetes Gateway API", () => {
  it.each(["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"])(
    "%s is named where sidecars of the namespace go by it, and nowhere else",
    (kind) => {
      for (const place of PLACES)
        for (const parent of ["Gateway", undefined, "Service", "ServiceEntry", "Hostname"]) {
          const parentRefs = [{ name: "one" }, { name: "x", ...(parent && { kind: parent }) }];
          const found = foundOf([theirs(kind, place, { parentRefs })]);
          const isMesh = parent !== undefined && parent !== "Gateway";

          expect(found.map(({ effect }) => effect)).toEqual(
            isMesh && place === "team-x" ? ["not-judged"] : [],
          );
          for (const { text } of found) expect(text).toContain(`${kind} team-x/theirs routes`);
        }
    },
  );
});

describe("what is told of others", () => {
  const way = aGrant();
  const denying = theirs("AuthorizationPolicy", ROOT, { action: "DENY", rules: [{}] });
  const filters = Array.from({ length: 7 }, (_, at) =>
    theirs("EnvoyFilter", ROOT, {}, { name: `f${at}` }),
  );

  it("is nothing where there is nothing", () => {
    expect(aboutOthers({ way, surroundings: AROUND, instance: "demo" })).toEqual([]);
  });

  it("names the worst first, five at most, in whichever order they were read", () => {
    const told = [[...filters, denying], [denying, ...filters].toReversed()].map((objects) =>
      aboutOthers({ way, surroundings: { ...AROUND, objects }, instance: "demo" }),
    );

    expect(told[0]).toEqual(told[1]);
    expect(told[0]?.join()).toMatch(/way out: AuthorizationPolicy .*f0.*f3.*; and 3 more; ask/);
  });

  it("says of what could not be listed that it is not known", () => {
    const surroundings = { ...AROUND, unseen: ["WasmPlugin", "EnvoyFilter"] as const };

    expect(aboutOthers({ way, surroundings, instance: "demo" })).toEqual([
      expect.stringMatching(/kind WasmPlugin, EnvoyFilter act .* is not known.*sallyport rbac/),
    ]);
  });
});
