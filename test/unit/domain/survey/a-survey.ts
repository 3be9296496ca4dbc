import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { Survey } from "#src/domain/survey/survey.ts";
import { DAY, NINE } from "#test/support/signed-request.ts";

export function anObject(
  kind: string,
  place: string,
  parts: Pick<KubernetesObject, "spec" | "status"> & {
    readonly labels?: Readonly<Record<string, string>>;
  } = {},
): KubernetesObject {
  const [namespace = "", name = ""] = place.split("/");
  const { labels, ...rest } = parts;
  const metadata = labels === undefined ? { namespace, name } : { namespace, name, labels };
  return { apiVersion: "v1", kind, metadata, ...rest };
}

export function aLiveGrant(change: Partial<Grant> = {}): Grant {
  return {
    id: "EG-00001",
    cluster: "prod",
    team: "team-x",
    gateway: { namespace: "egress-gw", name: "egw" },
    scope: { namespace: "team-x", serviceAccounts: [] },
    destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
    durationMs: DAY,
    latestEnd: NINE + DAY,
    ...change,
  };
}

/** Of the cluster of deploy/sallyport.yaml. */
export function aSurvey(change: Partial<Survey> = {}): Survey {
  return {
    cluster: "prod",
    at: NINE,
    configDigest: "",
    frozen: false,
    autoscalersRead: true,
    gateways: [
      {
        gateway: "egress-gw/egw",
        state: "ready",
        egressIpPrefix: "203.0.113.4/31",
        pods: [
          {
            revision: "asm-1-28",
            available: 2,
            wanted: 2,
            autoscaler: { least: 2, most: 5, now: 2, cpuTarget: 80, cpuNow: 30 },
          },
        ],
        grants: 2,
        tunnels: 1,
        namespaces: 2,
      },
    ],
    mesh: {
      revisions: [{ revision: "asm-1-28", mode: "REGISTRY_ONLY", logLacks: [], dnsCapture: "off" }],
      logProvider: "envoy",
      silenced: { first: [], more: 0 },
      sidecars: { first: [], more: 0 },
      namespaces: { first: [], more: 0 },
    },
    ...change,
  };
}
