import { heldBy, newLease } from "#src/lanes/lease/lease-object.ts";
import { printedRights } from "./rights.ts";
import type { ArmSimulator } from "#test/simulators/arm/start-arm.ts";
import type { DnsSimulator } from "#test/simulators/dns/dns-simulator.ts";
import type { KubernetesSimulator } from "#test/simulators/kubernetes/api-server.ts";
import type { External } from "#test/simulators/kubernetes/mesh/world.ts";
import type { WorldSpec } from "#test/simulators/slack/world.ts";

/** Who the worker is in the cluster, as in the examples under deploy/. */
export const WORKER = "00000000-0000-0000-0000-000000000000";

/** What the simulated cluster runs. */
const REVISION = "asm-1-28";

/** deploy/sallyport.yaml as plain JSON. */
export type ConfigFile = Record<string, never> & {
  instance: string;
  clusters: {
    name: string;
    resourceName: string;
    subscriptionId: string;
    resourceGroup: string;
    gatewayPools: { name: string; vmSize: string; nodeCount: number; publicIpPrefixSize: number }[];
    gateways: {
      name: string;
      namespace: string;
      pool: string;
      excludeCidrs?: string[];
      publicIpPrefixId?: string;
    }[];
  }[];
  teams: {
    name: string;
    channel?: string;
    placements: {
      cluster: string;
      namespace: string;
      gateway: string;
      serviceAccounts?: string[];
    }[];
  }[];
  timing: Record<string, unknown>;
};

/** People and places of the demo's workspace; ids as in the example configuration. */
export const WORKSPACE: WorldSpec = {
  users: [
    { name: "alice", id: "U0ALICE000", realName: "Alice of team-x" },
    { name: "yuri", id: "U0YURI0000", realName: "Yuri of team-y" },
    { name: "sam", id: "U0SAM00000", realName: "Sam of security" },
    { name: "mallory", id: "U0MALLORY0", realName: "Mallory, who may not approve" },
    { name: "gus", id: "U0GUS00000", realName: "Gus the guest", kind: "guest" },
  ],
  userGroups: [
    { handle: "security-egress", id: "S0SECURITY", members: ["sam"] },
    { handle: "team-x", id: "S0TEAMX000", members: ["alice"] },
  ],
  channels: [
    { name: "team-x", id: "C0TEAMX000" },
    { name: "team-y", id: "C0TEAMY000" },
    { name: "security", id: "C0SECURITY" },
  ],
};

/** What exists outside the cluster: names, addresses (documentation ranges), servers. */
export const OUTSIDE: readonly External[] = [
  { host: "edition.cnn.com", port: 443, kind: "tls", addresses: ["192.0.2.10"] },
  { host: "edition.cnn.com", port: 80, kind: "http", addresses: ["192.0.2.10"] },
  { host: "api.example.com", port: 443, kind: "tls", addresses: ["192.0.2.20"] },
  { host: "api.example.com", port: 80, kind: "http", addresses: ["192.0.2.20"] },
  { host: "feeds.example.org", port: 443, kind: "tls", addresses: ["192.0.2.30"] },
  { host: "pastebin.com", port: 443, kind: "tls", addresses: ["192.0.2.40"] },
];

/** What PostgreSQL's client says first: https://www.postgresql.org/docs/current/protocol-message-formats.html (SSLRequest) */
export const SSL_REQUEST = "\u0000\u0000\u0000\b\u0004\u00d2\u0016/";

/** A database: it says nothing before its client has. */
export const DATABASE: External = {
  host: "edition.cnn.com",
  port: 5432,
  kind: "tcp",
  addresses: ["192.0.2.10"],
  waitsFor: SSL_REQUEST.slice(0, 5),
};

/** Servers that exist beside the others, under names that DNS knows. */
export function letExist(
  { kubernetes, dns }: Pick<Seed, "kubernetes" | "dns">,
  servers: readonly External[],
): void {
  kubernetes.mesh.setExternals([...OUTSIDE, ...servers]);
  for (const { host, addresses } of servers) dns.set(host, { a: addresses });
}

interface Seed {
  readonly arm: ArmSimulator;
  readonly kubernetes: KubernetesSimulator;
  readonly dns: DnsSimulator;
  readonly file: ConfigFile;
  readonly mode: string;
}

/**
 * A cluster with the Istio add-on, the teams' namespaces and the worker's rights, as they are printed for the configuration,
 * and nothing else of Sallyport's but the Leases an earlier worker gave back: the first of all would wait for a whole Lease, since one that is absent may have been deleted under somebody.
 */
