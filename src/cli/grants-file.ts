import { parse } from "yaml";
import { z } from "zod";
import { type GatewayFacts, type Grant, MODES } from "#src/domain/grant.ts";
import { parseHost } from "#src/domain/host.ts";
import { isRefusal } from "#src/domain/outcome.ts";

const Gateway = z.strictObject({
  cluster: z.string(),
  name: z.string(),
  namespace: z.string(),
  serviceHost: z.string(),
  selector: z.record(z.string(), z.string()),
  serviceAccount: z.string(),
  trustDomain: z.string(),
});

const LATER = "comes in a later version";

const FileGrant = z.strictObject({
  id: z.string().regex(/^EG-[0-9A-Z]{5}(\.\d{1,2})?$/, "must be an id like EG-7QK4M"),
  cluster: z.string(),
  gateway: z.string().regex(/^[^/]+\/[^/]+$/, "must be namespace/name of a gateway"),
  namespace: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label"),
  serviceAccounts: z
    .array(z.string())
    .min(1, "must name an account, or be left out for the whole namespace")
    .optional(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
  mode: z.enum(["tls", "http", "tcp", "originate"]),
  via: z.string().optional(),
  paths: z.array(z.string()).optional(),
  methods: z.array(z.string()).optional(),
});
type FileGrant = z.infer<typeof FileGrant>;

const File = z.strictObject({ gateways: z.array(Gateway), grants: z.array(FileGrant) });

/** What `compile` needs, or every problem of the file, each with its path. */
export type GrantsFile =
  | { readonly problems: readonly string[] }
  | { readonly gateways: readonly GatewayFacts[]; readonly grants: readonly Grant[] };

/** `cluster`: only this one's; needed where the file has several. */
export function parseGrantsFile(text: string, cluster: string | undefined): GrantsFile {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    return { problems: [`not YAML: ${Error.isError(error) ? error.message : String(error)}`] };
  }
  const parsed = File.safeParse(raw);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    };
  }
  const { gateways, grants } = parsed.data;
  const clusters = [...new Set(gateways.map((gateway) => gateway.cluster))];
  const chosen = cluster ?? (clusters.length === 1 ? clusters[0] : undefined);
  const problems = [
    ...(chosen === undefined
      ? [`the file has the clusters ${clusters.join(", ")}: choose one with --cluster`]
      : []),
    ...(chosen !== undefined && !clusters.includes(chosen)
      ? [`there is no cluster ${chosen} in the file`]
      : []),
    ...grants.flatMap((grant, index) => grantProblems(grant, { index, gateways, grants })),
  ];
  if (problems.length > 0) return { problems };
  return {
    gateways: gateways.filter((gateway) => gateway.cluster === chosen).map(toFacts),
    grants: grants.filter((grant) => grant.cluster === chosen).flatMap(toGrant),
  };
}

function grantProblems(
  grant: FileGrant,
  file: {
    readonly index: number;
    readonly gateways: readonly z.infer<typeof Gateway>[];
    readonly grants: readonly FileGrant[];
  },
): readonly string[] {
  const path = `grants.${file.index}`;
  const known = file.gateways.some(
    (gateway) =>
      gateway.cluster === grant.cluster && `${gateway.namespace}/${gateway.name}` === grant.gateway,
  );
  const host = grant.host.includes("*") ? undefined : parseHost(grant.host, { clusterDomains: [] });
  return [
    ...(known
      ? []
      : [
          `${path}.gateway: ${grant.gateway} is not a gateway of cluster ${grant.cluster} in the file`,
        ]),
    ...(file.grants.findIndex(({ id }) => id === grant.id) === file.index
      ? []
      : [`${path}.id: ${grant.id} appears more than once`]),
    ...(MODES.some((mode) => mode === grant.mode) ? [] : [`${path}.mode: ${grant.mode} ${LATER}`]),
    ...(grant.via === undefined ? [] : [`${path}.via: ${LATER}`]),
    ...(grant.paths === undefined ? [] : [`${path}.paths: ${LATER}`]),
    ...(grant.methods === undefined ? [] : [`${path}.methods: ${LATER}`]),
    ...(grant.host.includes("*") ? [`${path}.host: a wildcard ${LATER}`] : []),
    ...(isRefusal(host) ? [`${path}.host: ${grant.host}: ${host.why}`] : []),
  ];
}

function toFacts({ cluster: _, name, namespace, ...facts }: z.infer<typeof Gateway>): GatewayFacts {
  return { ref: { namespace, name }, ...facts };
}

function toGrant(grant: FileGrant): readonly Grant[] {
  const [namespace = "", name = ""] = grant.gateway.split("/");
  const mode = MODES.find((candidate) => candidate === grant.mode);
  if (mode === undefined) return [];
  return [
    {
      id: grant.id,
      cluster: grant.cluster,
      team: grant.namespace,
      gateway: { namespace, name },
      scope: {
        namespace: grant.namespace,
        serviceAccounts: [...new Set(grant.serviceAccounts)].toSorted(),
      },
      destination: { host: grant.host.toLowerCase(), port: grant.port, mode },
      durationMs: undefined,
      latestEnd: Number.MAX_SAFE_INTEGER,
    },
  ];
}
