import { sameJson } from "../../canonical.ts";
import type { Destination } from "../../grant.ts";
import type { RequestRecord } from "../../request/request.ts";
import type { AdoptionText } from "./adoption-text.ts";

/** What was last found out about moving a namespace to a destination, and by which request. */
export interface KnownAdoption {
  readonly requestId: string;
  readonly text: AdoptionText;
}

/** Of the newest request for the destination, in whichever state it is; undefined where that found nothing of others. */
export function knownAdoption(
  records: readonly RequestRecord[],
  about: {
    readonly cluster: string;
    readonly namespace: string;
    readonly destination: Destination;
  },
): KnownAdoption | undefined {
  const newest = records
    .filter(
      ({ asked }) =>
        asked.cluster === about.cluster &&
        asked.scope.namespace === about.namespace &&
        sameJson(asked.destination, about.destination),
    )
    .toSorted((one, other) => other.asked.at - one.asked.at)[0];
  const text = newest === undefined ? undefined : textOf(newest);
  return newest === undefined || text === undefined ? undefined : { requestId: newest.id, text };
}

function textOf({ state, refusal, evidence, plan }: RequestRecord): AdoptionText | undefined {
  if (state === "refused")
    return refusal?.steps === undefined
      ? undefined
      : { headline: refusal.fix, steps: refusal.steps };
  return evidence === undefined ? plan?.adoption : evidence.adoption;
}
