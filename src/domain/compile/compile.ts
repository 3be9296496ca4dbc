import { compareText } from "../compare-text.ts";
import { endpoint, gatewayKey, type GatewayFacts, type GatewayRef, type Grant } from "../grant.ts";
import { listeningPort, modeOf } from "../network/modes/modes.ts";
import { type Compiled, type Draft, finish } from "./compiled.ts";
import { type GrantedDoor, idsOf as idsOfDoors } from "./granted-door.ts";
import { type Group, groups } from "./groups.ts";
import {
  type Door,
  doorId,
  ISTIO_LOG_PROVIDER,
  type LogProvider,
  type Upstream,
  upstreamId,
} from "./names.ts";
import { clientObjects } from "./objects/client-host.ts";
import { clientRule } from "./objects/client-rule.ts";
import { gatewayObjects } from "./objects/gateway-objects.ts";
import { namespacePolicy } from "./objects/namespace-policy.ts";
import { probeTelemetry } from "./objects/probe-telemetry.ts";
import { upstreamObjects } from "./objects/upstream.ts";

export type { Compiled } from "./compiled.ts";

export interface CompileInput {
  /** This installation; several may share a cluster and never touch each other's objects. */
  readonly instance: string;
  /** Of one cluster. A grant whose gateway is not among `gateways` compiles to nothing. */
  readonly grants: readonly Grant[];
  /** Every namespace mapped to a gateway, granted anything or not. */
  readonly namespaces: readonly { readonly namespace: string; readonly gateway: string }[];
  readonly gateways: readonly GatewayFacts[];
  /** Namespaces without a live grant in which a probe still has to be seen: the removal of the last one is proven there. */
  readonly probing?: readonly { readonly namespace: string; readonly gateway: GatewayRef }[];
  /** Ids of grants that have their way at the gateway, while the namespace's traffic goes another one's. */
  readonly standingBy?: ReadonlySet<string>;
  /** Whose format the logs are written in. An approval is not bound to it: a plan has the default. */
  readonly logProvider?: LogProvider;
}

/**
 * Every Istio object of a cluster, from its grants alone: pure, total, sorted. The order of the input never matters;
 * adding a grant changes nothing in another namespace, nor on the gateway's side anything with another key; what a
 * gateway-side object holds depends only on its own key, its door's grants and its gateway's facts.
 */
export function compile({
  instance,
  grants,
  namespaces,
  gateways,
  probing = [],
  standingBy = new Set(),
  logProvider = ISTIO_LOG_PROVIDER,
}: CompileInput): readonly Compiled[] {
  const compiled = gateways.flatMap((facts) => {
    const mine = grants
      .filter(({ gateway }) => gatewayKey(gateway) === gatewayKey(facts.ref))
      .toSorted(byId);
    const mapped = namespaces
      .filter(({ gateway }) => gateway === gatewayKey(facts.ref))
      .map(({ namespace }) => namespace);
    const owner = { instance, gateway: facts.ref };
    const mappedOrGranted = [...mapped, ...mine.map(({ scope }) => scope.namespace)];
    return [
      ...gatewayObjects(facts, logProvider),
      ...gatewayDrafts(facts, mine, mappedOrGranted),
    ].map((draft) => finish(draft, owner));
  });
  const granted = new Set(grants.map(({ scope }) => scope.namespace));
  const probed = new Map(
    probing
      .filter(({ namespace }) => !granted.has(namespace))
      .map((entry) => [entry.namespace, entry]),
  );
  const logs = [...probed.values()].map(({ namespace, gateway }) =>
    finish(probeTelemetry(namespace, { grantIds: [], logProvider }), { instance, gateway }),
  );
  const team = teamSide({ instance, grants, gateways, standingBy, logProvider });
  return [...compiled, ...team, ...logs].toSorted(byPlace);
}

function gatewayDrafts(
  facts: GatewayFacts,
  grants: readonly Grant[],
  namespaces: readonly string[],
): readonly Draft[] {
  return [
    ...[...new Set(namespaces)].map((namespace) => namespacePolicy(facts, namespace)),
    ...groups(grants, (grant) => upstreamId(facts.ref, upstreamOf(grant))).flatMap((same) =>
      upstreamObjects(facts, upstreamOf(same[0]), idsOf(same)),
    ),
    ...groups(grants, (grant) => doorId(doorOf(grant))).flatMap((same) =>
      modeOf(same[0].destination).doorObjects(facts, doorOf(same[0]), same),
    ),
  ];
}

/** A host, its rules and its probe's log belong to the namespace, whichever gateways its grants use. */
function teamSide({
  instance,
  grants,
  gateways,
  standingBy,
  logProvider,
}: Pick<CompileInput, "instance" | "grants" | "gateways"> & {
  readonly standingBy: ReadonlySet<string>;
  readonly logProvider: LogProvider;
}): readonly Compiled[] {
  const factsOf = new Map(gateways.map((facts) => [gatewayKey(facts.ref), facts]));
  const doors = groups(
    grants.toSorted(byId),
    (grant) => `${doorId(doorOf(grant))} ${gatewayKey(grant.gateway)}`,
  ).flatMap((same): readonly GrantedDoor[] => {
    const facts = factsOf.get(gatewayKey(same[0].gateway));
    return facts === undefined ? [] : [{ door: doorOf(same[0]), grantIds: idsOf(same), facts }];
  });
  return groups(doors, ({ door }) => door.namespace).flatMap((granted) => {
    const { namespace } = granted[0].door;
    const used = granted.filter(({ grantIds }) => grantIds.some((id) => !standingBy.has(id)));
    return [
      ...groups(used, ({ door }) => door.destination.host).flatMap((same) => {
        const sorted = same.toSorted(byPort);
        return clientObjects(namespace, same[0].door.destination.host, sorted).map((draft) =>
          finish(draft, { instance, gateway: same[0].facts.ref }),
        );
      }),
      ...groups(granted, ({ facts }) => gatewayKey(facts.ref)).map((same) =>
        finish(clientRule(namespace, same[0].facts, same), {
          instance,
          gateway: same[0].facts.ref,
        }),
      ),
      finish(probeTelemetry(namespace, { grantIds: idsOfDoors(granted), logProvider }), {
        instance,
        gateway: firstGateway(granted),
      }),
    ];
  });
}

function firstGateway(granted: Group<GrantedDoor>): GatewayFacts["ref"] {
  const [first] = granted.toSorted((one, other) =>
    compareText(gatewayKey(one.facts.ref), gatewayKey(other.facts.ref)),
  );
  return (first ?? granted[0]).facts.ref;
}

function doorOf({ scope, destination }: Grant): Door {
  return { namespace: scope.namespace, destination };
}

function upstreamOf({ destination }: Grant): Upstream {
  return modeOf(destination).upstream(destination);
}

function idsOf(grants: readonly Grant[]): readonly string[] {
  return [...new Set(grants.map(({ id }) => id))].toSorted();
}

function byId(one: Grant, other: Grant): number {
  return (
    compareText(one.id, other.id) ||
    compareText(endpoint(one.destination), endpoint(other.destination))
  );
}

function byPort({ door: one }: GrantedDoor, { door: other }: GrantedDoor): number {
  return (
    listeningPort(one.destination) - listeningPort(other.destination) ||
    compareText(doorId(one), doorId(other))
  );
}

function byPlace({ object: one }: Compiled, { object: other }: Compiled): number {
  return (
    compareText(one.metadata.namespace ?? "", other.metadata.namespace ?? "") ||
    compareText(one.kind, other.kind) ||
    compareText(one.metadata.name, other.metadata.name)
  );
}
