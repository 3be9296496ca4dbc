import { type Directory, namespacesIn } from "../../directory.ts";
import { type Refusal, refuse } from "../../outcome.ts";

/** A namespace is closed where the worker may write: where a team of the configuration has it. */
export function unknownNamespace(
  directory: Pick<Directory, "teams">,
  {
    cluster,
    namespace,
    what,
  }: { readonly cluster: string; readonly namespace: string; readonly what: string },
): Refusal | undefined {
  const known = namespacesIn(directory, cluster);
  if (known.includes(namespace)) return undefined;
  return refuse("UnknownNamespace", {
    what,
    why: `no team of cluster ${cluster} has namespace ${namespace}, and Sallyport writes in namespaces of teams alone`,
    fix: known.length === 0 ? "none is configured there" : `name one of ${known.join(", ")}`,
  });
}
