import { sameJson } from "../canonical.ts";
import { ISTIO_LOG_PROVIDER, OWN_LOG_PROVIDER } from "../compile/names.ts";
import { logProvider, providerFormat, type RevisionConfig } from "../evidence/log/log-provider.ts";
import { lackingForProof } from "../evidence/log/needed-fields.ts";
import { MODES } from "../grant.ts";
import { isRecord } from "../json.ts";
import { defaultConfigOf, revisionCapture } from "../plan/dns-capture.ts";
import { modeInConfig } from "../plan/ways-out/outbound-policy.ts";
import { inOrder } from "./revision-order.ts";

export interface Revision {
  /** `asm-1-28` */
  readonly revision: string;
  /** The add-on's own configuration, then the users' shared one where it is there. */
  readonly configs: RevisionConfig;
}

/** In what the newer revision opens the mesh, or sees less of it, than the older one. */
export type Difference =
  | { readonly setting: PlainSetting }
  | { readonly setting: "unreadable"; readonly revision: string }
  /** `lacks`: what evidence needs and only the older one writes; none where merely the form is another. */
  | { readonly setting: "accessLogFormat"; readonly lacks: readonly string[] }
  | { readonly setting: "proxyMetadata"; readonly names: readonly string[] }
  | { readonly setting: (typeof EXPORT_DEFAULTS)[number]; readonly shownTo: readonly string[] };

/** Of which there is no more to say than its name. */
export type PlainSetting =
  | "outboundTrafficPolicy"
  | "accessLogFile"
  | "extensionProviders"
  | "dnsCapture"
  | "discoverySelectors"
  | "trustDomain"
  | "pathNormalization";

const EXPORT_DEFAULTS = [
  "defaultServiceExportTo",
  "defaultVirtualServiceExportTo",
  "defaultDestinationRuleExportTo",
] as const;

/** Of two revisions side by side. */
export interface Comparison {
  readonly from: string;
  readonly to: string;
  /** Whether `istio-shared-configmap-<to>` is there at all. */
  readonly hasShared: boolean;
  readonly differences: readonly Difference[];
}

/**
 * What silently changes for workloads that are moved from the oldest revision to the newest. Undefined where there is one
 * alone. What is stricter in the newer one is no difference. Pure.
 * https://learn.microsoft.com/azure/aks/istio-upgrade, https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
 */
export function compareRevisions(revisions: readonly Revision[]): Comparison | undefined {
  const ordered = inOrder(revisions);
  const [from, to] = [ordered[0], ordered.at(-1)];
  if (from === undefined || to === undefined || from === to) return undefined;
  return {
    from: from.revision,
    to: to.revision,
    hasShared: to.configs.length > 1,
    differences: differencesOf(from, to),
  };
}

function differencesOf(from: Revision, to: Revision): readonly Difference[] {
  // Of what cannot be read the control plane keeps what it read before, or its defaults: nothing else is to be said.
  const unreadable = [from, to].filter(({ configs }) => configs.includes(undefined));
  if (unreadable.length > 0)
    return unreadable.map(({ revision }) => ({ setting: "unreadable", revision }));
  const [old, now] = [from.configs, to.configs];
  return [
    ...simple("outboundTrafficPolicy", opens(old, now)),
    ...simple(
      "accessLogFile",
      valueOf(old, "accessLogFile") !== undefined && !same("accessLogFile", old, now),
    ),
    ...logDifference(old, now),
    ...simple(
      "extensionProviders",
      logProvider([old]) === OWN_LOG_PROVIDER && logProvider([now]) !== OWN_LOG_PROVIDER,
    ),
    ...simple("dnsCapture", revisionCapture(old) === "on" && revisionCapture(now) !== "on"),
    ...metadataDifference(old, now),
    ...simple("discoverySelectors", !same("discoverySelectors", old, now, [])),
    ...EXPORT_DEFAULTS.flatMap((setting) => exportDifference(setting, old, now)),
    ...simple("trustDomain", !same("trustDomain", old, now)),
    ...simple("pathNormalization", rank(now) < rank(old)),
  ];
}

