import type { GroupMembers } from "#src/domain/approval/entitlement.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Identity } from "#src/ports/chat/identity.ts";

export interface LookedUp {
  /** Those that answered. */
  readonly groups: readonly GroupMembers[];
  /** Why another did not: a "no" that rests on these groups alone is then none. */
  readonly failure: RetryableError | undefined;
}

/** The members of each group, now. One group that is gone from Slack must not keep the members of another from closing. */
export async function lookUpGroups(
  identity: Pick<Identity, "members">,
  groups: readonly string[],
): Promise<LookedUp> {
  const found: GroupMembers[] = [];
  let failure: RetryableError | undefined;
  for (const group of groups) {
    try {
      found.push({ group, ...(await identity.members(group)) });
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      failure = error;
    }
  }
  return { groups: found, failure };
}
