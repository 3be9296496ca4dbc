import type { Schema } from "./custom-resources/schema.ts";

/** One kind the simulated API server serves, and how. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** What its objects are called when they are read, where the store has to tell them from others of that name. */
  readonly servedKind?: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Served only once its CustomResourceDefinition is installed. */
  readonly custom: boolean;
  readonly hasStatus: boolean;
  /** Of a kind that a stored CustomResourceDefinition brought. */
  readonly schema?: Schema;
  /** Its fields that field selectors may name. */
  readonly selectable?: readonly string[];
}

const CORE = "Namespace! Pod Service ConfigMap Event Node! ServiceAccount ResourceQuota LimitRange";
const ISTIO_NETWORKING =
  "ServiceEntry Gateway VirtualService DestinationRule Sidecar WorkloadEntry WorkloadGroup";

/** https://kubernetes.io/docs/reference/kubernetes-api/ , https://istio.io/latest/docs/reference/config/ */
export const RESOURCES: readonly Resource[] = [
  ...served("", "v1", CORE),
  ...served("apps", "v1", "Deployment"),
  ...served("autoscaling", "v2", "HorizontalPodAutoscaler"),
  ...served("networking.k8s.io", "v1", "NetworkPolicy"),
  ...served("cilium.io", "v2", "CiliumNetworkPolicy CiliumClusterwideNetworkPolicy!", true),
  ...servedAs("projectcalico.org", "v3"),
  ...servedAs("crd.projectcalico.org", "v1"),
  ...served("gateway.networking.k8s.io", "v1", "HTTPRoute GRPCRoute", true),
  ...served("gateway.networking.k8s.io", "v1alpha2", "TLSRoute TCPRoute", true),
  ...served(
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicy! ValidatingAdmissionPolicyBinding!",
  ),
  ...served("coordination.k8s.io", "v1", "Lease"),
  ...served("apiextensions.k8s.io", "v1", "CustomResourceDefinition!"),
  ...served("egressgateway.kubernetes.azure.com", "v1alpha1", "StaticGatewayConfiguration", true),
  ...served("networking.istio.io", "v1", ISTIO_NETWORKING, true),
  ...served("networking.istio.io", "v1alpha3", "EnvoyFilter", true),
  ...served("networking.istio.io", "v1beta1", "ProxyConfig", true),
  ...served("extensions.istio.io", "v1alpha1", "WasmPlugin", true),
  ...served(
    "security.istio.io",
    "v1",
    "AuthorizationPolicy PeerAuthentication RequestAuthentication",
    true,
  ),
  ...served("telemetry.istio.io", "v1", "Telemetry", true),
];

/** An exclamation mark: cluster-scoped. */
function served(group: string, version: string, kinds: string, custom = false): Resource[] {
  return kinds.split(" ").map((word) => {
    const kind = word.replace("!", "");
    return {
      group,
      version,
      kind,
      plural: pluralOf(kind),
      namespaced: !word.endsWith("!"),
      custom,
      hasStatus: !["ConfigMap", "Event", "ServiceAccount", "LimitRange", "Lease"].includes(kind),
    };
  });
}

/**
 * Calico has two groups with the same kinds, one of which is called as Kubernetes' own: by its API server, and as its
 * CustomResourceDefinitions are. https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
 */
function servedAs(
  group: "projectcalico.org" | "crd.projectcalico.org",
  version: string,
): Resource[] {
  const prefix = group === "projectcalico.org" ? "Calico" : "CalicoCrd";
  return served(group, version, "NetworkPolicy GlobalNetworkPolicy!", true).map((each) => ({
    ...each,
    kind: `${prefix}${each.kind}`,
    servedKind: each.kind,
  }));
}

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (/(?:s|x)$/.test(lower)) return `${lower}es`;
  return lower.endsWith("y") && !/[aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

/** A kind that needs no CustomResourceDefinition here. */
export function knownResource({ group, version, plural }: Path): Resource | undefined {
  return RESOURCES.find(
    (each) => each.group === group && each.version === version && each.plural === plural,
  );
}

export function apiVersionOf({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `serviceentries.networking.istio.io`: how error messages name it. */
export function qualifiedName({ plural, group }: Resource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** What a request's path asks for; undefined where no such path is served. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export interface Path {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
export function parsePath(
  path: string,
  find: (path: Path) => Resource | undefined,
): Target | undefined {
  const words = path
    .split("/")
    .filter((word) => word !== "")
    .map(decodeURIComponent);
  const of = groupVersion(words);
  if (of === undefined) return undefined;
  const inNamespace = words[0] === "namespaces" && words.length > 2 && words[2] !== "status";
  const namespace = inNamespace ? words.splice(0, 2)[1] : undefined;
  const [plural = "", name, subresource, ...rest] = words;
  const resource = find({ ...of, plural });
  if (resource === undefined || rest.length > 0) return undefined;
  if (resource.namespaced ? name !== undefined && !inNamespace : inNamespace) return undefined;
  return { resource, namespace, name, subresource };
}

/** Takes `api/v1` or `apis/GROUP/VERSION` off a path's words. */
function groupVersion(words: string[]): Pick<Path, "group" | "version"> | undefined {
  const root = words.shift();
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "apis" ? (words.shift() ?? "") : "";
  return { group, version: words.shift() ?? "" };
}
