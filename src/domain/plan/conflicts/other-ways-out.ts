import type { Grant } from "../../grant.ts";
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
  const more = ways.length - MOST_NAMED;
  const named = ways.slice(0, MOST_NAMED).map(wayText).join("; ");
  return [
    `namespace ${namespace} has other ways out, which need no grant and stay after a revoke: ${named}${more > 0 ? `; and ${more} more` : ""}`,
  ];
}
