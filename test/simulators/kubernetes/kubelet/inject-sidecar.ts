import type { StoredObject } from "../controllers/cluster-objects.ts";

/**
 * What Istio's injection webhook does to a new pod: a native sidecar where the namespace's `istio.io/rev` names an
 * installed revision and the pod does not opt out; else the pod unchanged.
 * https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy
 */
export function injectSidecar(
  pod: StoredObject,
  namespace: StoredObject | undefined,
  revisions: readonly string[],
): StoredObject {
  const revision = revisionFor(pod, namespace);
  if (revision === undefined || !revisions.includes(revision)) return pod;
  const { initContainers = [], containers = [] } = podSpecOf(pod);
  if (JSON.stringify([initContainers, containers]).includes('"name":"istio-proxy"')) return pod;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        "security.istio.io/tlsMode": "istio",
        "service.istio.io/canonical-revision": "latest",
      },
      annotations: {
        ...pod.metadata.annotations,
        "istio.io/rev": revision,
        "sidecar.istio.io/status": "{}",
      },
    },
    spec: {
      ...pod.spec,
      initContainers: [
        {
          name: "istio-proxy",
          image: "mcr.microsoft.com/oss/istio/proxyv2:simulated",
          args: ["proxy", "sidecar"],
          restartPolicy: "Always",
        },
        ...(Array.isArray(initContainers) ? initContainers : []),
      ],
    },
  };
}

/** The pod's own label wins over its namespace's; `sidecar.istio.io/inject: "false"` wins over both. */
function revisionFor(pod: StoredObject, namespace: StoredObject | undefined): string | undefined {
  const labels = pod.metadata.labels ?? {};
  if (labels["sidecar.istio.io/inject"] === "false") return undefined;
  return labels["istio.io/rev"] ?? namespace?.metadata.labels?.["istio.io/rev"];
}

function podSpecOf(pod: StoredObject): {
  readonly initContainers?: unknown;
  readonly containers?: unknown;
} {
  return pod.spec ?? {};
}
