import { parseArgs } from "node:util";
import { printFrom } from "./print-from.ts";
import { isIdentity } from "./rbac/identity.ts";
import { rightsOf } from "./rbac/rights.ts";

const USAGE = "usage: sallyport rbac --worker IDENTITY [--cluster NAME] | kubectl apply -f -\n";

/**
 * `rbac`: prints what the worker may do in a cluster of the configuration, and the policies that keep it to that, to be
 * applied by an administrator; again whenever teams, gateways or the version of Sallyport change.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { worker, cluster: name } = options;
  return printFrom((config) => {
    const { clusters } = config.directory;
    const cluster = clusters.find((each) => each.name === (name ?? clusters[0]?.name));
    if (cluster === undefined || (name === undefined && clusters.length > 1)) {
      const names = clusters.map((each) => each.name).join(", ");
      return { problem: `which cluster? --cluster is one of ${names}` };
    }
    const documents = rightsOf({ config, cluster, worker });
    // A document that stood after another one begins with a marker of its own.
    const texts = documents.map((each) => each.toString({ lineWidth: 0 }).replace(/^---\n/, ""));
    return texts.join("---\n");
  });
}

function readOptions(
  args: readonly string[],
): { readonly worker: string; readonly cluster: string | undefined } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { worker: { type: "string" }, cluster: { type: "string" } },
    });
    const { worker, cluster } = values;
    return worker !== undefined && isIdentity(worker) ? { worker, cluster } : undefined;
  } catch {
    return undefined;
  }
}
