import { describe, expect, it } from "@jest/globals";
import {
  namespaceClosable,
  registryOnlySidecar,
  staysOpen,
} from "#src/domain/admin/registry-only/team-sidecar.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { outboundPolicy } from "#src/domain/plan/ways-out/outbound-policy.ts";
import { sees } from "#src/domain/plan/ways-out/sidecar-scope.ts";

const ROOT = "aks-istio-system";
const ALLOW_ANY = { outboundTrafficPolicy: { mode: "ALLOW_ANY" } };
const SELECTING = { workloadSelector: { labels: { app: "legacy" } } };

function aSidecar(
  place: string,
  spec: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>> = {},
): KubernetesObject {
  const [namespace = "", name = ""] = place.split("/");
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { namespace, name, labels },
    spec,
  };
}

function workOf(...sidecars: readonly KubernetesObject[]) {
  return namespaceClosable({
    instance: "demo",
    namespace: "team-x",
    isThere: true,
    outbound: outboundPolicy("team-x", { sidecars, mesh: "ALLOW_ANY" }),
    sidecars,
  }).work;
}

const OWN = registryOnlySidecar("demo", "team-x");

describe("a namespace is made REGISTRY_ONLY by a Sidecar of Sallyport's", () => {
  it.each<[what: string, sidecars: readonly KubernetesObject[]]>([
    ["no Sidecar is there", []],
    ["Sidecars of other namespaces are", [aSidecar("team-y/default", ALLOW_ANY)]],
    ["one is for chosen pods", [aSidecar("team-x/legacy", { ...ALLOW_ANY, ...SELECTING })]],
    ["the mesh's own sets nothing", [aSidecar(`${ROOT}/default`, {})]],
    [
      "the mesh's own sets the policy alone",
      [aSidecar(`${ROOT}/default`, { egress: [{ hosts: ["*/*"] }], ...ALLOW_ANY })],
    ],
  ])("where %s", (_what, sidecars) => {
    expect(workOf(...sidecars)).toEqual({
      kind: "write",
      write: { kind: "sidecar", object: OWN },
    });
    // With it, it is so; and nothing that was seen is hidden.
    expect(workOf(...sidecars, OWN)).toEqual({ kind: "closed" });
    const wanted = { namespace: "anywhere", host: "edition.cnn.com", port: 443 };
    expect(sees(OWN, "team-x", wanted)).toBe(true);
  });

  it.each<[what: string, sidecar: KubernetesObject, why: RegExp]>([
    ["one of others decides", aSidecar("team-x/default", ALLOW_ANY), /team-x\/default decides/],
    ["one of others leaves it to the mesh", aSidecar("team-x/default", {}), /somebody else's/],
    [
      "one of another instance decides",
      aSidecar("team-x/default", ALLOW_ANY, { "sallyport.dev/instance": "other" }),
      /somebody else's/,
    ],
    ["its own was changed", { ...OWN, spec: ALLOW_ANY }, /own, and somebody changed it/],
    [
      "the mesh's own hides hosts",
      aSidecar(`${ROOT}/default`, { egress: [{ hosts: ["./*"] }] }),
      /would undo that/,
    ],
    [
      "the mesh's own hides hosts on a port",
      aSidecar(`${ROOT}/default`, { egress: [{ hosts: ["*/*"], port: { number: 80 } }] }),
      /would undo that/,
    ],
    [
      "the mesh's own sends the rest elsewhere",
      aSidecar(`${ROOT}/default`, {
        outboundTrafficPolicy: { mode: "ALLOW_ANY", egressProxy: {} },
      }),
      /would undo that/,
    ],
    [
      "the mesh's own sets anything else",
      aSidecar(`${ROOT}/default`, { inboundConnectionPool: {} }),
      /would undo that/,
    ],
    [
      "its name is taken",
      aSidecar("team-x/sallyport-registry-only", { ...ALLOW_ANY, ...SELECTING }),
      /has the name of Sallyport's/,
    ],
  ])("but not where %s", (_what, sidecar, why) => {
    expect(workOf(sidecar)).toMatchObject({ kind: "stays", why: expect.stringMatching(why) });
  });

  it("gives its owner the line", () => {
    expect(workOf(aSidecar("team-x/default", ALLOW_ANY))).toMatchObject({
      fix: expect.stringContaining("`outboundTrafficPolicy: {mode: REGISTRY_ONLY}`"),
    });
  });

  it("is nothing to do where it is so already", () => {
    expect(workOf(aSidecar("team-x/default", { outboundTrafficPolicy: {} }))).toEqual({
      kind: "closed",
    });
  });
});

describe("what stays open", () => {
  const sidecars = [
    aSidecar("team-x/legacy", { ...ALLOW_ANY, ...SELECTING }),
    aSidecar("team-x/new", { ...SELECTING }),
    aSidecar("team-y/default", ALLOW_ANY),
    aSidecar(`${ROOT}/default`, ALLOW_ANY),
  ];

  it("of a namespace is what its own Sidecars select and let out", () => {
    expect(staysOpen(sidecars, "team-x")).toEqual([
      "Sidecar team-x/legacy is ALLOW_ANY for the pods it selects",
    ]);
  });

  it("of the mesh is also what a Sidecar lets out for a namespace, or for all", () => {
    expect(staysOpen(sidecars)).toEqual([
      "Sidecar aks-istio-system/default is ALLOW_ANY for pods of every namespace without a Sidecar of its own",
      "Sidecar team-x/legacy is ALLOW_ANY for the pods it selects",
      "Sidecar team-y/default is ALLOW_ANY for pods of namespace team-y",
    ]);
  });
});
