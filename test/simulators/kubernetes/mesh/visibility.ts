import { selects } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import { matchesHost } from "./host-match.ts";
import type {
  DestinationRule,
  ServiceEntry,
  Sidecar,
  VirtualService,
} from "./networking-schema.ts";
import type { Service } from "./workload-schema.ts";
import type { Client, MeshWorld } from "./world.ts";

/** What one proxy is told of the mesh. */
export interface View {
  readonly namespace: string;
  readonly services: readonly Service[];
  readonly serviceEntries: readonly ServiceEntry[];
  readonly virtualServices: readonly VirtualService[];
  readonly destinationRules: readonly DestinationRule[];
}

/** What is exported to a namespace: all a gateway pod there knows, as Sidecar objects do not apply to gateways. */
export function viewOfNamespace(catalogue: Catalogue, namespace: string): View {
  return {
    namespace,
    services: catalogue.services,
    serviceEntries: catalogue.serviceEntries.filter((entry) => exportedTo(entry, namespace)),
    virtualServices: catalogue.virtualServices.filter((service) => exportedTo(service, namespace)),
    destinationRules: catalogue.destinationRules.filter((rule) => exportedTo(rule, namespace)),
  };
}

/** A pod's view on one port: what its namespace sees, less what its Sidecar object leaves out. */
export function viewOfClient(
  catalogue: Catalogue,
  world: MeshWorld,
  { client, port }: { readonly client: Client; readonly port: number },
): View {
  const view = viewOfNamespace(catalogue, client.namespace);
  const egress = sidecarOf(catalogue, world, client)?.spec.egress;
  if (egress === undefined) return view;
  const imports = listenersFor(egress, port).flatMap(({ hosts }) => hosts);
  const virtualServices = view.virtualServices.filter((service) =>
    imported(imports, client.namespace, service.metadata.namespace, service.spec.hosts),
  );
  // A destination of an imported VirtualService comes with it, whatever the Sidecar's hosts say.
  const needed = new Set(virtualServices.flatMap(destinationHosts));
  return {
    ...view,
    virtualServices,
    // Each host of a ServiceEntry is a service of its own, and let in or not by itself.
    serviceEntries: view.serviceEntries.flatMap((entry) => {
      const hosts = entry.spec.hosts.filter((host) =>
        imported(imports, client.namespace, entry.metadata.namespace, [host]),
      );
      return hosts.length === 0 ? [] : [{ ...entry, spec: { ...entry.spec, hosts } }];
    }),
    services: view.services.filter(
      (service) =>
        needed.has(serviceHost(service)) ||
        imported(imports, client.namespace, service.metadata.namespace, [serviceHost(service)]),
    ),
  };
}

/**
 * A listener of that port alone where there is one, else the one without a port.
 * https://istio.io/latest/docs/reference/config/networking/sidecar/#IstioEgressListener
 */
function listenersFor(
  egress: NonNullable<Sidecar["spec"]["egress"]>,
  number: number,
): NonNullable<Sidecar["spec"]["egress"]> {
  const own = egress.filter(({ port }) => port?.number === number);
  return own.length > 0 ? own : egress.filter(({ port }) => port === undefined);
}

/**
 * The outbound policy of a pod: its Sidecar object's, else the mesh's. One without a mode has the first of the enum,
 * https://github.com/istio/api/blob/master/networking/v1alpha3/sidecar.proto (OutboundTrafficPolicy.Mode).
 */
export function outboundPolicyOf(catalogue: Catalogue, world: MeshWorld, client: Client): string {
  const policy = sidecarOf(catalogue, world, client)?.spec.outboundTrafficPolicy;
  return policy === undefined ? world.outboundTrafficPolicy : (policy.mode ?? "REGISTRY_ONLY");
}

/** `<name>.<namespace>.svc.cluster.local` */
export function serviceHost(service: Service): string {
  return `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`;
}

/** https://istio.io/latest/docs/reference/config/networking/sidecar/: selector, then namespace, then root namespace. */
function sidecarOf(catalogue: Catalogue, world: MeshWorld, client: Client): Sidecar | undefined {
  const own = catalogue.sidecars.filter(({ metadata }) => metadata.namespace === client.namespace);
  return (
    own.find(
      ({ spec }) =>
        spec.workloadSelector !== undefined && selects(spec.workloadSelector.labels, client.labels),
    ) ??
    own.find(({ spec }) => spec.workloadSelector === undefined) ??
    catalogue.sidecars.find(
      ({ metadata, spec }) =>
        metadata.namespace === world.rootNamespace && spec.workloadSelector === undefined,
    )
  );
}

function imported(
  imports: readonly string[],
  from: string,
  namespace: string,
  hosts: readonly string[],
): boolean {
  return imports.some((entry) => {
    const [where = "", pattern = "*"] = entry.split("/");
    const inNamespace =
      where === "*" || where === namespace || (where === "." && namespace === from);
    return (
      inNamespace && hosts.some((host) => matchesHost(pattern, host) || matchesHost(host, pattern))
    );
  });
}

function exportedTo(
  object: {
    readonly metadata: { readonly namespace: string };
    readonly spec: { readonly exportTo: readonly string[] };
  },
  namespace: string,
): boolean {
  const { exportTo } = object.spec;
  if (exportTo.length === 0) return true;
  return exportTo.some(
    (target) =>
      target === "*" ||
      target === namespace ||
      (target === "." && object.metadata.namespace === namespace),
  );
}

function destinationHosts({ spec }: VirtualService): readonly string[] {
  return [...spec.http, ...spec.tls, ...spec.tcp].flatMap(({ route }) =>
    route.map(({ destination }) => destination.host),
  );
}
