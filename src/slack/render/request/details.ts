import type { Destination, Mode } from "#src/domain/grant.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { formatDuration } from "#src/domain/time/duration.ts";
import { asksSeveral, destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { USUALLY } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Plan, RequestRecord, Step } from "#src/domain/request/request.ts";
import { named } from "../people.ts";
import { code, count, inline, literal, moment } from "../text.ts";
import { MODE_WORDS } from "./mode-words.ts";
import { byWhom, lastApproval } from "./outcome.ts";

/*
 * What a result and a card have no room for, and what stands behind their buttons instead.
 */

/** Behind Evidence: who approved, what the app does, until when, and how to see it or take it back by a command. */
export function grantDetails(record: RequestRecord): readonly string[] {
  const { id, asked, activation, admission, evidence } = record;
  const approval = lastApproval(record);
  const isOne = !asksSeveral(asked);
  const one = isOne ? "" : `, or one of them: ${code(`@sallyport revoke ${id}.1`)}`;
  return [
    ...(approval === undefined ? [] : [`Approved${byWhom(approval)}.${named(approval)}`]),
    ...(admission === undefined ? [] : appAdvice(destinationsAsked(asked))),
    ...(admission === undefined
      ? []
      : [
          activation === undefined
            ? `Its time is counted from the moment it is proven, and it never lasts beyond ${moment(asked.latestEnd)}.`
            : `It ends by itself ${moment(activation.payload.endsAt)}.`,
        ]),
    ...(evidence?.egressIpPrefix === undefined
      ? []
      : [`Egress IP prefix ${code(evidence.egressIpPrefix)}.`]),
    `See it: ${code(`@sallyport status ${id}`)}. Remove ${isOne ? "it" : "all"}: ${code(`@sallyport revoke ${id}`)}${one}.`,
  ];
}

const APP: Readonly<Record<Mode, (host: string, port: number) => string>> = {
  http: (host, port) => `use plain ${code(`http://${host}${port === 80 ? "" : `:${port}`}`)}`,
  originate: (host, port) =>
    `use plain ${code(`http://${host}`)}, which the gateway makes TLS on port ${port}`,
  tls: (host, port) => `connect with TLS to ${code(`${host}:${port}`)} as if there were no gateway`,
  tcp: (host, port) => `connect to ${code(`${host}:${port}`)} as if there were no gateway`,
};

function appAdvice(
  destinations: readonly { readonly destination: Destination }[],
): readonly string[] {
  return [
    "*What the app does*: run with the mesh's sidecar (label the namespace with the add-on's revision, `istio.io/rev=asm-…`, and restart old pods), and",
    ...destinations.map(
      ({ destination: { mode, host, port } }) =>
        `• ${APP[mode](host.replace(/^\*/, "NAME"), port)}`,
    ),
  ];
}

const STEP_WORDS: Readonly<Record<Step["kind"], (target: string) => string>> = {
  "static-egress-feature": (target) =>
    `turn the static egress feature of cluster ${code(target)} on`,
  "gateway-node-pool": (target) => `create gateway node pool ${code(target)}`,
  namespace: (target) => `create namespace ${code(target)}`,
  "static-gateway-configuration": (target) =>
    `create StaticGatewayConfiguration ${code(target)} (its egress IP prefix: ${USUALLY["egress-ip-prefix"]})`,
  "egress-gateway": (target) => `enable the egress gateway ${code(target)}`,
  "shared-mesh-config": (target) => `make revision ${code(target)} refuse what has no entry`,
  sidecar: (target) => `make namespace ${code(target)} refuse what has no entry`,
};

/** At the head of the full plan: what the card says in fewer words, or not at all. */
export function planDetails({ asked }: RequestRecord, plan: Plan): readonly string[] {
  const { scope, durationMs, latestEnd, destination } = asked;
  const isOne = plan.each === undefined;
  return [
    `*${count(plan.objectCount, "Istio object")}* of this grant, as they are applied. Digest ${code(plan.grantDigest)}.`,
    plan.rule === "default"
      ? "No rule matched: the default asks."
      : `Decided by rule “${inline(plan.rule, 60)}”.`,
    ...(isOne ? [`Mode ${code(destination.mode)}${MODE_WORDS[destination.mode]}.`] : []),
    `For ${scope.serviceAccounts.length === 0 ? "every pod" : count(scope.serviceAccounts.length, "service account")} of ${code(`${asked.cluster}/${scope.namespace}`)}, through gateway ${code(gatewayKey(asked.gateway))}.`,
    durationMs === undefined
      ? `Until ${moment(latestEnd)}.`
      : `${formatDuration(durationMs)} from activation, never after ${moment(latestEnd)}.`,
    ...(plan.steps.length === 0
      ? ["The gateway is there already: nothing to build in Azure."]
      : []),
    ...(plan.notJudged ?? []).map((text) => `Not known: ${inline(text, 400)}.`),
  ];
}

/** One step in Azure, how long it usually takes, and exactly what of. */
export function stepDetails({ kind, target, spec }: Step): string {
  return `• ${STEP_WORDS[kind](target)}, usually ${USUALLY[kind]}: ${literal(JSON.stringify(spec), 600)}`;
}
