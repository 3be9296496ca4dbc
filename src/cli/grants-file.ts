import { parse } from "yaml";
import type { z } from "zod";
import { type Destination, type GatewayFacts, type Grant, gatewayKey } from "#src/domain/grant.ts";
import { parseHostOrWildcard } from "#src/domain/network/host.ts";
import { withTerms } from "#src/domain/network/terms.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { File, FileGrant, type FileGateway, Gateway } from "./grants-file-shapes.ts";

/** What `compile` needs, or every problem of the file, each with its path. */
export type GrantsFile =
  | { readonly problems: readonly string[] }
  | { readonly gateways: readonly GatewayFacts[]; readonly grants: readonly Grant[] };

/** `cluster`: only this one's; needed where the file has several. The whole file is checked all the same. */
export function parseGrantsFile(text: string, cluster: string | undefined): GrantsFile {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    return { problems: [`not YAML: ${Error.isError(error) ? error.message : String(error)}`] };
  }
  const file = File.safeParse(raw);
  if (!file.success) return { problems: issuesOf("", file.error) };
  const gateways = entries("gateways", file.data.gateways, Gateway);
  const grants = entries("grants", file.data.grants, FileGrant);
  const known = gateways.valid.map(({ value }) => value);
  const clusters = [...new Set(known.map((gateway) => gateway.cluster))];
  const chosen = cluster ?? (clusters.length === 1 ? clusters[0] : undefined);
  const checked = checkGrants(grants.valid, known);
  const problems = [
    ...gateways.problems,
    ...duplicates(gateways.valid, (gateway) => `${gateway.cluster} ${gatewayKey(gateway)}`),
    ...(gateways.problems.length > 0 ? [] : clusterProblems(clusters, chosen)),
    ...grants.problems,
    ...duplicates(grants.valid, ({ id }) => id),
    ...checked.problems,
  ];
  if (problems.length > 0) return { problems };
  return {
    gateways: known.filter((gateway) => gateway.cluster === chosen).map(toFacts),
    grants: checked.grants.filter((grant) => grant.cluster === chosen),
  };
}

interface Entry<Value> {
  readonly path: string;
  readonly value: Value;
}

/** Each entry by itself: a slip in one hides nothing that is wrong with another. */
function entries<Value>(
  list: string,
  raw: readonly unknown[],
  shape: z.ZodType<Value>,
): { readonly valid: readonly Entry<Value>[]; readonly problems: readonly string[] } {
  const valid: Entry<Value>[] = [];
  const problems: string[] = [];
  for (const [index, entry] of raw.entries()) {
    const path = `${list}.${index}`;
    const parsed = shape.safeParse(entry);
    if (parsed.success) valid.push({ path, value: parsed.data });
    else problems.push(...issuesOf(path, parsed.error));
  }
  return { valid, problems };
}

function issuesOf(at: string, { issues }: z.ZodError): readonly string[] {
  return issues.map(({ path, message }) => {
    const where = [at, ...path].filter((part) => part !== "").join(".");
    return where === "" ? `the file: ${message}` : `${where}: ${message}`;
  });
}

function duplicates<Value>(
  list: readonly Entry<Value>[],
  keyOf: (value: Value) => string,
): readonly string[] {
  const first = new Map<string, string>();
  return list.flatMap(({ path, value }) => {
    const key = keyOf(value);
    const before = first.get(key);
    if (before === undefined) first.set(key, path);
    return before === undefined ? [] : [`${path}: ${key} is there already, as ${before}`];
  });
}

function clusterProblems(
  clusters: readonly string[],
  chosen: string | undefined,
): readonly string[] {
  if (chosen !== undefined && clusters.includes(chosen)) return [];
  if (clusters.length === 0) return ["gateways: there is none"];
  return chosen === undefined
    ? [`the file has the clusters ${clusters.join(", ")}: choose one with --cluster`]
    : [`there is no cluster ${chosen} in the file, only ${clusters.join(", ")}`];
}

/** Grants one by one, each held against those before it as a request would be. */
function checkGrants(
  list: readonly Entry<FileGrant>[],
  gateways: readonly FileGateway[],
): { readonly grants: readonly Grant[]; readonly problems: readonly string[] } {
  const grants: Grant[] = [];
  const problems: string[] = [];
  for (const { path, value } of list) {
    const here = gateways.filter(({ cluster }) => cluster === value.cluster);
    const found = fieldProblems(value, here);
    const grant = toGrant(value, here);
    const conflicts = grant === undefined ? [] : conflictsOf(grant, grants);
    problems.push(...[...found, ...conflicts].map((problem) => `${path}${problem}`));
    if (grant !== undefined) grants.push(grant);
  }
  return { grants, problems };
}

function fieldProblems(grant: FileGrant, gateways: readonly FileGateway[]): readonly string[] {
  const { cluster, gateway, namespace } = grant;
  const destination = destinationOf(grant, gateways);
  const problems: readonly (readonly [wrong: boolean, problem: string])[] = [
    [
      !gateways.some((known) => gatewayKey(known) === gateway),
      `.gateway: ${gateway} is not a gateway of cluster ${cluster} in the file`,
    ],
    [
      gateways.some((known) => known.namespace === namespace),
      `.namespace: ${namespace} belongs to a gateway; teams cannot live in it`,
    ],
  ];
  return [
    ...problems.filter(([wrong]) => wrong).map(([, problem]) => problem),
    ...("problem" in destination ? [destination.problem] : []),
  ];
}

/** What was typed is shown where it may be long or somebody's secret only in part. */
function destinationOf(
  { host: typed, port, mode, ...terms }: FileGrant,
  gateways: readonly FileGateway[],
): Destination | { readonly problem: string } {
  const clusterDomains = gateways.flatMap(({ serviceHost }) => serviceHost.split(".svc.").slice(1));
  const host = parseHostOrWildcard(typed, { clusterDomains });
  if (isRefusal(host)) return { problem: `.host: ${typed.slice(0, 80)}: ${host.why}` };
  const { via, paths, methods } = terms;
  const found = withTerms(
    { host: host.host, port, mode },
    {
      ...(via === undefined ? {} : { via }),
      ...(paths === undefined ? {} : { paths }),
      ...(methods === undefined ? {} : { methods }),
    },
    { clusterDomains },
  );
  return isRefusal(found) ? { problem: `: ${found.why}` } : found;
}

function conflictsOf(grant: Grant, live: readonly Grant[]): readonly string[] {
  const { refusals } = findConflicts({
    grants: [grant],
    live: live.filter(({ cluster }) => cluster === grant.cluster),
    observed: { objects: [], sidecars: [], exportDefaults: SHOWN_TO_ALL },
    gateways: [],
    namespaces: [],
    instance: "",
  });
  return refusals.map(({ why }) => `: ${why}`);
}

function toFacts({ cluster: _, name, namespace, ...facts }: FileGateway): GatewayFacts {
  return { ref: { namespace, name }, ...facts };
}

/** Undefined where the destination is none. The file says nothing of teams and times. */
function toGrant(grant: FileGrant, gateways: readonly FileGateway[]): Grant | undefined {
  const [namespace = "", name = ""] = grant.gateway.split("/");
  const destination = destinationOf(grant, gateways);
  if ("problem" in destination) return undefined;
  return {
    id: grant.id,
    cluster: grant.cluster,
    team: "",
    gateway: { namespace, name },
    scope: {
      namespace: grant.namespace,
      serviceAccounts: [...new Set(grant.serviceAccounts)].toSorted(),
    },
    destination,
    durationMs: undefined,
    latestEnd: Number.MAX_SAFE_INTEGER,
  };
}
