import { parseDocument } from "yaml";
import { z } from "zod";
import type { Cluster } from "#src/domain/directory.ts";
import type { RevisionConfig } from "#src/domain/evidence/log/log-provider.ts";
import { isRecord } from "#src/domain/json.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { ROOT_NAMESPACE } from "#src/domain/kubernetes/needed-pods.ts";
import { LabelSelector } from "#src/domain/kubernetes/label-selector.ts";
import { defaultConfigOf } from "#src/domain/plan/dns-capture.ts";
import type { Discovery } from "#src/domain/plan/others/discovery.ts";
import type { ExportDefaults } from "#src/domain/plan/ways-out/mesh-fields.ts";
import {
  type MeshMode,
  modeInConfig,
  modeOfRevisions,
} from "#src/domain/plan/ways-out/outbound-policy.ts";
import type { Revision } from "#src/domain/upgrades/compare-revisions.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";

/**
 * What the add-on's own and the users' shared mesh configuration say; a user's value stands unless the add-on sets it.
 */
export async function observeMeshMode(mesh: Pick<Mesh, "list">): Promise<MeshMode> {
  return modeOfRevisions((await meshRevisions(mesh)).map(modeInConfig));
}

/**
 * To whom ServiceEntries and VirtualServices without `exportTo` are shown; of several revisions to all that any of them
 * shows them to. What cannot be read is taken for Istio's own default: everybody.
 */
export function exportDefaultsOf(revisions: readonly RevisionConfig[]): ExportDefaults {
  function shownTo(name: string): readonly string[] {
    const targets = revisions.flatMap((configs) => firstList(configs, name) ?? ["*"]);
    return targets.length === 0 ? ["*"] : [...new Set(targets)].toSorted();
  }
  return {
    serviceEntries: shownTo("defaultServiceExportTo"),
    virtualServices: shownTo("defaultVirtualServiceExportTo"),
  };
}

function firstList(
  configs: readonly (MeshConfig | undefined)[],
  name: string,
): readonly string[] | undefined {
  if (configs.includes(undefined)) return undefined;
  const value = configs.find((config) => config?.[name] !== undefined)?.[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : undefined;
}

export async function observeExportDefaults(mesh: Pick<Mesh, "list">): Promise<ExportDefaults> {
  return exportDefaultsOf(await meshRevisions(mesh));
}

/** `unknown` where the configuration of some revision cannot be read. */
export function discoveryOf(revisions: readonly RevisionConfig[]): Discovery | "unknown" {
  const read = revisions.map((configs) =>
    configs.includes(undefined)
      ? undefined
      : Selectors.safeParse(
          configs.find((config) => config?.[SELECTORS] !== undefined)?.[SELECTORS] ?? [],
        ).data,
  );
  const known = read.filter((selectors) => selectors !== undefined);
  return known.length < read.length ? "unknown" : known;
}

export async function observeDiscovery(mesh: Pick<Mesh, "list">): Promise<Discovery | "unknown"> {
  return discoveryOf(await meshRevisions(mesh));
}

const SELECTORS = "discoverySelectors";
const Selectors = z.array(LabelSelector);

/** What proxies of each revision are configured with where nothing says otherwise. */
export async function observeProxyDefaults(
  mesh: Pick<Mesh, "list">,
): Promise<readonly (MeshConfig | undefined)[]> {
  return (await meshRevisions(mesh)).map((configs) =>
    configs.includes(undefined) ? undefined : defaultConfigOf(configs),
  );
}

/** Undefined where a map that may set it is not readable: the control plane keeps what it read before. */
export async function trustDomain(mesh: Mesh, cluster: Cluster): Promise<string | undefined> {
  for (const config of (await meshRevisions(mesh)).flat()) {
    if (config === undefined) return undefined;
    if (typeof config["trustDomain"] === "string") return config["trustDomain"];
  }
  return cluster.domain;
}

type MeshConfig = Readonly<Record<string, unknown>>;

export async function meshRevisions(mesh: Pick<Mesh, "list">): Promise<readonly RevisionConfig[]> {
  return (await namedRevisions(mesh)).map(({ configs }) => configs);
}

/**
 * Of each revision, `istio-<revision>` first (managed values win on conflict), then `istio-shared-configmap-<revision>`;
 * undefined for one that is no YAML: people edit the shared one.
 */
export async function namedRevisions(mesh: Pick<Mesh, "list">): Promise<readonly Revision[]> {
  const maps = await mesh.list("ConfigMap", { namespace: ROOT_NAMESPACE });
  const managed = configsOf(maps, "istio-");
  const shared = configsOf(maps, "istio-shared-configmap-");
  // A shared map may be there before its revision is: it counts only where nothing is known of any revision.
  if (managed.size === 0)
    return [...shared].map(([revision, config]) => ({ revision, configs: [config] }));
  return [...managed].map(([revision, config]) => ({
    revision,
    configs: shared.has(revision) ? [config, shared.get(revision)] : [config],
  }));
}

/** By revision. */
function configsOf(
  maps: readonly KubernetesObject[],
  prefix: string,
): ReadonlyMap<string, MeshConfig | undefined> {
  return new Map(
    maps
      .filter(({ metadata }) => metadata.name.startsWith(`${prefix}asm-`))
      .map(({ metadata, data }) => [
        metadata.name.slice(prefix.length),
        readConfig(data?.["mesh"]),
      ]),
  );
}

/** Undefined where it is no YAML. */
export function readConfig(text = ""): MeshConfig | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const config: unknown = document.toJS();
  return isRecord(config) ? config : {};
}
