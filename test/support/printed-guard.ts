import { parseAllDocuments } from "yaml";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { sallyport } from "#test/integration/cli/run-sallyport.ts";

/** What `sallyport guard` prints, as objects. */
export async function printedGuard(
  args: readonly string[],
  configPath: string,
): Promise<readonly KubernetesObject[]> {
  const ran = await sallyport(["guard", ...args], { SALLYPORT_CONFIG: configPath });
  if (ran.code !== 0) throw new Error(ran.stderr);
  return parseAllDocuments(ran.stdout.join("\n")).map(
    (document) => document.toJS() as KubernetesObject,
  );
}
