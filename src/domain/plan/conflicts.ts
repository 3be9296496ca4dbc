import { endpoint, type GatewayFacts, gatewayKey, type Grant } from "../grant.ts";
import { INSTANCE_LABEL, type KubernetesObject } from "../kubernetes-object.ts";
import { type Refusal, refuse } from "../outcome.ts";

export interface ConflictInput {
  /** What is asked. */
  readonly grants: readonly Grant[];
  /** Every other live grant of the cluster. */
  readonly live: readonly Grant[];
  readonly observed: {
    /** ServiceEntries, VirtualServices, DestinationRules of every namespace. */
    readonly objects: readonly KubernetesObject[];
    readonly sidecars: readonly KubernetesObject[];
  };
  readonly gateways: readonly GatewayFacts[];
  /** Namespaces mapped to gateways. */
  readonly namespaces: readonly { readonly namespace: string; readonly gateway: string }[];
  readonly instance: string;
}

export interface Conflicts {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}

/**
 * What stands in the way of grants, before anybody is asked to approve them; each with the other party named. Of several,
 * each is held against those before it too.
 */
export function findConflicts(input: ConflictInput): Conflicts {
  const found = input.grants.map((grant, at) => {
    const among = { ...input, live: [...input.live, ...input.grants.slice(0, at)] };
    return {
      refusals: [
        ...portConflicts(grant),
        ...grantConflicts(grant, among.live),
        ...objectConflicts(grant, among),
        ...sidecarConflicts(grant, among.observed.sidecars),
        ...limitConflicts(grant, among),
      ],
      warnings: warningsFor(grant, among),
    };
  });
  return {
    refusals: found.flatMap(({ refusals }) => refusals),
    warnings: [...new Set(found.flatMap(({ warnings }) => warnings))],
  };
}

function no(
  grant: Grant,
  reason: string,
  text: { readonly why: string; readonly fix: string },
): Refusal {
  return refuse(reason, {
    what: `${endpoint(grant.destination)} for team ${grant.team} was not planned`,
    ...text,
  });
}

/** https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio */
function portConflicts(grant: Grant): readonly Refusal[] {
  const { port } = grant.destination;
  if (port < 15_000 || port > 15_099) return [];
  return [
    no(grant, "SidecarPort", {
      why: `port ${port} is one of 15000 to 15099, which are the sidecar's own: traffic to them never leaves the pod as asked`,
      fix: "use another port of that service",
    }),
  ];
}

/** One (host, port) of a namespace has one mode and one gateway: another would silently take the first one's traffic. */
function grantConflicts(grant: Grant, live: readonly Grant[]): readonly Refusal[] {
  const { destination, scope } = grant;
  const same = live.filter(
    (other) =>
      other.scope.namespace === scope.namespace &&
      other.destination.host === destination.host &&
      other.destination.port === destination.port,
  );
  return same.flatMap((other) => {
    if (other.destination.mode !== destination.mode) {
      return [
        no(grant, "OtherMode", {
          why: `${other.id} grants ${endpoint(destination)} to namespace ${scope.namespace} in mode ${other.destination.mode}, and one host and port has one mode in a namespace`,
          fix: `use mode ${other.destination.mode}, or revoke ${other.id} first`,
        }),
      ];
    }
    if (gatewayKey(other.gateway) === gatewayKey(grant.gateway)) return [];
    return [
      no(grant, "OtherGateway", {
        why: `${other.id} sends ${endpoint(destination)} of namespace ${scope.namespace} through gateway ${gatewayKey(other.gateway)}, and one host and port has one gateway in a namespace`,
        fix: `use that gateway, or revoke ${other.id} first`,
      }),
    ];
  });
}

/** Istio objects of others in the namespace that would take the traffic, or break it. */
function objectConflicts(
  grant: Grant,
  { observed, instance, gateways }: ConflictInput,
): readonly Refusal[] {
  const { namespace } = grant.scope;
  const { host } = grant.destination;
  const serviceHost = gateways.find(
    ({ ref }) => gatewayKey(ref) === gatewayKey(grant.gateway),
  )?.serviceHost;
  const theirs = observed.objects.filter(
    ({ metadata }) =>
      metadata.namespace === namespace && metadata.labels?.[INSTANCE_LABEL] !== instance,
  );
  return theirs.flatMap((object) => {
    const about = hostsOf(object).find(
      (name) =>
        name === host ||
        name === serviceHost ||
        (name.startsWith("*.") && host.endsWith(name.slice(1))),
    );
    if (about === undefined) return [];
    return [
      no(grant, "ForeignObject", {
        why: `${object.kind} ${namespace}/${object.metadata.name}, which is not Sallyport's, is about ${about}`,
        fix: `delete it or let it leave out ${about}; ask its owner first`,
      }),
    ];
  });
}

function hostsOf({ kind, spec }: KubernetesObject): readonly string[] {
  if (kind === "ServiceEntry") return textList(spec?.["hosts"]);
  if (kind === "VirtualService") return boundToMesh(spec) ? textList(spec?.["hosts"]) : [];
  if (kind === "DestinationRule") return textList([spec?.["host"]]);
  return [];
}

/**
 * Whether sidecars follow it; one for an ingress gateway only is nothing to them.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService
 */
