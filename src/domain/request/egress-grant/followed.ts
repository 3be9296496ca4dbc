import { isOfSameDoor } from "./amended.ts";
import type { ClosedGrant, OpenGrant } from "./judge-egress-grant.ts";
import type { Grant } from "../../grant.ts";
import type { Asked } from "../request.ts";
import { givesTheSame } from "./moves.ts";

interface Grants {
  readonly open: readonly OpenGrant[];
  readonly closed: readonly ClosedGrant[];
}

/**
 * Grants that go on by another one end when that was seen to work, and never before: both give the same, so traffic does
 * not pause, but for what an amended one is meant not to give any more. One that moves or amends another ends with it, as
 * long as it was not seen to work: what somebody revoked does not go on elsewhere, or otherwise. Who follows whom, and
 * whether it amends it, is part of what was approved. Pure.
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

/**
 * What the grants that a request would follow have still to take the place of, where that gives something else: were these
 * followed first, nothing would ever end it. The id of that request.
 */
export function stillBefore(
  { follows, amends }: Pick<Asked, "follows" | "amends">,
  open: readonly OpenGrant[],
): string | undefined {
  if (follows === undefined) return undefined;
  return open.find(
    (each) =>
      each.requestId === follows &&
      (each.amends || amends === true) &&
      !hasWorked(each) &&
      open.some(({ requestId }) => requestId === each.follows),
  )?.follows;
}

/** Another open grant that follows what one would, at the same door, where one of them gives something else. Its id. */
export function alsoFollowing(
  { follows, amends }: Pick<Asked, "follows" | "amends">,
  grants: readonly Grant[],
  open: readonly OpenGrant[],
): string | undefined {
  if (follows === undefined) return undefined;
  return open.find(
    (each) =>
      each.follows === follows &&
      (each.amends || amends === true) &&
      grants.some((grant) => isOfSameDoor(grant, each.grant)),
  )?.grant.id;
}

function followed(
  open: readonly OpenGrant[],
  following: readonly OpenGrant[],
): readonly (readonly [OpenGrant, ClosedGrant])[] {
  const successors = Map.groupBy(following, (each) => each.follows);
  return open.flatMap((grant) => {
    const successor = successors
      .get(grant.requestId)
      ?.find((each) => each !== grant && takesThePlaceOf(each, grant));
    if (successor === undefined) return [];
    const at = successor.activation?.payload.at ?? 0;
    return [[grant, closedBy(grant, { cause: "superseded", at })] as const];
  });
}

function fallen(
  following: readonly OpenGrant[],
  closed: readonly ClosedGrant[],
): readonly (readonly [OpenGrant, ClosedGrant])[] {
  const waiting = following.filter(
    (each) => (each.takesOverAfterMs !== undefined || each.amends) && !hasWorked(each),
  );
  if (waiting.length === 0) return [];
  const before = Map.groupBy(closed, ({ requestId }) => requestId);
  return waiting.flatMap((each) => {
    const over = before
      .get(each.follows ?? "")
      ?.find((one) => takesWithIt(one, each) && takesThePlaceOf(each, one));
    return over === undefined ? [] : [[each, closedBy(each, over)] as const];
  });
}

/** A renewal and a move give the same; what amends gives otherwise, and its door is the same. */
function takesThePlaceOf(successor: OpenGrant, before: Pick<OpenGrant, "grant">): boolean {
  return successor.amends
    ? isOfSameDoor(successor.grant, before.grant)
    : givesTheSame(successor, before);
}

/** What amends another one may be what keeps the traffic going beyond that one's end, or what makes it work. */
function takesWithIt({ cause }: ClosedGrant, { amends }: OpenGrant): boolean {
  return amends ? cause === "revoked" || cause === "deleted" : cause !== "superseded";
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