function simple(setting: PlainSetting, isThere: boolean): readonly Difference[] {
  return isThere ? [{ setting }] : [];
}

/** A mode that the control plane does not know is taken for none. */
function opens(old: RevisionConfig, now: RevisionConfig): boolean {
  return modeInConfig(old) === "REGISTRY_ONLY" && modeInConfig(now) !== "REGISTRY_ONLY";
}

/** The add-on's value stands, as JSON has it: people write these. Empty is Istio's own default, as nothing is. */
function valueOf(configs: RevisionConfig, name: string): unknown {
  const value = configs.find((config) => config?.[name] !== undefined)?.[name];
  if (value === undefined || value === null || value === "") return undefined;
  return JSON.parse(JSON.stringify(value).toWellFormed());
}

function same(
  name: string,
  old: RevisionConfig,
  now: RevisionConfig,
  otherwise: unknown = null,
): boolean {
  return sameJson(valueOf(old, name) ?? otherwise, valueOf(now, name) ?? otherwise);
}

/** Of the provider that is there in every mesh; Sallyport's own is told of by its name. */
function logDifference(old: RevisionConfig, now: RevisionConfig): readonly Difference[] {
  const before = new Set(lackingIn(old));
  const lacks = lackingIn(now).filter((field) => !before.has(field));
  const isLost = ["accessLogFormat", "accessLogEncoding"].some(
    (name) => valueOf(old, name) !== undefined && valueOf(now, name) === undefined,
  );
  return lacks.length > 0 || isLost ? [{ setting: "accessLogFormat", lacks }] : [];
}

function lackingIn(configs: RevisionConfig): readonly string[] {
  const { missing } = providerFormat(ISTIO_LOG_PROVIDER, configs);
  return [...new Set(MODES.flatMap((mode) => lackingForProof(missing, { mode })))];
}

const CAPTURE = "ISTIO_META_DNS_CAPTURE";

function metadataDifference(old: RevisionConfig, now: RevisionConfig): readonly Difference[] {
  const [before, after] = [metadataOf(old), metadataOf(now)];
  const names = [...before.keys()].filter(
    (name) => name !== CAPTURE && before.get(name) !== after.get(name),
  );
  return names.length === 0 ? [] : [{ setting: "proxyMetadata", names: names.toSorted() }];
}

function metadataOf(configs: RevisionConfig): ReadonlyMap<string, string> {
  const metadata = defaultConfigOf(configs)?.["proxyMetadata"];
  const entries = isRecord(metadata) ? Object.entries(metadata) : [];
  return new Map(entries.map(([name, value]) => [name, String(value)]));
}

/** Whom the newer one shows what says nothing itself, and the older one does not. */
function exportDifference(
  setting: (typeof EXPORT_DEFAULTS)[number],
  old: RevisionConfig,
  now: RevisionConfig,
): readonly Difference[] {
  const before = shownTo(setting, old);
  if (before.includes("*")) return [];
  const more = shownTo(setting, now).filter((target) => !before.includes(target));
  return more.length === 0 ? [] : [{ setting, shownTo: more }];
}

function shownTo(setting: string, configs: RevisionConfig): readonly string[] {
  const value = valueOf(configs, setting);
  const targets = Array.isArray(value) ? value.map(String) : [];
  return targets.length === 0 ? ["*"] : targets;
}

/** Weakest first. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ProxyPathNormalization-NormalizationType */
const NORMALIZATIONS: readonly unknown[] = [
  "NONE",
  "BASE",
  "MERGE_SLASHES",
  "DECODE_AND_MERGE_SLASHES",
];

function rank(configs: RevisionConfig): number {
  const value = valueOf(configs, "pathNormalization");
  const named = isRecord(value) ? value["normalization"] : undefined;
  return Math.max(
    0,
    NORMALIZATIONS.indexOf(named === undefined || named === "DEFAULT" ? "BASE" : named),
  );
}
