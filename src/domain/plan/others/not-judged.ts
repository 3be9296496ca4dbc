import type { KubernetesObject } from "../../kubernetes-object.ts";
import { type Interference, type Judged, nameOf } from "./interference.ts";
import { isOnGateway, isOnTeam } from "./workload.ts";

/** Kinds that can change anything on the pods they are on: found and named, not judged. */
export function notJudged(object: KubernetesObject, judged: Judged): readonly Interference[] {
  if (isNetworkPolicyOfPlugin(object)) return pluginPolicy(object, judged);
  if (!matters(object)) return [];
  const places = [
    ...(isOnGateway(object, judged) ? ["the gateway's pods"] : []),
    ...(BOTH_SIDES.includes(object.kind) && isOnTeam(object, judged) ? ["the team's pods"] : []),
  ];
  return places.length === 0
    ? []
    : [
        {
          effect: "not-judged",
          text: `${nameOf(object)} changes what the proxy does in ${places.join(" and ")}, and is not judged`,
        },
      ];
}

/** Policies of network plugins, in their own languages. https://docs.cilium.io/en/stable/security/policy/ , https://docs.tigera.io/calico/latest/reference/resources/networkpolicy */
const OF_PLUGINS: readonly string[] = [
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
  "CalicoNetworkPolicy",
  "CalicoGlobalNetworkPolicy",
  "CalicoCrdNetworkPolicy",
  "CalicoCrdGlobalNetworkPolicy",
];

export function isNetworkPolicyOfPlugin({ kind }: KubernetesObject): boolean {
  return OF_PLUGINS.includes(kind);
}

function pluginPolicy(object: KubernetesObject, { way }: Judged): readonly Interference[] {
  const { namespace } = object.metadata;
  const isNear =
    namespace === undefined ||
    namespace === way.scope.namespace ||
    namespace === way.gateway.namespace;
  return isNear
    ? [
        {
          effect: "not-judged",
          text: `${nameOf(object)} decides what pods may connect to, and is not judged`,
        },
      ]
    : [];
}

/** The others are about what comes in: https://istio.io/latest/docs/concepts/security/ */
const BOTH_SIDES: readonly string[] = ["EnvoyFilter", "WasmPlugin", "ProxyConfig"];

function matters(object: KubernetesObject): boolean {
  switch (object.kind) {
    case "EnvoyFilter":
    case "WasmPlugin":
    case "RequestAuthentication":
      return true;
    case "PeerAuthentication":
      return JSON.stringify(object.spec ?? {}).includes('"DISABLE"');
    case "ProxyConfig":
      return Object.keys(object.spec ?? {}).some((field) => !QUIET_FIELDS.includes(field));
    default:
      return false;
  }
}

const QUIET_FIELDS: readonly string[] = ["selector", "concurrency"];