function boundToMesh(spec: KubernetesObject["spec"]): boolean {
  const gateways = textList(spec?.["gateways"]);
  return gateways.length === 0 || gateways.includes("mesh");
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** The add-on's root namespace. https://learn.microsoft.com/azure/aks/istio-about */
const ROOT_NAMESPACE = "aks-istio-system";

/**
 * A Sidecar that hides the namespace's own objects closes every grant there. One of the root namespace stands in for
 * namespaces without one of their own. https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
function sidecarConflicts(grant: Grant, sidecars: readonly KubernetesObject[]): readonly Refusal[] {
  const { namespace } = grant.scope;
  const general = sidecars.filter(({ spec }) => spec?.["workloadSelector"] === undefined);
  const own = sidecarsOf(grant, general);
  const root = general.filter(({ metadata }) => metadata.namespace === ROOT_NAMESPACE);
  return (own.length > 0 ? own : root)
    .filter((sidecar) => hidesOwnNamespace(sidecar, namespace))
    .map((sidecar) =>
      no(grant, "SidecarHides", {
        why: `Sidecar ${sidecar.metadata.namespace}/${sidecar.metadata.name} hides the Istio objects of namespace ${namespace} from its pods`,
        fix: 'add "./*" to its egress hosts, then ask again',
      }),
    );
}

function sidecarsOf(
  grant: Grant,
  sidecars: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  return sidecars.filter(({ metadata }) => metadata.namespace === grant.scope.namespace);
}

/** https://istio.io/latest/docs/reference/config/networking/sidecar/#IstioEgressListener: `namespace/dnsName`. */
function hidesOwnNamespace({ spec }: KubernetesObject, namespace: string): boolean {
  const egress = spec?.["egress"];
  if (!Array.isArray(egress)) return false;
  const hosts = egress.flatMap((listener: unknown) =>
    typeof listener === "object" && listener !== null && "hosts" in listener
      ? textList(listener.hosts)
      : [],
  );
  return !hosts.some((host) => ["./*", "*/*", `${namespace}/*`].includes(host));
}

/** Measured on a real gateway: its memory grows with tunnels times namespaces. */
const TUNNEL_LIMIT = 300;
const TUNNEL_NAMESPACE_LIMIT = 30_000;

function limitConflicts(grant: Grant, input: ConflictInput): readonly Refusal[] {
  if (grant.destination.mode === "http") return [];
  const key = gatewayKey(grant.gateway);
  const all = [...input.live, grant].filter(({ gateway }) => gatewayKey(gateway) === key);
  const tunnels = new Set(
    all
      .filter(({ destination }) => destination.mode !== "http")
      .map(({ scope, destination }) => `${scope.namespace} ${endpoint(destination)}`),
  ).size;
  const namespaces = new Set([
    ...input.namespaces.filter(({ gateway }) => gateway === key).map(({ namespace }) => namespace),
    ...all.map(({ scope }) => scope.namespace),
  ]).size;
  if (tunnels <= TUNNEL_LIMIT && tunnels * namespaces <= TUNNEL_NAMESPACE_LIMIT) return [];
  return [
    no(grant, "GatewayFull", {
      why: `gateway ${key} would have ${tunnels} tunnels for ${namespaces} namespaces, and its limit is ${TUNNEL_LIMIT} tunnels and ${TUNNEL_NAMESPACE_LIMIT} tunnels times namespaces`,
      fix: "map the team to another gateway",
    }),
  ];
}

function warningsFor(grant: Grant, input: ConflictInput): readonly string[] {
  return [
    ...newPolicyWarning(grant, input),
    ...wholeNamespaceWarning(grant, input),
    ...partialSidecars(grant, input),
  ];
}

/** A policy already there costs nothing; a new one ends the gateway's long connections. */
function newPolicyWarning(
  grant: Grant,
  { observed, gateways, instance }: ConflictInput,
): readonly string[] {
  const exists = gateways.some(({ ref }) => gatewayKey(ref) === gatewayKey(grant.gateway));
  const policies = observed.objects.filter(
    ({ kind, metadata }) =>
      kind === "AuthorizationPolicy" &&
      metadata.namespace === grant.gateway.namespace &&
      metadata.labels?.[INSTANCE_LABEL] === instance,
  );
  const known = policies.some(({ spec }) =>
    JSON.stringify(spec ?? {}).includes(`"*.${grant.scope.namespace}.ns.`),
  );
  if (!exists || policies.length === 0 || known) return [];
  return [
    `namespace ${grant.scope.namespace} is new on gateway ${gatewayKey(grant.gateway)}: its policy ends long connections of every team there after 45 s`,
  ];
}

function wholeNamespaceWarning(grant: Grant, { live }: ConflictInput): readonly string[] {
  const { host } = grant.destination;
  const known = live.some(
    ({ scope, destination }) =>
      scope.namespace === grant.scope.namespace && destination.host === host,
  );
  if (known) return [];
  const others =
    grant.scope.serviceAccounts.length === 0
      ? ""
      : `; other service accounts of the namespace are refused there`;
  return [
    `from now on ${host} goes through the gateway for every pod of namespace ${grant.scope.namespace}${others}`,
  ];
}

function partialSidecars(grant: Grant, { observed }: ConflictInput): readonly string[] {
  const partial = sidecarsOf(grant, observed.sidecars).filter(
    ({ spec }) => spec?.["workloadSelector"] !== undefined,
  );
  if (partial.length === 0) return [];
  return [
    `the probe cannot stand for pods that a Sidecar of their own selects: ${partial.map(({ metadata }) => metadata.name).join(", ")}`,
  ];
}
