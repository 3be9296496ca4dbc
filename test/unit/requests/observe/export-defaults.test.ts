import { describe, expect, it } from "@jest/globals";
import { observeExportDefaults } from "#src/requests/observe/mesh/mesh-config.ts";
import { aMeshConfiguredBy } from "./configured-mesh.ts";

/** What the mesh configuration of these maps shows objects to that do not say it themselves. */
function defaultsOf(maps: Readonly<Record<string, string>>) {
  return observeExportDefaults(aMeshConfiguredBy(maps));
}

const MANAGED = "rootNamespace: aks-istio-system\n";
const EVERYBODY = { serviceEntries: ["*"], virtualServices: ["*"] };

describe("to whom objects without exportTo are shown", () => {
  it.each([
    ["no configuration can be read", {}],
    ["it says nothing", { "istio-asm-1-29": MANAGED }],
    ["it is no YAML", { "istio-asm-1-29": "defaultServiceExportTo: [" }],
    ["it is no list", { "istio-asm-1-29": "defaultServiceExportTo: x" }],
    [
      "what users share is no YAML",
      {
        "istio-asm-1-29": "defaultServiceExportTo: ['.']\ndefaultVirtualServiceExportTo: ['.']",
        "istio-shared-configmap-asm-1-29": "a: [",
      },
    ],
  ])("is everybody where %s", async (_why, maps) => {
    expect(await defaultsOf(maps)).toEqual(EVERYBODY);
  });

  it("is what users share, unless the add-on sets it", async () => {
    const shared = "defaultServiceExportTo: ['.']\ndefaultVirtualServiceExportTo: [team-a]";

    expect(
      await defaultsOf({
        "istio-asm-1-29": MANAGED,
        "istio-shared-configmap-asm-1-29": shared,
      }),
    ).toEqual({ serviceEntries: ["."], virtualServices: ["team-a"] });
    expect(
      await defaultsOf({
        "istio-asm-1-29": "defaultServiceExportTo: ['*']",
        "istio-shared-configmap-asm-1-29": shared,
      }),
    ).toEqual({ serviceEntries: ["*"], virtualServices: ["team-a"] });
  });

  it("is all that any revision shows them to", async () => {
    const maps = {
      "istio-asm-1-28": MANAGED,
      "istio-asm-1-29": "defaultServiceExportTo: ['.']",
    };

    expect((await defaultsOf(maps)).serviceEntries).toEqual(["*", "."]);
  });
});
