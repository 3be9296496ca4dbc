import { parse } from "yaml";
import { z } from "zod";
import { LabelSelector } from "../mesh/workload-schema.ts";
import type { LogStyle } from "../mesh/world.ts";
import type { ClusterObjects, StoredObject } from "./cluster-objects.ts";

/** The mesh's root namespace in the AKS add-on, https://learn.microsoft.com/azure/aks/istio-meshconfig */
export const ROOT_NAMESPACE = "aks-istio-system";

/** https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider */
const ExtensionProvider = z.object({
  name: z.string(),
  envoyFileAccessLog: z
    .object({
      path: z.string().optional(),
      logFormat: z
        .object({
          text: z.string().optional(),
          labels: z.record(z.string(), z.string()).optional(),
        })
        .optional(),
    })
    .optional(),
});

const MeshConfig = z.object({
  extensionProviders: z.array(ExtensionProvider).optional(),
  outboundTrafficPolicy: z
    .object({ mode: z.enum(["REGISTRY_ONLY", "ALLOW_ANY"]).optional() })
    .optional(),
  accessLogEncoding: z.enum(["TEXT", "JSON"]).optional(),
  accessLogFile: z.string().optional(),
  accessLogFormat: z.string().optional(),
  trustDomain: z.string().optional(),
  discoverySelectors: z.array(LabelSelector).optional(),
  defaultConfig: z
    .object({ proxyMetadata: z.record(z.string(), z.string()).optional() })
    .optional(),
});

export interface EffectiveMeshConfig {
  readonly outboundTrafficPolicy: "REGISTRY_ONLY" | "ALLOW_ANY";
  readonly accessLogEncoding: "TEXT" | "JSON";
  readonly accessLogFile: boolean;
  /** In the encoding's own notation; undefined for Istio's own. */
  readonly accessLogFormat: string | undefined;
  /** File logs by their provider's name, beside Istio's own `envoy`. */
  readonly accessLogProviders: Readonly<Record<string, LogStyle>>;
  readonly trustDomain: string;
  readonly dnsCapture: boolean;
  readonly discoverySelectors: readonly LabelSelector[];
}

/** The add-on's own ConfigMap of a revision: it sets what must not be changed, and leaves the rest to users. */
export function managedConfigMap(revision: string): StoredObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `istio-${revision}`,
      namespace: ROOT_NAMESPACE,
      labels: { "istio.io/rev": revision },
    },
    data: { mesh: `rootNamespace: ${ROOT_NAMESPACE}\ntrustDomain: cluster.local\n` },
  };
}

/** A revision's MeshConfig: the users' `istio-shared-configmap-<rev>`, overruled by the managed one. */
export function effectiveMeshConfig(
  objects: ClusterObjects,
  revision: string,
): EffectiveMeshConfig {
  const shared = read(objects, `istio-shared-configmap-${revision}`);
  const managed = read(objects, `istio-${revision}`);
  const merged = { ...shared, ...managed };
  return {
    outboundTrafficPolicy: merged.outboundTrafficPolicy?.mode ?? "ALLOW_ANY",
    accessLogEncoding: merged.accessLogEncoding ?? "TEXT",
    accessLogFormat: merged.accessLogFormat === "" ? undefined : merged.accessLogFormat,
    accessLogProviders: stylesOf([
      ...(managed.extensionProviders ?? []),
      ...(shared.extensionProviders ?? []),
    ]),
    accessLogFile: (merged.accessLogFile ?? "") !== "",
    trustDomain: merged.trustDomain ?? "cluster.local",
    discoverySelectors: merged.discoverySelectors ?? [],
    dnsCapture: merged.defaultConfig?.proxyMetadata?.["ISTIO_META_DNS_CAPTURE"] === "true",
  };
}

/**
 * Without a format a provider has Istio's default text, with no labels its default JSON; one that writes to another file
 * leaves nothing in the pod's log.
 */
function stylesOf(
  providers: readonly z.infer<typeof ExtensionProvider>[],
): Readonly<Record<string, LogStyle>> {
  const styles = providers.toReversed().flatMap(({ name, envoyFileAccessLog: file }) => {
    if (file === undefined || !["", "/dev/stdout"].includes(file.path ?? "")) return [];
    const { text, labels } = file.logFormat ?? {};
    const hasLabels = Object.keys(labels ?? {}).length > 0;
    const style: LogStyle =
      labels === undefined
        ? { encoding: "TEXT", format: text }
        : { encoding: "JSON", format: hasLabels ? JSON.stringify(labels) : undefined };
    return [[name, style] as const];
  });
  return Object.fromEntries(styles);
}

function read(objects: ClusterObjects, name: string): z.infer<typeof MeshConfig> {
  const text = objects.get({ kind: "ConfigMap", namespace: ROOT_NAMESPACE, name })?.data?.["mesh"];
  return MeshConfig.parse((text === undefined ? undefined : parse(text)) ?? {});
}
