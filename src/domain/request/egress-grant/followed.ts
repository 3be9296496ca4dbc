import type { ClosedGrant, OpenGrant } from "./judge-egress-grant.ts";
import { givesTheSame } from "./moves.ts";

interface Grants {
  readonly open: readonly OpenGrant[];
  readonly closed: readonly ClosedGrant[];
}

/**
 * Grants that go on by another one end when that was seen to work, and never before: both give the same, so traffic does
 * not pause. One that moves another to a new gateway ends with it, as long as it was not seen to work: what somebody
 * revoked does not go on elsewhere. Who follows whom is part of what was approved. Pure.
 */
export function withFollowed({ open, closed }: Grants): Grants {
  const following = open.filter(({ follows }) => follows !== undefined);
  // Nearly always: then no two grants are compared.
  if (following.length === 0) return { open, closed };
  const ended = new Map<OpenGrant, ClosedGrant>([
    ...fallen(following, closed),
    ...followed(open, following.filter(hasWorked)),
  ]);
  return {
    open: open.filter((each) => !ended.has(each)),
    closed: [...closed, ...ended.values()],
  };
}

function followed(
  open: readonly OpenGrant[],
  following: readonly OpenGrant[],
): readonly (readonly [OpenGrant, ClosedGrant])[] {
  const successors = Map.groupBy(following, (each) => each.follows);
  return open.flatMap((grant) => {
    const successor = successors
      .get(grant.requestId)
      ?.find((each) => each !== grant && givesTheSame(each, grant));
    if (successor === undefined) return [];
    const at = successor.activation?.payload.at ?? 0;
    return [[grant, closedBy(grant, { cause: "superseded", at })] as const];
  });
}

function fallen(
  following: readonly OpenGrant[],
  closed: readonly ClosedGrant[],
): readonly (readonly [OpenGrant, ClosedGrant])[] {
  const moving = following.filter(
    (each) => each.takesOverAfterMs !== undefined && !hasWorked(each),
  );
  if (moving.length === 0) return [];
  const before = Map.groupBy(closed, ({ requestId }) => requestId);
  return moving.flatMap((each) => {
    const over = before
      .get(each.follows ?? "")
      ?.find((one) => one.cause !== "superseded" && givesTheSame(one, each));
    return over === undefined ? [] : [[each, closedBy(each, over)] as const];
  });
}

/** The clock of several grants runs once one of them works, and says nothing of another. */
function hasWorked({ activation, proof, grant, requestId }: OpenGrant): boolean {
  if (activation === undefined) return false;
  return grant.id === requestId || proof?.wasProven === true;
}

function closedBy(
  { activation: _, endsAt: __, wasApplied: ___, proof: ____, ...grant }: OpenGrant,
  { cause, at }: Pick<ClosedGrant, "cause" | "at">,
): ClosedGrant {
  return {
    ...grant,
    cause,
    at,
    recorded: false,
    lasting: false,
    answered: {},
    removal: undefined,
  };
}
