import { ISTIO_LOG_PROVIDER, type LogProvider, OWN_LOG_PROVIDER } from "../../compile/names.ts";
import { MODES } from "../../grant.ts";
import { isRecord, type JsonRecord, listOf } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { type LogFormat, parseFormat, UNREADABLE } from "./log-format.ts";
import { lackingForProof } from "./needed-fields.ts";

/** One revision's mesh configuration: the add-on's own first, whose values stand; undefined for one that is no YAML. */
export type RevisionConfig = readonly (JsonRecord | undefined)[];

/**
 * The format in which proxies of a revision log for a provider. Istio's `envoy` follows accessLogFormat and
 * accessLogEncoding unless it has a format of its own; every other one has Istio's default where it names none.
 * https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider-EnvoyFileAccessLogProvider
 */
export function providerFormat(name: string, configs: RevisionConfig): LogFormat {
  const file = fileLogOf(name, configs);
  if (file === undefined) return name === ISTIO_LOG_PROVIDER ? meshFormat(configs) : UNREADABLE;
  // Left-out values shift the others; another file is not the pod's log.
  if (file["omitEmptyValues"] === true || !STDOUT.includes(file["path"])) return UNREADABLE;
  const format = file["logFormat"];
  if (!isRecord(format))
    return name === ISTIO_LOG_PROVIDER ? meshFormat(configs) : parseFormat(undefined, undefined);
  const { text, labels } = format;
  if (typeof text === "string") return parseFormat(text, "TEXT");
  const isEmpty = !isRecord(labels) || Object.keys(labels).length === 0;
  return parseFormat(isEmpty ? undefined : JSON.stringify(labels), "JSON");
}

const STDOUT: readonly unknown[] = [undefined, "", "/dev/stdout"];

/**
 * The provider that Sallyport's Telemetries are to name: its own where every revision has it with all that evidence needs.
 * Of what cannot be read the control plane keeps what it read before, and so does `now`.
 */
export function logProvider(
  revisions: readonly RevisionConfig[],
  now: LogProvider = ISTIO_LOG_PROVIDER,
): LogProvider {
  if (revisions.length === 0 || revisions.some((configs) => configs.includes(undefined)))
    return now;
  return revisions.every((configs) => isWhole(providerFormat(OWN_LOG_PROVIDER, configs)))
    ? OWN_LOG_PROVIDER
    : ISTIO_LOG_PROVIDER;
}

function isWhole({ missing }: LogFormat): boolean {
  return MODES.every((mode) => lackingForProof(missing, { mode }).length === 0);
}

/** Providers that Telemetries name: what is named in the cluster counts, whatever is to be written there. */
export function providersNamed(telemetries: readonly KubernetesObject[]): readonly string[] {
  const names = telemetries.flatMap(({ spec }) =>
    listOf(spec?.["accessLogging"]).flatMap((logging) =>
      listOf(isRecord(logging) ? logging["providers"] : undefined).flatMap((provider) =>
        isRecord(provider) && typeof provider["name"] === "string" ? [provider["name"]] : [],
      ),
    ),
  );
  return [...new Set(names)].toSorted();
}

/** Of several configurations' providers all are there; of two with one name the add-on's. */
function fileLogOf(name: string, configs: RevisionConfig): JsonRecord | undefined {
  const providers = configs.flatMap((config) => listOf(config?.["extensionProviders"]));
  const found = providers.find((each) => isRecord(each) && each["name"] === name);
  if (found === undefined) return undefined;
  const file = isRecord(found) ? found["envoyFileAccessLog"] : undefined;
  return isRecord(file) ? file : undefined;
}

function meshFormat(configs: RevisionConfig): LogFormat {
  return parseFormat(
    firstText(configs, "accessLogFormat"),
    firstText(configs, "accessLogEncoding"),
  );
}

function firstText(configs: RevisionConfig, name: string): string | undefined {
  const value = configs.find((config) => config?.[name] !== undefined)?.[name];
  return typeof value === "string" ? value : undefined;
}
