import type { Directory } from "../directory.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { egressObjectsGuard } from "./egress-objects.ts";
import { podsGuard } from "./pods.ts";
import { wayOut } from "./way-out.ts";

/** What makes grants of a team enforced in a cluster, for an administrator to apply. */
export interface Guard {
  /** One for each of the team's namespaces. */
  readonly wayOut: readonly KubernetesObject[];
  readonly egressObjects: readonly KubernetesObject[];
  readonly pods: readonly KubernetesObject[];
}

/** Pure; undefined where the team has no namespace in the cluster. */
export function compileGuard(wanted: {
  readonly directory: Directory;
  readonly team: string;
  readonly cluster: string;
  /** Who may write egress objects: the worker, and whom an administrator exempts. */
  readonly admitted: readonly string[];
}): Guard | undefined {
  const { directory, team, cluster, admitted } = wanted;
  const placements = directory.teams
    .flatMap(({ name, placements: all }) => all.map((each) => ({ ...each, team: name })))
    .filter((each) => each.cluster === cluster);
  const namespaces = unique(
    placements.filter((each) => each.team === team).map(({ namespace }) => namespace),
  );
  if (namespaces.length === 0) return undefined;
  return {
    wayOut: namespaces.map((namespace) => {
      // Another team may have accounts in it, and another gateway.
      const here = placements.filter((each) => each.namespace === namespace);
      return wayOut(namespace, unique(here.map(({ gateway }) => gateway.split("/")[0] ?? "")));
    }),
    egressObjects: egressObjectsGuard({ team, namespaces, admitted }),
    pods: podsGuard({ team, namespaces, admitted }),
  };
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
