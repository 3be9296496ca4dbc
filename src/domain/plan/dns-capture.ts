import { isRecord, type JsonRecord } from "../json.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";

const NAME = "ISTIO_META_DNS_CAPTURE";

/** What was read of one namespace's part of the mesh. */
export interface CaptureFacts {
  /** `defaultConfig` of the mesh configuration, of each revision; undefined for one that cannot be read or has none. */
  readonly defaults: readonly (JsonRecord | undefined)[];
  /** Pods of the namespace, with what their annotation `proxy.istio.io/config` says, read as YAML. */
  readonly pods: readonly { readonly config: unknown }[];
  /** ProxyConfigs of the namespace and of the mesh's root namespace. */
  readonly proxyConfigs: readonly KubernetesObject[];
}

/**
 * Whether every pod of a namespace sees a virtual address of its own for each host of a ServiceEntry. True where every
 * revision says so and nothing takes it back; what cannot be read is no yes.
 * https://istio.io/latest/docs/ops/configuration/traffic-management/dns-proxy/
 */
export function capturesDns({ defaults, pods, proxyConfigs }: CaptureFacts): boolean {
  return (
    defaults.length > 0 &&
    defaults.every((config) => isOn(config?.["proxyMetadata"])) &&
    pods.every(({ config }) => isKept(config)) &&
    proxyConfigs.every(({ spec }) => !isNamed(spec?.["environmentVariables"]))
  );
}

/** What one revision's mesh configuration says, where neither a pod nor a ProxyConfig says otherwise. */
export function revisionCapture(
  configs: readonly (JsonRecord | undefined)[],
): "on" | "off" | "unknown" {
  if (configs.includes(undefined)) return "unknown";
  return isOn(defaultConfigOf(configs)?.["proxyMetadata"]) ? "on" : "off";
}

/** `defaultConfig` of one revision. Of several configurations the first that has one. */
export function defaultConfigOf(
  configs: readonly (JsonRecord | undefined)[],
): JsonRecord | undefined {
  const found = configs.find((config) => config?.["defaultConfig"] !== undefined)?.[
    "defaultConfig"
  ];
  return isRecord(found) ? found : undefined;
}

/** A pod's own configuration is merged over the mesh's. */
function isKept(config: unknown): boolean {
  if (config === undefined || config === null) return true;
  if (!isRecord(config)) return false;
  const metadata = config["proxyMetadata"];
  return !isNamed(metadata) || isOn(metadata);
}

function isNamed(variables: unknown): boolean {
  return isRecord(variables) && Object.hasOwn(variables, NAME);
}

function isOn(variables: unknown): boolean {
  return isRecord(variables) && String(variables[NAME]) === "true";
}

/** Names by which Istio knows a port to be HTTP: https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
const HTTP = /^(?:http2?|grpc|grpc-web|kubernetes\.io\/h2c)(?:-|$)/i;

/** Ports on which Services speak HTTP, by what they say: `appProtocol`, else the port's name. */
export function httpServicesOf(
  services: readonly KubernetesObject[],
): readonly { readonly name: string; readonly port: number }[] {
  return services.flatMap(({ metadata, spec }) => {
    const ports: unknown = spec?.["ports"];
    return (Array.isArray(ports) ? ports : []).flatMap((each: unknown) => {
      if (!isRecord(each) || typeof each["port"] !== "number") return [];
      const said = each["appProtocol"] ?? each["name"];
      const { port } = each;
      return typeof said === "string" && HTTP.test(said)
        ? [{ name: `${metadata.namespace ?? ""}/${metadata.name}`, port }]
        : [];
    });
  });
}
