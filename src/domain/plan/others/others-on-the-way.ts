import { compareText } from "../../compare-text.ts";
import { INSTANCE_LABEL, type KubernetesObject, type ObjectKind } from "../../kubernetes-object.ts";
import { someOf } from "../../some-of.ts";
import { policyOf } from "./authorization.ts";
import { serversOf } from "./gateway-servers.ts";
import { undiscovered } from "./discovery.ts";
import type { Effect, Interference, Judged } from "./interference.ts";
import { cutsOf } from "./network-policies.ts";
import { meshRoute } from "./mesh-route.ts";
import { notJudged } from "./not-judged.ts";
import { inPlaceOfOurLog } from "./telemetry.ts";

/** Kinds that are looked through, in every namespace, at planning and at verification. */
export const KINDS_ON_THE_WAY = [
  "Gateway",
  "AuthorizationPolicy",
  "EnvoyFilter",
  "WasmPlugin",
  "PeerAuthentication",
  "RequestAuthentication",
  "ProxyConfig",
  "Telemetry",
  "NetworkPolicy",
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
  "CalicoNetworkPolicy",
  "CalicoGlobalNetworkPolicy",
  "CalicoCrdNetworkPolicy",
  "CalicoCrdGlobalNetworkPolicy",
  "HTTPRoute",
  "GRPCRoute",
  "TLSRoute",
  "TCPRoute",
] as const satisfies readonly ObjectKind[];

/** What others, from anywhere in the mesh, put on a grant's way: each with its object named, the worst first. Pure. */
export function othersOnTheWay(judged: Judged): readonly Interference[] {
  const theirs = judged.surroundings.objects.filter(
    ({ metadata }) => metadata.labels?.[INSTANCE_LABEL] !== judged.instance,
  );
  const found = [
    ...theirs.flatMap((object) => interferenceOf(object, judged)),
    ...cutsOf(theirs, judged),
    ...undiscovered(judged),
  ];
  return WORST_FIRST.flatMap((effect) =>
    found.filter((each) => each.effect === effect).toSorted(byText),
  );
}

function interferenceOf(object: KubernetesObject, judged: Judged): readonly Interference[] {
  switch (object.kind) {
    case "Gateway":
      return serversOf(object, judged);
    case "AuthorizationPolicy":
      return policyOf(object, judged);
    case "Telemetry":
      return inPlaceOfOurLog(object, judged);
    case "HTTPRoute":
    case "GRPCRoute":
    case "TLSRoute":
    case "TCPRoute":
      return meshRoute(object, judged);
    default:
      return notJudged(object, judged);
  }
}

const WORST_FIRST = [
  "not-discovered",
  "denies",
  "takes-server",
  "cuts-gateway",
  "cuts-dns",
  "cuts-istiod",
  "may-deny",
  "lets-in",
  "takes-log",
  "cuts-some",
  "adds-server",
  "not-judged",
] as const satisfies readonly Effect[];

function byText(one: Interference, other: Interference): number {
  return compareText(one.text, other.text);
}

const MOST_NAMED = 5;

/** What is told on the card and with the evidence: one sentence for what was found, one for what could not be looked for. */
export function aboutOthers(judged: Judged): readonly string[] {
  const found = othersOnTheWay(judged);
  const { unseen, discovery } = judged.surroundings;
  return [
    ...(found.length === 0
      ? []
      : [
          `objects that are not Sallyport's act on this way out: ${someOf(
            found.map(({ text }) => text),
            MOST_NAMED,
          )}; ask their owners`,
        ]),
    ...(discovery === "unknown"
      ? [
          "whether the control plane looks into the namespaces of this way out is not known, because the mesh configuration cannot be read; look at istio-shared-configmap-<revision>",
        ]
      : []),
    ...(unseen.length === 0
      ? []
      : [
          `whether objects of kind ${unseen.join(", ")} act on this way out is not known, because the worker may not list them; apply what \`npx sallyport rbac\` prints`,
        ]),
  ];
}
