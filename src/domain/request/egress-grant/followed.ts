import { sameJson } from "../../canonical.ts";
import type { ClosedGrant, OpenGrant } from "./judge-egress-grant.ts";

interface Grants {
  readonly open: readonly OpenGrant[];
  readonly closed: readonly ClosedGrant[];
}

/**
 * Grants that go on by another one end when that was seen to work, and never before: both give the same, so traffic does
 * not pause. Who follows whom is part of what was approved. Pure.
 */
export function withFollowed({ open, closed }: Grants): Grants {
  const successors = Map.groupBy(
    open.filter((each) => each.follows !== undefined && hasWorked(each)),
    (each) => each.follows,
  );
  // Nearly always: then no two grants are compared.
  if (successors.size === 0) return { open, closed };
  const ended = open.flatMap((grant) => {
    const successor = successors
      .get(grant.requestId)
      ?.find((each) => each !== grant && isSame(each, grant));
    return successor === undefined ? [] : [{ grant, successor }];
  });
  const over = new Set(ended.map(({ grant }) => grant));
  return {
    open: open.filter((each) => !over.has(each)),
    closed: [...closed, ...ended.map(({ grant, successor }) => closedBy(grant, successor))],
  };
}

function isSame({ grant: successor }: OpenGrant, { grant }: OpenGrant): boolean {
  return (
    successor.cluster === grant.cluster &&
    successor.team === grant.team &&
    sameJson(successor.scope, grant.scope) &&
    sameJson(successor.destination, grant.destination)
  );
}

/** The clock of several grants runs once one of them works, and says nothing of another. */
function hasWorked({ activation, proof, grant, requestId }: OpenGrant): boolean {
  if (activation === undefined) return false;
  return grant.id === requestId || proof?.wasProven === true;
}

function closedBy(
  { activation: _, endsAt: __, wasApplied: ___, proof: ____, ...grant }: OpenGrant,
  { activation }: OpenGrant,
): ClosedGrant {
  return {
    ...grant,
    cause: "superseded",
    at: activation?.payload.at ?? 0,
    recorded: false,
    lasting: false,
    answered: {},
    removal: undefined,
  };
}
