import { expect, it } from "@jest/globals";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import { FatalError } from "#src/ports/errors.ts";
import { observeOutbound } from "#src/requests/observe/mesh/outbound.ts";

/* A mesh whose newer revision lets everything out, and a namespace in it. */

const REV = "istio.io/rev";

function anObject(
  kind: ObjectKind,
  name: string,
  more: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> },
): KubernetesObject {
  return { apiVersion: "v1", kind, metadata: { name, ...more } };
}

function aMesh({
  label,
  pods,
}: {
  readonly label: string | undefined;
  readonly pods: readonly string[] | "forbidden";
}): Parameters<typeof observeOutbound>[0] {
  const strict = { mesh: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}" };
  return {
    get: async () => anObject("Namespace", "team-x", { labels: label ? { [REV]: label } : {} }),
    async list(kind) {
      if (kind === "ConfigMap")
        return [
          { ...anObject(kind, "istio-asm-1-28", {}), data: strict },
          { ...anObject(kind, "istio-asm-1-29", {}), data: { mesh: "a: b" } },
        ];
      if (kind !== "Pod") return [];
      if (pods === "forbidden") throw new FatalError("Forbidden", "listing pods");
      return [
        anObject(kind, "without-sidecar", {}),
        ...pods.map((each) => anObject(kind, each, { annotations: { [REV]: each } })),
      ];
    },
  };
}

it.each([
  ["all of the older revision", "asm-1-28", ["asm-1-28"], "REGISTRY_ONLY"],
  ["without pods, of the older revision", "asm-1-28", [], "REGISTRY_ONLY"],
  ["moved, with pods that were not made anew", "asm-1-29", ["asm-1-28"], "ALLOW_ANY"],
  ["moved back, with pods that were not made anew", "asm-1-28", ["asm-1-29"], "ALLOW_ANY"],
  ["named by a tag", "prod", ["asm-1-28"], "ALLOW_ANY"],
  ["not named", undefined, [], "ALLOW_ANY"],
  ["whose pods may not be read", "asm-1-28", "forbidden", "ALLOW_ANY"],
] as const)("a namespace %s is as open as what runs there", async (_what, label, pods, mode) => {
  expect(await observeOutbound(aMesh({ label, pods }), "team-x")).toEqual({ mode });
});
