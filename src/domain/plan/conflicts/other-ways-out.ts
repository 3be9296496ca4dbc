import type { Grant } from "../../grant.ts";
import { someOf } from "../../some-of.ts";
import { waysOut, wayText } from "../ways-out/ways-out.ts";
import type { ConflictInput } from "./conflict.ts";

const MOST_NAMED = 5;

/** What lets the namespace out already and needs no grant: the answer can say no more than advisory then. */
export function otherWaysOut(
  grant: Grant,
  { observed, instance }: ConflictInput,
): readonly string[] {
  const { namespace } = grant.scope;
  const ways = waysOut({ namespace, instance, defaults: observed.exportDefaults, ...observed });
  if (ways.length === 0) return [];
  const named = someOf(ways.map(wayText), MOST_NAMED);
  return [
    `namespace ${namespace} has other ways out, which need no grant and stay after a revoke: ${named}`,
  ];
}
