import { stringify } from "yaml";
import { rightsOf } from "#src/cli/rbac/rights.ts";
import { parseConfig } from "#src/config/config.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";

/** What `sallyport rbac` prints for the first cluster of a configuration file, as objects. */
export function printedRights(file: object, worker: string): readonly KubernetesObject[] {
  const config = parseConfig(stringify(file), "sallyport.yaml");
  const [cluster] = config.directory.clusters;
  if (cluster === undefined) throw new Error("a configuration without clusters");
  return rightsOf({ config, cluster, worker }).map(
    (document) => document.toJS() as KubernetesObject,
  );
}
