import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { outboundPolicy } from "#src/domain/plan/ways-out/outbound-policy.ts";

function sidecar(place: string, spec: Record<string, unknown>): KubernetesObject {
  const [namespace = "", name = ""] = place.split("/");
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { namespace, name },
    spec,
  };
}

function policy(mode?: string): Record<string, unknown> {
  return { outboundTrafficPolicy: mode === undefined ? {} : { mode } };
}

const ROOT = "aks-istio-system/default";
const SOME = { ...policy("ALLOW_ANY"), workloadSelector: { labels: { app: "feeds" } } };

describe("what becomes of what has no entry, in pods of a namespace,", () => {
  it.each([
    ["the mesh alone", [], "REGISTRY_ONLY", "REGISTRY_ONLY", undefined],
    ["the mesh alone", [], "ALLOW_ANY", "ALLOW_ANY", undefined],
    ["the mesh alone", [], "unknown", "unknown", undefined],
    [
      "a Sidecar that opens",
      [["team-x/own", policy("ALLOW_ANY")]],
      "REGISTRY_ONLY",
      "ALLOW_ANY",
      "team-x/own",
    ],
    [
      "a Sidecar that closes",
      [["team-x/own", policy("REGISTRY_ONLY")]],
      "ALLOW_ANY",
      "REGISTRY_ONLY",
      "team-x/own",
    ],
    [
      "a Sidecar whose policy has no mode",
      [["team-x/own", policy()]],
      "ALLOW_ANY",
      "REGISTRY_ONLY",
      "team-x/own",
    ],
    ["a Sidecar without a policy", [["team-x/own", {}]], "ALLOW_ANY", "ALLOW_ANY", undefined],
    [
      "a Sidecar of another namespace",
      [["team-y/own", policy("ALLOW_ANY")]],
      "REGISTRY_ONLY",
      "REGISTRY_ONLY",
      undefined,
    ],
    [
      "a Sidecar of chosen pods",
      [["team-x/own", SOME]],
      "REGISTRY_ONLY",
      "REGISTRY_ONLY",
      undefined,
    ],
    [
      "the mesh's default Sidecar",
      [[ROOT, policy("ALLOW_ANY")]],
      "REGISTRY_ONLY",
      "ALLOW_ANY",
      ROOT,
    ],
    [
      "its own before the default",
      [
        [ROOT, policy("ALLOW_ANY")],
        ["team-x/own", {}],
      ],
      "REGISTRY_ONLY",
      "REGISTRY_ONLY",
      undefined,
    ],
    [
      "the one of two that opens",
      [
        ["team-x/a", policy("REGISTRY_ONLY")],
        ["team-x/b", policy("ALLOW_ANY")],
      ],
      "REGISTRY_ONLY",
      "ALLOW_ANY",
      "team-x/b",
    ],
    [
      "an unreadable mesh, and a Sidecar that leaves it to it",
      [["team-x/own", {}]],
      "unknown",
      "unknown",
      undefined,
    ],
  ] as const)("is decided by %s", (_by, sidecars, mesh, mode, by) => {
    const found = outboundPolicy("team-x", {
      sidecars: sidecars.map(([place, spec]) => sidecar(place, spec)),
      mesh,
    });

    expect([found.mode, found.sidecar]).toEqual([mode, by]);
  });
});
