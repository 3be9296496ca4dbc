import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { waysOut, waysTo, wayText } from "#src/domain/plan/ways-out/ways-out.ts";
import { anEntry, aRoute, aSidecar, named } from "./mesh-objects.ts";

function ways(
  objects: readonly KubernetesObject[],
  sidecars: readonly KubernetesObject[] = [],
  defaults = SHOWN_TO_ALL,
): readonly string[] {
  return waysOut({ namespace: "team-x", objects, sidecars, instance: "demo", defaults }).map(
    wayText,
  );
}

const FEEDS = anEntry({ namespace: "legacy", hosts: ["feeds.example.org"] });
const DIRECTLY = ["feeds.example.org:443 directly by ServiceEntry legacy/theirs"];

describe("waysOut", () => {
  it.each([
    [undefined, DIRECTLY],
    [["*"], DIRECTLY],
    [["team-x"], DIRECTLY],
    [["team-y", "team-x"], DIRECTLY],
    [["team-y"], []],
    [["."], []],
    [["~"], []],
  ])("looks at what another namespace exports to %j", (exportTo, found) => {
    expect(
      ways([anEntry({ namespace: "legacy", hosts: ["feeds.example.org"], exportTo })]),
    ).toEqual(found);
  });

  it.each([
    [["."], []],
    [["team-x"], DIRECTLY],
  ])("takes the mesh's default %j where the object does not say", (serviceEntries, found) => {
    expect(ways([FEEDS], [], { ...SHOWN_TO_ALL, serviceEntries })).toEqual(found);
  });

  it("names the gateway a VirtualService sends it to, as the published recipe does", () => {
    const to = "egress.legacy.svc.cluster.local";
    expect(
      ways([FEEDS, aRoute({ namespace: "legacy", hosts: ["feeds.example.org"], to })]),
    ).toEqual([`feeds.example.org:443 through ${to} by ServiceEntry legacy/theirs`]);
  });

  it("sees http routes that have no ServiceEntry, and none of a Service's own", () => {
    const to = "egress.legacy.svc.cluster.local";
    expect(
      ways([
        aRoute({ namespace: "legacy", hosts: ["feeds.example.org"], to, kind: "http" }),
        aRoute({
          namespace: "shop",
          hosts: ["cart.shop.svc.cluster.local", "cart"],
          to,
          kind: "http",
        }),
        aRoute({ namespace: "legacy", hosts: ["x.example.org"], to, gateways: ["legacy/ingress"] }),
      ]),
    ).toEqual([`feeds.example.org:80 through ${to} by VirtualService legacy/theirs`]);
  });

  it("leaves out what is inside, and what leads nowhere by itself", () => {
    expect(
      ways([
        anEntry({ hosts: ["a.example.org"], location: "MESH_INTERNAL" }),
        anEntry({ hosts: ["b.example.org"], resolution: "STATIC" }),
        anEntry({ hosts: ["c.example.org"], resolution: "STATIC", endpoints: ["192.0.2.1"] }),
      ]),
    ).toEqual(["c.example.org:443 directly by ServiceEntry legacy/theirs"]);
  });

  it("leaves out ours, and says that ours is before theirs of the same host and port", () => {
    const ours = named(anEntry({ namespace: "team-x", hosts: ["feeds.example.org"] }), {
      labels: { "sallyport.dev/instance": "demo" },
    });
    const behind = `${DIRECTLY.join()}, unused as long as Sallyport's own is there`;
    expect(ways([ours])).toEqual([]);
    expect(ways([ours, FEEDS])).toEqual([behind]);
    // Of two in one namespace the older one is taken, or both are mixed.
    const beside = named(anEntry({ namespace: "team-x", hosts: ["feeds.example.org"] }), {
      name: "a",
    });
    expect(ways([ours, beside])).toEqual([
      "feeds.example.org:443 directly by ServiceEntry team-x/a",
    ]);
    const more = anEntry({ hosts: ["feeds.example.org", "*.example.org"], ports: [443, 8443] });
    expect(ways([ours, more])).toEqual([
      "*.example.org:443 directly by ServiceEntry legacy/theirs",
      "*.example.org:8443 directly by ServiceEntry legacy/theirs",
      behind,
      "feeds.example.org:8443 directly by ServiceEntry legacy/theirs",
    ]);
    // Another installation's is somebody else's.
    expect(ways([named(ours, { labels: { "sallyport.dev/instance": "other" } })])).toHaveLength(1);
    expect(ways([named(ours, { namespace: "team-y" }), FEEDS])).toHaveLength(1);
  });

  it.each([
    [[{ hosts: ["./*"] }], []],
    [[{ hosts: ["legacy/*"] }], DIRECTLY],
    [[{ hosts: ["*/feeds.example.org"] }], DIRECTLY],
    [[{ hosts: ["*/*.example.com"] }], []],
    [[{ port: 443, hosts: ["legacy/*"] }, { hosts: ["./*"] }], DIRECTLY],
    [[{ port: 443, hosts: ["./*"] }, { hosts: ["legacy/*"] }], []],
    [[{ port: 9080, hosts: ["./*"] }, { hosts: ["legacy/*"] }], DIRECTLY],
    [[{ port: 9080, hosts: ["legacy/*"] }], []],
  ])("lets the namespace's Sidecar %j keep things out", (egress, found) => {
    expect(ways([FEEDS], [aSidecar({ namespace: "team-x", egress })])).toEqual(found);
  });
});

describe("waysTo", () => {
  const to = { host: "a.example.org", port: 443 };

  it.each([
    ["the same server", { host: "a.example.org", port: 443 }, true],
    ["a pattern over it", { host: "*.example.org", port: 443 }, true],
    ["it on whichever port", { host: "a.example.org", port: undefined }, true],
    ["another port", { host: "a.example.org", port: 80 }, false],
    ["another host", { host: "b.example.org", port: 443 }, false],
    ["a pattern it is not under", { host: "*.a.example.org", port: 443 }, false],
  ])("%s: %j", (_what, way, leads) => {
    const found = waysTo(to, [
      { ...way, by: "ServiceEntry legacy/theirs", through: undefined, isBehindOurs: false },
    ]);

    expect(found).toHaveLength(leads ? 1 : 0);
  });
});
