import { parseArgs } from "node:util";
import { Document } from "yaml";
import type { Directory } from "#src/domain/directory.ts";
import { compileGuard, type Guard } from "#src/domain/guard/guard.ts";
import { printFrom } from "./print-from.ts";
import { isIdentity } from "./rbac/identity.ts";

const USAGE =
  "usage: sallyport guard TEAM --worker IDENTITY [--exempt IDENTITY]… [--cluster NAME] | kubectl apply -f -\n";

/** What each part is for, above it. */
const REASONS: Readonly<Record<keyof Guard, string>> = {
  wayOut: ` The way out of the namespace: DNS, istiod, the egress gateway, and the namespace itself. NetworkPolicies add up: what the
 team's pods need beside that gets a policy of its own.`,
  egressObjects: ` Who writes the objects that lead traffic: the worker of Sallyport, and whom --exempt names. The garbage collector and
 the namespace controller finish deletions, which are not matched.`,
  pods: ` Pods have their sidecar and stay in their own network: NetworkPolicies do not hold for pods in the node's network, nor for
 those with a static egress gateway. Probes of Sallyport may be without a sidecar, to see that nothing gets out.`,
};

interface Options {
  readonly team: string;
  readonly worker: string;
  readonly exempt: readonly string[];
  readonly cluster: string | undefined;
}

/**
 * `guard`: prints what takes the grants of a team from advisory to enforced in a cluster, to be applied by an
 * administrator; again whenever the team's namespaces or gateways change.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  return printFrom(({ directory }) => printed(directory, options));
}

function printed(
  directory: Directory,
  { team: name, worker, exempt, cluster: chosen }: Options,
): string | { readonly problem: string } {
  const team = directory.teams.find((each) => each.name === name);
  if (team === undefined)
    return { problem: `no team ${name}; there are ${namesOf(directory.teams)}` };
  const clusters = [...new Set(team.placements.map(({ cluster }) => cluster))];
  const cluster = chosen ?? (clusters.length === 1 ? clusters[0] : undefined);
  if (cluster === undefined || !clusters.includes(cluster))
    return { problem: `which cluster? ${name} lives in ${clusters.join(", ")}` };
  const admitted = [worker, ...exempt];
  const namespaces = team.placements.flatMap((each) =>
    each.cluster === cluster ? [each.namespace] : [],
  );
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
        exempt: { type: "string", multiple: true, default: [] },
        cluster: { type: "string" },
      },
    });
    const { worker, exempt, cluster } = values;
    const [team] = positionals;
    const isWhole = team !== undefined && positionals.length === 1 && worker !== undefined;
    return isWhole && [worker, ...exempt].every(isIdentity)
      ? { team, worker, exempt, cluster }
      : undefined;
  } catch {
    return undefined;
  }
}
