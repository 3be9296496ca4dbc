import type { LogFormat } from "#src/domain/evidence/log/log-format.ts";
import { lackingForProof } from "#src/domain/evidence/log/needed-fields.ts";
import { MODES } from "#src/domain/grant.ts";
import type { Config } from "#src/config/config.ts";
import { OWN_KINDS } from "#src/domain/definitions.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { clusterRefusal } from "#src/domain/plan/azure/infrastructure-steps.ts";
import { OWN_LOG_PROVIDER } from "#src/domain/compile/names.ts";
import type { ObjectKind } from "#src/domain/kubernetes-object.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { addressOf } from "#src/requests/observe/cluster-address.ts";
import { observeLogFormats } from "#src/requests/observe/mesh/log-formats.ts";
import { ROOT_NAMESPACE } from "#src/domain/kubernetes/needed-pods.ts";
import { observeMeshMode } from "#src/requests/observe/mesh/mesh-config.ts";
import { gatewayNamespaces, type Installed, teamNamespaces } from "../rbac/rights.ts";
import { discoveryFinding } from "./discovery.ts";
import { resourceFindings } from "./custom-resources.ts";
import { fenceFinding } from "./fence.ts";
import { type Finding, reasonOf } from "./finding.ts";

interface Connections {
  readonly clusters: ManagedClusters;
  readonly meshOf: (cluster: string) => Promise<Mesh>;
}

export async function checkClusters(
  config: Config,
  connections: Connections,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const cluster of config.directory.clusters) {
    findings.push(...(await checkAzure(cluster, connections)));
    findings.push(...(await checkMesh(cluster, { ...connections, config })));
  }
  return findings;
}

async function checkAzure(
  cluster: Cluster,
  { clusters }: Connections,
): Promise<readonly Finding[]> {
  const subject = `azure ${cluster.name}`;
  try {
    const facts = await clusters.read(addressOf(cluster));
    // Every plan needs them: what must not be reached from a gateway, and what does not go through it.
    await clusters.virtualNetworkRanges(addressOf(cluster));
    const refusal = clusterRefusal(cluster, facts);
    if (refusal !== undefined)
      return [{ verdict: "wrong", subject, text: `${refusal.why}; ${refusal.fix}` }];
    return [
      {
        verdict: "fine",
        subject,
        text: `${facts.provisioningState}, Istio add-on ${facts.revisions.join(" and ")}`,
      },
    ];
  } catch (error) {
    return [
      {
        verdict: "wrong",
        subject,
        text: `${reasonOf(error)}; check the cluster's address and the role in deploy/azure-role.json`,
      },
    ];
  }
}

/** Written on both sides of a door. */
const DOOR_KINDS = ["ServiceEntry", "VirtualService", "DestinationRule", "Telemetry"] as const;

interface Right {
  readonly verb: string;
  readonly kind: ObjectKind;
  readonly namespace?: string;
  readonly subresource?: string;
}

function rights(
  verbs: readonly string[],
  kinds: readonly ObjectKind[],
  where: Pick<Right, "namespace" | "subresource"> = {},
): readonly Right[] {
  return kinds.flatMap((kind) => verbs.map((verb) => ({ verb, kind, ...where })));
}

/** What is written in the namespaces of gateways and teams. */
function writesIn(installed: Pick<Installed, "config" | "cluster">): readonly Right[] {
  const writes = ["create", "patch", "delete"];
  return [
    ...gatewayNamespaces(installed.cluster).flatMap((namespace) => [
      ...rights(writes, ["Gateway", ...DOOR_KINDS], { namespace }),
      ...rights(["create", "patch"], ["AuthorizationPolicy"], { namespace }),
      ...rights(["create"], ["StaticGatewayConfiguration"], { namespace }),
      ...rights(["patch"], ["HorizontalPodAutoscaler"], { namespace }),
      ...rights(["get"], ["Pod"], { namespace, subresource: "log" }),
    ]),
    ...teamNamespaces(installed).flatMap((namespace) => [
      ...rights(writes, DOOR_KINDS, { namespace }),
      ...rights(["create"], ["Sidecar"], { namespace }),
      ...rights(["create", "delete"], ["Pod"], { namespace }),
      ...rights(["get"], ["Pod"], { namespace, subresource: "log" }),
    ]),
  ];
}

/** What lanes and probes read, and what is written in the instance's own namespace; what every run lists comes first. */
function rightsIn(system: string): readonly Right[] {
  return [
    ...rights(["list", "create", "patch"], ["ConfigMap"], { namespace: ROOT_NAMESPACE }),
    ...rights(["get", "list", "watch", "create", "patch", "delete"], OWN_KINDS, {
      namespace: system,
    }),
    ...rights(["patch"], OWN_KINDS, { namespace: system, subresource: "status" }),
    ...rights(["get", "create", "update"], ["Lease"], { namespace: system }),
    ...rights(["get", "list", "watch"], ["Gateway", ...DOOR_KINDS]),
    ...rights(["list", "watch"], ["AuthorizationPolicy"]),
    ...rights(["get", "list"], ["Namespace", "StaticGatewayConfiguration", "Pod"]),
    ...rights(["get"], ["Service"]),
    ...rights(
      ["list"],
      [
        "Event",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Sidecar",
        "EnvoyFilter",
        "ProxyConfig",
        "WasmPlugin",
        "PeerAuthentication",
        "RequestAuthentication",
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
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
      ],
    ),
  ];
}

