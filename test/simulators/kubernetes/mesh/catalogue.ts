import type { z } from "zod";
import * as networking from "./networking-schema.ts";
import * as workload from "./workload-schema.ts";

/** Every stored object the model reads, typed, oldest first and then by name: the order Istio merges them in. */
export interface Catalogue {
  readonly services: readonly workload.Service[];
  readonly pods: readonly workload.Pod[];
  readonly serviceEntries: readonly networking.ServiceEntry[];
  readonly virtualServices: readonly networking.VirtualService[];
  readonly destinationRules: readonly networking.DestinationRule[];
  readonly gateways: readonly networking.Gateway[];
  readonly authorizationPolicies: readonly workload.AuthorizationPolicy[];
  readonly sidecars: readonly networking.Sidecar[];
  readonly telemetries: readonly workload.Telemetry[];
  readonly networkPolicies: readonly workload.NetworkPolicy[];
  /** Labels of each namespace that is stored. */
  readonly namespaceLabels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly staticGatewayConfigurations: readonly workload.StaticGatewayConfiguration[];
}

/** Objects of other kinds, and objects that are being deleted as pods, are left out. */
export function readCatalogue(objects: readonly object[]): Catalogue {
  const byKind = Map.groupBy(objects, (object) => workload.AnyObject.parse(object).kind);
  return {
    services: read(byKind, "Service", workload.Service),
    pods: read(byKind, "Pod", workload.Pod).filter(
      (pod) => pod.metadata.deletionTimestamp === undefined,
    ),
    serviceEntries: read(byKind, "ServiceEntry", networking.ServiceEntry),
    virtualServices: read(byKind, "VirtualService", networking.VirtualService).map(qualified),
    destinationRules: read(byKind, "DestinationRule", networking.DestinationRule),
    gateways: read(byKind, "Gateway", networking.Gateway),
    authorizationPolicies: read(byKind, "AuthorizationPolicy", workload.AuthorizationPolicy),
    sidecars: read(byKind, "Sidecar", networking.Sidecar),
    telemetries: read(byKind, "Telemetry", workload.Telemetry),
    networkPolicies: read(byKind, "NetworkPolicy", workload.NetworkPolicy),
    namespaceLabels: new Map(
      read(byKind, "Namespace", workload.Namespace).map(({ metadata }) => [
        metadata.name,
        metadata.labels,
      ]),
    ),
    staticGatewayConfigurations: read(
      byKind,
      "StaticGatewayConfiguration",
      workload.StaticGatewayConfiguration,
    ),
  };
}

/**
 * A gateway named without a namespace is one of the VirtualService's own.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService
 */
function qualified(service: networking.VirtualService): networking.VirtualService {
  const { metadata, spec } = service;
  function full(name: string): string {
    return name === "mesh" || name.includes("/") ? name : `${metadata.namespace}/${name}`;
  }
  function routes<Match extends { readonly gateways?: string[] | undefined }, Route>(
    all: readonly (Route & { readonly match: readonly Match[] })[],
  ) {
    return all.map((route) => ({
      ...route,
      match: route.match.map((one) => ({ ...one, gateways: one.gateways?.map(full) })),
    }));
  }
  return {
    metadata,
    spec: {
      ...spec,
      gateways: spec.gateways.map(full),
      http: routes(spec.http),
      tls: routes(spec.tls),
      tcp: routes(spec.tcp),
    },
  };
}

interface Dated {
  readonly metadata: {
    readonly creationTimestamp: string;
    readonly namespace: string;
    readonly name: string;
  };
}

function read<T extends Dated>(
  byKind: ReadonlyMap<string, readonly object[]>,
  kind: string,
  shape: z.ZodType<T>,
): readonly T[] {
  const parsed = (byKind.get(kind) ?? []).map((object) => shape.parse(object));
  return parsed.toSorted((a, b) => ageKey(a).localeCompare(ageKey(b)));
}

function ageKey({ metadata }: Dated): string {
  return `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
}

/** Whether every label of the selector is on the object; an empty selector selects everything. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
