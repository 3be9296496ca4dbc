import type { ClusterObjects, StoredObject } from "../controllers/cluster-objects.ts";
import { COMPONENT_LABEL } from "../controllers/gateway-objects.ts";
import { startIstioAddOn } from "../controllers/istio-add-on.ts";
import type { IstioAddOn } from "../controllers/istio-add-on.ts";
import { ROOT_NAMESPACE, effectiveMeshConfig } from "../controllers/mesh-config.ts";
import { realScheduler } from "../controllers/scheduler.ts";
import type { Scheduler } from "../controllers/scheduler.ts";
import { startStaticGatewayController } from "../controllers/static-gateway-controller.ts";
import type { StaticGatewayController } from "../controllers/static-gateway-controller.ts";
import { createContainerLogs } from "../kubelet/container-logs.ts";
import type { LogLine, LogOwner } from "../kubelet/container-logs.ts";
import type { AttemptBody } from "../kubelet/curl.ts";
import { startKubelet } from "../kubelet/kubelet.ts";
import { startMeshEndpoint } from "../kubelet/mesh-endpoint.ts";
import { RunnablePod, hasSidecar } from "../kubelet/pod-schema.ts";
import { readCatalogue } from "./catalogue.ts";
import { connect } from "./connect.ts";
import { isLetThrough, istiod, KUBE_DNS } from "./network-policy.ts";
import type { External, Outcome } from "./world.ts";

export interface MeshOptions {
  readonly objects: ClusterObjects;
  readonly externals: readonly External[];
  /** The StaticGatewayConfiguration CRD comes and goes with the static egress feature. Default: nothing to do. */
  readonly installStaticEgress?: (enabled: boolean) => void;
  readonly scheduler?: Scheduler;
  readonly now?: () => Date;
  /** Milliseconds; defaults 20, 20 and 5. */
  readonly delays?: {
    readonly prefix?: number;
    readonly addOn?: number;
    readonly podStart?: number;
  };
  /** How long after an AuthorizationPolicy change HTTP doors still answer 403, in milliseconds. Default 0. */
  readonly policyWindowMs?: number;
  /** Whether sidecars capture DNS where the revision's MeshConfig does not say. Default false, as on AKS. */
  readonly dnsCapture?: boolean;
}

/** Azure's and Istio's controllers, the kubelet and the data plane over one store. */
export interface Mesh
  extends
    Pick<StaticGatewayController, "setGatewayPools" | "stick" | "bringPrefix">,
    Pick<IstioAddOn, "applyManagedCluster" | "revisions"> {
  /** A container's log so far, oldest first; [] where there is none. */
  logOf(pod: LogOwner, container: string): readonly LogLine[];
  setExternals(externals: readonly External[]): void;
  /** One connection from a stored pod, logged like any other; undefined where there is no such pod with an address. */
  attempt(pod: LogOwner, attempt: AttemptBody): Outcome | undefined;
  /** Kills pods, stops controllers. */
  close(): Promise<void>;
}

export async function startMesh(options: MeshOptions): Promise<Mesh> {
  const { objects, scheduler = realScheduler(), now = (): Date => new Date() } = options;
  const { prefix = 20, addOn: addOnDelay = 20, podStart = 5 } = options.delays ?? {};
  const logs = createContainerLogs(now);
  let { externals } = options;
  let sequence = 0;
  let policyChangedAt = -Infinity;

  const gateways = startStaticGatewayController({ objects, scheduler, delayMs: prefix });
  const addOn = startIstioAddOn({
    objects,
    scheduler,
    delayMs: addOnDelay,
    installStaticEgress: options.installStaticEgress ?? ((): void => undefined),
    now,
  });
  const stopWatching = objects.onChange(({ object }) => {
    if (object.kind === "AuthorizationPolicy") policyChangedAt = now().getTime();
    if (object.kind === "Pod") announceGateway(object);
  });

  /** The line every proxy logs once it serves. */
  function announceGateway({ metadata, status }: StoredObject): void {
    const owner = { namespace: metadata.namespace ?? "", name: metadata.name };
    const isGateway = metadata.labels?.[COMPONENT_LABEL] !== undefined;
    if (!isGateway || status?.["phase"] !== "Running") return;
    if (logs.read(owner, "istio-proxy").length > 0) return;
    logs.append(owner, "istio-proxy", ["Envoy proxy is ready"]);
  }

  function attempt(pod: LogOwner, body: AttemptBody): Outcome | undefined {
    const stored = objects.get({ kind: "Pod", ...pod });
    const ip = stored?.status?.["podIP"];
    if (stored === undefined || typeof ip !== "string") return undefined;
    const outcome = decide(stored, ip, body);
    logs.append(pod, "istio-proxy", outcome.sidecarLines);
    for (const { namespace, pod: name, line } of outcome.gatewayLines) {
      logs.append({ namespace, name }, "istio-proxy", [line]);
    }
    return outcome;
  }

  function decide(stored: StoredObject, ip: string, body: AttemptBody): Outcome {
    const pod = RunnablePod.parse(stored);
    const revision = pod.metadata.annotations["istio.io/rev"] ?? addOn.revisions()[0] ?? "";
    const config = effectiveMeshConfig(objects, revision);
    const { name: podName, namespace, labels } = pod.metadata;
    const at = now();
    return connect(
      {
        ...config,
        objects: objects.all(),
        externals,
        dnsCapture: config.dnsCapture || options.dnsCapture === true,
        rootNamespace: ROOT_NAMESPACE,
        now: at,
        sequence: sequence++,
        policyAgeMs: at.getTime() - policyChangedAt,
        policyWindowMs: options.policyWindowMs ?? 0,
      },
      {
        ...body,
        client: {
          podName,
          namespace,
          labels,
          ip,
          serviceAccount: pod.spec.serviceAccountName,
          sidecar: hasSidecar(pod),
        },
      },
    );
  }

  /** A proxy gets its certificate and configuration from istiod, whose name it asks the cluster's DNS for. */
  function reachesControlPlane(pod: RunnablePod, ip: string): boolean {
    const { namespace, labels } = pod.metadata;
    const catalogue = readCatalogue([
      ...objects.list("NetworkPolicy"),
      ...objects.list("Namespace"),
    ]);
    const from = { ip, pod: { namespace, labels } };
    return (
      isLetThrough(catalogue, { from, to: KUBE_DNS, protocol: "UDP", port: 53 }) &&
      isLetThrough(catalogue, {
        from,
        to: istiod(ROOT_NAMESPACE),
        protocol: "TCP",
        port: 15_012,
      })
    );
  }

  const endpoint = await startMeshEndpoint((name, body) => {
    const [namespace = "", podName = ""] = name.split("/");
    return attempt({ namespace, name: podName }, body);
  });
  const kubelet = startKubelet({
    objects,
    logs,
    scheduler,
    delayMs: podStart,
    endpoint: endpoint.url,
    revisions: () => addOn.revisions(),
    reachesControlPlane,
    now,
  });

  return {
    setGatewayPools: (pools) => gateways.setGatewayPools(pools),
    stick: (name, message) => gateways.stick(name, message),
    bringPrefix: (id, range) => gateways.bringPrefix(id, range),
    applyManagedCluster: (raw) => addOn.applyManagedCluster(raw),
    revisions: () => addOn.revisions(),
    logOf: (pod, container) => logs.read(pod, container),
    setExternals(next) {
      externals = next;
    },
    attempt,
    async close() {
      stopWatching();
      gateways.close();
      addOn.close();
      await kubelet.close();
      await endpoint.close();
    },
  };
}