function rightText({ verb, kind, namespace, subresource }: Right): string {
  const what = subresource === undefined ? kind : `${kind}/${subresource}`;
  return `${verb} ${what}${namespace === undefined ? "" : ` in ${namespace}`}`;
}

async function checkMesh(
  cluster: Cluster,
  { meshOf, config }: Connections & { readonly config: Config },
): Promise<readonly Finding[]> {
  const { systemNamespace, directory } = config;
  const subject = `cluster ${cluster.name}`;
  try {
    const mesh = await meshOf(cluster.name);
    const missing: string[] = [];
    for (const right of [...rightsIn(systemNamespace), ...writesIn({ config, cluster })])
      if (!(await mesh.may(right.verb, right.kind, right))) missing.push(rightText(right));
    return [
      missing.length === 0
        ? { verdict: "fine", subject, text: "answers, and its rights are enough" }
        : {
            verdict: "wrong",
            subject,
            text: `not allowed: ${missing.join(", ")}; apply what \`npx sallyport rbac\` prints`,
          },
      ...(missing.includes("list ValidatingAdmissionPolicy")
        ? []
        : [await fenceFinding(mesh, config, cluster)]),
      ...(await resourceFindings(mesh, { cluster: cluster.name, namespace: systemNamespace })),
      ...(missing.includes(`list ConfigMap in ${ROOT_NAMESPACE}`)
        ? []
        : [
            modeFinding(cluster, await observeMeshMode(mesh)),
            ...(missing.includes("list Namespace")
              ? []
              : [await discoveryFinding(mesh, cluster, directory)]),
          ]),
      ...(missing.includes("list Telemetry") ? [] : [await accessLogFinding(cluster, mesh)]),
      ...(missing.includes(`list ConfigMap in ${ROOT_NAMESPACE}`)
        ? []
        : [logFormatFinding(cluster, await observeLogFormats(mesh))]),
    ];
  } catch (error) {
    return [
      {
        verdict: "wrong",
        subject,
        text: `${reasonOf(error)}; check the kubernetes entry of the cluster and the network to it`,
      },
    ];
  }
}

function modeFinding(
  { name }: Cluster,
  mode: Awaited<ReturnType<typeof observeMeshMode>>,
): Finding {
  const subject = `mesh mode ${name}`;
  if (mode === "REGISTRY_ONLY") return { verdict: "fine", subject, text: mode };
  if (mode === "unknown")
    return {
      verdict: "unknown",
      subject,
      text: `no mesh configuration is readable in ${ROOT_NAMESPACE}`,
    };
  return {
    verdict: "wrong",
    subject,
    text: `ALLOW_ANY: what is not granted goes out directly, and revoking blocks nothing; set outboundTrafficPolicy.mode REGISTRY_ONLY in istio-shared-configmap-<revision>`,
  };
}

/**
 * Without a format it has Istio's own, which writes all. `extensionProviders` is allowed, without support, in the add-on's
 * shared configuration: https://learn.microsoft.com/azure/aks/istio-meshconfig
 */
const OWN_PROVIDER_YAML = `extensionProviders: [{name: ${OWN_LOG_PROVIDER}, envoyFileAccessLog: {path: /dev/stdout}}]`;

/** `accessLogFormat` is a supported field: https://learn.microsoft.com/azure/aks/istio-meshconfig */
function logFormatFinding({ name }: Cluster, formats: readonly LogFormat[]): Finding {
  const subject = `access log format ${name}`;
  const missing = formats.flatMap((format) => format.missing);
  const lacking = MODES.map((mode) => ({ mode, of: lackingForProof(missing, { mode }) })).filter(
    ({ of }) => of.length > 0,
  );
  return lacking.length === 0
    ? { verdict: "fine", subject, text: "writes all that evidence needs" }
    : {
        verdict: "wrong",
        subject,
        text: `${lacking.map(({ mode, of }) => `for mode ${mode} it lacks ${of.join(", ")}`).join("; ")}: such grants stay unproven; add it to accessLogFormat in istio-shared-configmap-<revision>, leave that out for Istio's own format, or give Sallyport's logs a provider of their own there, in each revision: ${OWN_PROVIDER_YAML}`,
      };
}

/** Sallyport turns logs on where it needs them; whoever turned them off elsewhere may have a Telemetry that wins. */
async function accessLogFinding({ name }: Cluster, mesh: Mesh): Promise<Finding> {
  const subject = `access logging ${name}`;
  const disabled = (await mesh.list("Telemetry")).filter(({ spec }) =>
    JSON.stringify(spec?.["accessLogging"] ?? []).includes('"disabled":true'),
  );
  return disabled.length === 0
    ? { verdict: "fine", subject, text: "nothing turns it off" }
    : {
        verdict: "wrong",
        subject,
        text: `turned off by Telemetry ${disabled.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`).join(", ")}: evidence needs the gateways' log; take \`disabled: true\` out of it, or delete it`,
      };
}
