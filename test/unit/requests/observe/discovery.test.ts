import { describe, expect, it } from "@jest/globals";
import { observeDiscovery } from "#src/requests/observe/mesh/mesh-config.ts";
import { aMeshConfiguredBy } from "./configured-mesh.ts";

function discoveryOf(maps: Readonly<Record<string, string>>) {
  return observeDiscovery(aMeshConfiguredBy(maps));
}

const SELECTING = "discoverySelectors:\n- matchLabels: {mesh: 'yes'}";
const SELECTOR = { matchLabels: { mesh: "yes" }, matchExpressions: [] };

describe("discoverySelectors of a mesh", () => {
  it.each([
    ["no configuration", {}, []],
    ["one that says nothing", { "istio-asm-1-29": "a: b" }, [[]]],
    [
      "the users'",
      { "istio-asm-1-29": "a: b", "istio-shared-configmap-asm-1-29": SELECTING },
      [[SELECTOR]],
    ],
    [
      "the add-on's before the users'",
      { "istio-asm-1-29": "discoverySelectors: []", "istio-shared-configmap-asm-1-29": SELECTING },
      [[]],
    ],
    [
      "each revision's own",
      { "istio-asm-1-28": "a: b", "istio-asm-1-29": SELECTING },
      [[], [SELECTOR]],
    ],
    ["no YAML", { "istio-asm-1-29": "a: b", "istio-shared-configmap-asm-1-29": "a: [" }, "unknown"],
    ["no list", { "istio-asm-1-29": "discoverySelectors: x" }, "unknown"],
    ["no selectors", { "istio-asm-1-29": "discoverySelectors: [{matchLabels: [x]}]" }, "unknown"],
    [
      "one revision that cannot be read",
      { "istio-asm-1-28": "a: [", "istio-asm-1-29": SELECTING },
      "unknown",
    ],
  ])("are read of %s", async (_what, maps, discovery) => {
    expect(await discoveryOf(maps)).toEqual(discovery);
  });
});
