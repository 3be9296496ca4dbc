import type { KubernetesObject, ObjectMeta } from "#src/domain/kubernetes-object.ts";

export interface Entry {
  readonly namespace?: string;
  readonly hosts: readonly string[];
  readonly exportTo?: readonly string[] | undefined;
  readonly location?: string;
  readonly resolution?: string;
  readonly endpoints?: readonly string[];
  readonly ports?: readonly number[];
}

export function anEntry({
  namespace = "legacy",
  hosts,
  exportTo,
  location = "MESH_EXTERNAL",
  resolution = "DNS",
  endpoints = [],
  ports = [443],
}: Entry): KubernetesObject {
  return object("ServiceEntry", namespace, {
    hosts,
    location,
    resolution,
    ports: ports.map((number) => ({ number, name: `tls-${number}`, protocol: "TLS" })),
    ...(endpoints.length === 0 ? {} : { endpoints: endpoints.map((address) => ({ address })) }),
    ...(exportTo === undefined ? {} : { exportTo }),
  });
}

export function aRoute({
  namespace = "legacy",
  hosts,
  to,
  kind = "tls",
  gateways,
}: {
  readonly namespace?: string;
  readonly hosts: readonly string[];
  readonly to: string;
  readonly kind?: "tls" | "http";
  readonly gateways?: readonly string[];
}): KubernetesObject {
  const route = [{ destination: { host: to, port: { number: 443 } } }];
  return object("VirtualService", namespace, {
    hosts,
    ...(gateways === undefined ? {} : { gateways }),
    [kind]: [kind === "tls" ? { match: [{ port: 443, sniHosts: hosts }], route } : { route }],
  });
}

export function aSidecar({
  namespace,
  egress,
}: {
  readonly namespace: string;
  readonly egress: readonly { readonly port?: number; readonly hosts: readonly string[] }[];
}): KubernetesObject {
  return object("Sidecar", namespace, {
    egress: egress.map(({ port, hosts }) => ({
      hosts,
      ...(port === undefined ? {} : { port: { number: port, protocol: "TLS", name: "x" } }),
    })),
  });
}

export function named(of: KubernetesObject, change: Partial<ObjectMeta>): KubernetesObject {
  return { ...of, metadata: { ...of.metadata, ...change } };
}

function object(
  kind: string,
  namespace: string,
  spec: Readonly<Record<string, unknown>>,
): KubernetesObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name: "theirs", namespace },
    spec,
  };
}