export function seed({ file, arm, kubernetes, dns, mode }: Seed): void {
  for (const { subscriptionId, resourceGroup, resourceName } of file.clusters) {
    arm.addCluster({ subscriptionId, resourceGroup, name: resourceName });
    arm.setUserCredential(resourceName, { server: kubernetes.url, ca: kubernetes.ca });
    kubernetes.mesh.applyManagedCluster(arm.cluster(resourceName));
  }
  arm.onSettled((raw) => {
    kubernetes.mesh.setGatewayPools(gatewayPools(raw));
    kubernetes.mesh.applyManagedCluster(raw);
  });
  const { store } = kubernetes;
  store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "aks-istio-system" } });
  store.put({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `istio-shared-configmap-${REVISION}`, namespace: "aks-istio-system" },
    data: { mesh: `outboundTrafficPolicy:\n  mode: ${mode}\n` },
  });
  for (const namespace of new Set(
    file.teams.flatMap(({ placements }) => placements.map((placement) => placement.namespace)),
  )) {
    store.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "istio.io/rev": REVISION } },
    });
    for (const name of ["default", "feeds"]) {
      store.put({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
    }
  }
  // What an administrator does: `sallyport crds` and `sallyport rbac`, each with `| kubectl apply -f -`.
  kubernetes.installCrds("sallyport.dev");
  const rights = printedRights(file, WORKER);
  for (const object of rights) store.put(object);
  // And again for a namespace that is made anew: what was applied there went with it.
  store.on(({ type, object }) => {
    if (object.kind !== "Namespace" || type !== "ADDED") return;
    for (const right of rights)
      if (right.metadata.namespace === object.metadata.name) store.put(right);
  });
  for (const { name } of file.clusters)
    for (const lane of ["gateways", "mesh"])
      giveBackLease(kubernetes, file.instance, `${lane}-${name}`);
  closeTheWayAround(kubernetes, "team-x");
  for (const host of new Set(OUTSIDE.map((external) => external.host))) {
    const addresses = OUTSIDE.filter((external) => external.host === host).flatMap(
      (external) => external.addresses,
    );
    dns.set(host, { a: [...new Set(addresses)] });
  }
}

function giveBackLease({ store }: KubernetesSimulator, instance: string, of: string): void {
  const lease = newLease({ namespace: "sallyport-system", name: `${instance}-${of}`, instance });
  store.put(heldBy(lease, { identity: "", durationMs: 1_000, now: Date.now() }));
}

/** Whether the namespace's NetworkPolicy lets its pods out to the world: while others let it out, it has to. */
export function letOut(
  { store }: Pick<KubernetesSimulator, "store">,
  namespace: string,
  isOpen: boolean,
): void {
  const policy = store.get("NetworkPolicy", namespace, "egress-through-the-mesh");
  if (policy === undefined) throw new Error("no such policy");
  const world = isOpen ? [{ ipBlock: { cidr: "0.0.0.0/0" } }] : [];
  store.put({
    ...policy,
    spec: { ...policy.spec, egress: [{ to: [{ namespaceSelector: {} }, ...world] }] },
  });
}

/** What a platform team would have in place: no way out but the mesh, and no egress objects of a team's own. */
function closeTheWayAround({ store }: KubernetesSimulator, namespace: string): void {
  store.put({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "egress-through-the-mesh", namespace },
    spec: {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ namespaceSelector: {} }] }],
    },
  });
  store.put({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "no-egress-objects-of-teams" },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ["networking.istio.io"],
            apiVersions: ["*"],
            operations: ["CREATE", "UPDATE"],
            resources: ["serviceentries", "virtualservices", "destinationrules"],
          },
        ],
      },
      validations: [{ expression: `request.userInfo.username == '${WORKER}'` }],
    },
  });
  store.put({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "no-egress-objects-of-teams" },
    spec: { policyName: "no-egress-objects-of-teams", validationActions: ["Deny"] },
  });
}

/** As the API server's controllers see them, once Azure has made them. */
export function gatewayPools(raw: object): { name: string; prefixLength: number }[] {
  const { properties } = raw as {
    properties: {
      agentPoolProfiles?: {
        name: string;
        mode: string;
        gatewayProfile?: { publicIPPrefixSize?: number };
      }[];
    };
  };
  return (properties.agentPoolProfiles ?? [])
    .filter(({ mode }) => mode === "Gateway")
    .map(({ name, gatewayProfile }) => ({
      name,
      prefixLength: gatewayProfile?.publicIPPrefixSize ?? 31,
    }));
}
