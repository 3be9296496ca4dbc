import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { othersDigest } from "#src/domain/plan/ways-out/others-digest.ts";
import { anEntry, aRoute, named } from "./mesh-objects.ts";

const FEEDS = anEntry({ namespace: "legacy", hosts: ["feeds.example.org"] });
const OURS = { labels: { "sallyport.dev/instance": "demo" } };

function digest(objects: readonly KubernetesObject[]): string {
  return othersDigest({
    namespace: "team-x",
    objects,
    sidecars: [],
    instance: "demo",
    defaults: SHOWN_TO_ALL,
  });
}

describe("the digest of others' part in how a namespace gets out", () => {
  it.each([
    ["one more way", [FEEDS, anEntry({ hosts: ["api.example.org"] })]],
    [
      "one that is shown to others only",
      [named(FEEDS, {})].map((each) => ({ ...each, spec: { ...each.spec, exportTo: ["team-y"] } })),
    ],
    ["none", []],
    [
      "a route of the namespace's own",
      [FEEDS, aRoute({ namespace: "team-x", hosts: ["a.example.org"], to: "gw.x.svc" })],
    ],
  ])("is another one with %s", (_what, objects) => {
    expect(digest(objects)).not.toBe(digest([FEEDS]));
  });

  it.each([
    ["in another order", [anEntry({ namespace: "team-x", hosts: ["b.example.org"] }), FEEDS]],
    [
      "with ours before it",
      [
        FEEDS,
        anEntry({ namespace: "team-x", hosts: ["b.example.org"] }),
        named(anEntry({ namespace: "team-x", hosts: ["feeds.example.org"] }), {
          name: "ours",
          ...OURS,
        }),
      ],
    ],
  ])("is the same %s", (_what, objects) => {
    expect(digest(objects)).toBe(
      digest([FEEDS, anEntry({ namespace: "team-x", hosts: ["b.example.org"] })]),
    );
  });
});
