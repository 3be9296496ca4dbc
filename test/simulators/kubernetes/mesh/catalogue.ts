import type { z } from "zod";
import * as schema from "./schema.ts";

/** Every stored object the model reads, typed, oldest first and then by name: the order Istio merges them in. */
export interface Catalogue {
  readonly services: readonly schema.Service[];
  readonly pods: readonly schema.Pod[];
  readonly serviceEntries: readonly schema.ServiceEntry[];
  readonly virtualServices: readonly schema.VirtualService[];
  readonly destinationRules: readonly schema.DestinationRule[];
  readonly gateways: readonly schema.Gateway[];
  readonly authorizationPolicies: readonly schema.AuthorizationPolicy[];
  readonly sidecars: readonly schema.Sidecar[];
  readonly telemetries: readonly schema.Telemetry[];
  readonly networkPolicies: readonly schema.NetworkPolicy[];
  readonly staticGatewayConfigurations: readonly schema.StaticGatewayConfiguration[];
}

/** Objects of other kinds, and objects that are being deleted as pods, are left out. */
export function readCatalogue(objects: readonly object[]): Catalogue {
  const byKind = Map.groupBy(objects, (object) => schema.AnyObject.parse(object).kind);
  return {
    services: read(byKind, "Service", schema.Service),
    pods: read(byKind, "Pod", schema.Pod).filter(
      (pod) => pod.metadata.deletionTimestamp === undefined,
    ),
    serviceEntries: read(byKind, "ServiceEntry", schema.ServiceEntry),
    virtualServices: read(byKind, "VirtualService", schema.VirtualService),
    destinationRules: read(byKind, "DestinationRule", schema.DestinationRule),
    gateways: read(byKind, "Gateway", schema.Gateway),
    authorizationPolicies: read(byKind, "AuthorizationPolicy", schema.AuthorizationPolicy),
    sidecars: read(byKind, "Sidecar", schema.Sidecar),
    telemetries: read(byKind, "Telemetry", schema.Telemetry),
    networkPolicies: read(byKind, "NetworkPolicy", schema.NetworkPolicy),
    staticGatewayConfigurations: read(
      byKind,
      "StaticGatewayConfiguration",
      schema.StaticGatewayConfiguration,
    ),
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
