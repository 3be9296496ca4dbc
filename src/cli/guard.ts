import { parseArgs } from "node:util";
import { Document } from "yaml";
import type { Directory } from "#src/domain/directory.ts";
import type { Config } from "#src/config/config.ts";
import { givenVariables } from "#src/config/environment.ts";
import { GUARDED_KINDS, wouldRefuse } from "#src/domain/guard/would-refuse.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { errorText, isAdapterError } from "#src/ports/errors.ts";
import { connections } from "#src/wiring/clouds.ts";
import { compileGuard, type Guard } from "#src/domain/guard/guard.ts";
import { type Made, printFrom } from "./print-from.ts";
import { isIdentity } from "./rbac/identity.ts";

const USAGE =
  "usage: sallyport guard TEAM --worker IDENTITY [--exempt IDENTITY]… [--cluster NAME] | kubectl apply -f -\n" +
  "       sallyport guard TEAM --existing [--cluster NAME]\n";

/** What each part is for, above it. */
const REASONS: Readonly<Record<keyof Guard, string>> = {
  wayOut: ` The way out of the namespace: DNS, istiod, the egress gateway, and the namespace itself. NetworkPolicies add up: what the
 team's pods need beside that gets a policy of its own.`,
  egressObjects: ` Who writes the objects that lead traffic: the worker of Sallyport, and whom --exempt names. The garbage collector and
 the namespace controller finish deletions, which are not matched.`,
  pods: ` Pods have their sidecar and stay in their own network: NetworkPolicies do not hold for pods in the node's network, nor for
 those with a static egress gateway. Probes of Sallyport may be without a sidecar, to see that nothing gets out.`,
};

interface Place {
  readonly team: string;
  readonly cluster: string | undefined;
}

interface Options extends Place {
  /** Nothing where what is there is looked through. */
  readonly admitted: readonly string[] | undefined;
}

/**
 * `guard`: prints what takes the grants of a team from advisory to enforced in a cluster, to be applied by an
 * administrator; again whenever the team's namespaces or gateways change. With `--existing` it names what is there that
 * these would refuse, by the connection of the configuration, and changes nothing.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  return printFrom((config) => {
    const place = placeOf(config.directory, options);
    if ("problem" in place) return place;
    return options.admitted === undefined
      ? existing(config, place)
      : printed(config.directory, { ...place, admitted: options.admitted });
  });
}

interface Found {
  readonly team: string;
  readonly cluster: string;
  readonly namespaces: readonly string[];
}

function placeOf(
  directory: Directory,
  { team: name, cluster: chosen }: Place,
): Found | { readonly problem: string } {
  const team = directory.teams.find((each) => each.name === name);
  if (team === undefined)
    return { problem: `no team ${name}; there are ${namesOf(directory.teams)}` };
  const clusters = [...new Set(team.placements.map(({ cluster }) => cluster))];
  const cluster = chosen ?? (clusters.length === 1 ? clusters[0] : undefined);
  if (cluster === undefined || !clusters.includes(cluster))
    return { problem: `which cluster? ${name} lives in ${clusters.join(", ")}` };
  const namespaces = team.placements.flatMap((each) =>
    each.cluster === cluster ? [each.namespace] : [],
  );
  return { team: name, cluster, namespaces };
}

/** What is there that the guard would refuse, one in a line. */
async function existing(config: Config, { team, cluster, namespaces }: Found): Promise<Made> {
  const objects: KubernetesObject[] = [];
  try {
    const mesh = await connections(config, givenVariables(process.env)).meshOf(cluster);
    for (const kind of GUARDED_KINDS)
      for (const namespace of new Set(namespaces))
        objects.push(...(await mesh.list(kind, { namespace })));
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return {
      problem: `cluster ${cluster} was not looked through: ${errorText(error)}; run it with the worker's environment, and see \`npx sallyport doctor\``,
    };
  }
  const found = wouldRefuse(objects, namespaces);
  const lines = found.map(({ object, why }) => `${object}: ${why}`);
  const what =
    found.length === 0
      ? `Nothing that was looked at in ${team}'s namespaces of ${cluster} would be refused.`
      : `The guard would refuse ${found.length} of what is in ${team}'s namespaces of ${cluster}, once it is changed or started again:`;
  return [what, ...lines, NOT_LOOKED_AT].map((line) => `${line}\n`).join("");
}

const NOT_LOOKED_AT =
  "Not looked at: WorkloadEntries and WorkloadGroups, templates whose pods do not run now, and where pods connect to beside their gateway, which no object says.";

function printed(
  directory: Directory,
  { team: name, cluster, namespaces, admitted }: Found & { readonly admitted: readonly string[] },
): Made {
  const own = admitted.find((identity) =>
    namespaces.some((namespace) => identity.startsWith(`system:serviceaccount:${namespace}:`)),
  );
  if (own !== undefined)
    return { problem: `${own} is ${name}'s own: whoever starts a pod there could write anything` };
  const guard = compileGuard({ directory, team: name, cluster, admitted });
  return guard === undefined
    ? { problem: `${name} has no namespace in ${cluster}` }
    : yamlOf(guard);
}

function yamlOf(guard: Guard): string {
  const parts = ["wayOut", "egressObjects", "pods"] as const;
  const documents = parts.flatMap((part) =>
    guard[part].map((object, index) => {
      const document = new Document(object);
      if (index === 0) document.commentBefore = REASONS[part];
      return document.toString({ lineWidth: 0 });
    }),
  );
  return documents.join("---\n");
}

function namesOf(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => name).join(", ");
}

function readOptions(args: readonly string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        worker: { type: "string" },
        existing: { type: "boolean", default: false },
        exempt: { type: "string", multiple: true, default: [] },
        cluster: { type: "string" },
      },
    });
    const { worker, exempt, cluster, existing: looks } = values;
    const [team] = positionals;
    if (team === undefined || positionals.length !== 1) return undefined;
    const admitted = [...(worker === undefined ? [] : [worker]), ...exempt];
    if (looks) return admitted.length === 0 ? { team, cluster, admitted: undefined } : undefined;
    return worker !== undefined && admitted.every(isIdentity)
      ? { team, cluster, admitted }
      : undefined;
  } catch {
    return undefined;
  }
}
