import type { StoredObject } from "../controllers/cluster-objects.ts";
import { listOf } from "../json-tree.ts";

const IMAGE = "mcr.microsoft.com/oss/istio/proxyv2:simulated";

/**
 * What Istio's injection webhook does to a new pod where the namespace's `istio.io/rev` names an installed revision and
 * the pod does not opt out; else the pod unchanged: a native sidecar, the init container that redirects traffic (which
 * the CNI plug-in would spare), their volumes, labels and annotations. What the pod says already stays.
 * https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy ,
 * https://github.com/istio/istio/blob/master/manifests/charts/istio-control/istio-discovery/files/injection-template.yaml
 */
export function injectSidecar(
  pod: StoredObject,
  namespace: StoredObject | undefined,
  revisions: readonly string[],
): StoredObject {
  const revision = revisionFor(pod, namespace);
  if (revision === undefined || !revisions.includes(revision)) return pod;
  const { initContainers, containers, volumes } = podSpecOf(pod);
  const there = JSON.stringify([initContainers, containers]);
  if (there.includes('"name":"istio-proxy"')) return pod;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        "security.istio.io/tlsMode": "istio",
        "service.istio.io/canonical-name": pod.metadata.name,
        "service.istio.io/canonical-revision": "latest",
      },
      annotations: {
        "kubectl.kubernetes.io/default-container": "probe",
        "prometheus.io/port": "15020",
        "prometheus.io/scrape": "true",
        ...pod.metadata.annotations,
        "istio.io/rev": revision,
        "sidecar.istio.io/status": "{}",
      },
    },
    spec: {
      ...pod.spec,
      initContainers: [INIT, PROXY, ...listOf(initContainers)],
      volumes: [...VOLUMES, ...listOf(volumes)],
    },
  };
}

const INIT = {
  name: "istio-init",
  image: IMAGE,
  args: ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337"],
  securityContext: {
    allowPrivilegeEscalation: false,
    privileged: false,
    capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] },
    readOnlyRootFilesystem: false,
    runAsGroup: 0,
    runAsNonRoot: false,
    runAsUser: 0,
  },
};

const PROXY = {
  name: "istio-proxy",
  image: IMAGE,
  args: ["proxy", "sidecar"],
  restartPolicy: "Always",
  volumeMounts: [
    { mountPath: "/var/run/secrets/istio", name: "istiod-ca-cert" },
    { mountPath: "/var/lib/istio/data", name: "istio-data" },
    { mountPath: "/etc/istio/proxy", name: "istio-envoy" },
    { mountPath: "/var/run/secrets/tokens", name: "istio-token" },
    { mountPath: "/etc/istio/pod", name: "istio-podinfo" },
  ],
};

const TOKEN = { path: "istio-token", expirationSeconds: 43_200, audience: "istio-ca" };
const VOLUMES: readonly unknown[] = [
  { name: "istio-envoy", emptyDir: { medium: "Memory" } },
  { name: "istio-data", emptyDir: {} },
  {
    name: "istio-podinfo",
    downwardAPI: {
      items: ["labels", "annotations"].map((path) => ({
        path,
        fieldRef: { fieldPath: `metadata.${path}` },
      })),
    },
  },
  { name: "istio-token", projected: { sources: [{ serviceAccountToken: TOKEN }] } },
  { name: "istiod-ca-cert", configMap: { name: "istio-ca-root-cert" } },
];

/** The pod's own label wins over its namespace's; `sidecar.istio.io/inject: "false"` wins over both. */
function revisionFor(pod: StoredObject, namespace: StoredObject | undefined): string | undefined {
  const labels = pod.metadata.labels ?? {};
  if (labels["sidecar.istio.io/inject"] === "false") return undefined;
  return labels["istio.io/rev"] ?? namespace?.metadata.labels?.["istio.io/rev"];
}

function podSpecOf(pod: StoredObject): {
  readonly initContainers?: unknown;
  readonly containers?: unknown;
  readonly volumes?: unknown;
} {
  return pod.spec ?? {};
}
