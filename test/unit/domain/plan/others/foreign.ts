import type { KubernetesObject, ObjectMeta } from "#src/domain/kubernetes-object.ts";
import type { Interference, Surroundings } from "#src/domain/plan/others/interference.ts";
import { othersOnTheWay } from "#src/domain/plan/others/others-on-the-way.ts";
import { aGrant } from "../../compile/proven-grants.ts";

/** The gateway's pods carry it and more; the team's pods another. */
export const GATEWAY_POD = { istio: "egw-sel", app: "egw", "istio.io/rev": "asm-1-28" };
export const TEAM_POD = { app: "shop" };

export const AROUND: Surroundings = {
  objects: [],
  gatewayPods: [GATEWAY_POD],
  teamPods: [TEAM_POD],
  namespaceLabels: new Map([["kube-system", { tier: "system" }]]),
  discovery: [],
  unseen: [],
};

export const ROOT = "aks-istio-system";
/** The root namespace, the gateway's, the team's, and one that is none of these. */
export const PLACES = [ROOT, "egress-gw", "team-x", "recipes"] as const;
export type Place = (typeof PLACES)[number];

export function theirs(
  kind: string,
  namespace: string,
  spec: Readonly<Record<string, unknown>>,
  metadata: Partial<ObjectMeta> = {},
): KubernetesObject {
  return {
    apiVersion: "any/v1",
    kind,
    metadata: { name: "theirs", namespace, ...metadata },
    spec,
  };
}

/** What is found on the way of a grant of team-x through gateway egress-gw/egw. */
export function foundOf(
  objects: readonly KubernetesObject[],
  surroundings: Partial<Surroundings> = {},
): readonly Interference[] {
  return othersOnTheWay({
    way: aGrant(),
    surroundings: { ...AROUND, ...surroundings, objects },
    instance: "demo",
  });
}

export function effectsOf(...objects: readonly KubernetesObject[]): readonly string[] {
  return foundOf(objects).map(({ effect }) => effect);
}
