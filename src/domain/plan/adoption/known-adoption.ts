import { sameJson } from "../../canonical.ts";
import type { Destination } from "../../grant.ts";
import { asksSeveral, destinationsAsked } from "../../request/destinations-asked.ts";
import { grantsAsked } from "../../request/egress-grant/admission-chain.ts";
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
        placeOf(asked, about.destination) !== -1,
    )
    .toSorted((one, other) => other.asked.at - one.asked.at)[0];
  const text = newest && textOf(newest, placeOf(newest.asked, about.destination));
  return newest === undefined || text === undefined ? undefined : { requestId: newest.id, text };
}

/** Which of its destinations it is; -1 for none. */
function placeOf(asked: RequestRecord["asked"], destination: Destination): number {
  return destinationsAsked(asked).findIndex((each) => sameJson(each.destination, destination));
}

function textOf(record: RequestRecord, at: number): AdoptionText | undefined {
  const { state, refusal } = record;
  if (state === "refused")
    return refusal?.steps === undefined
      ? undefined
      : { headline: refusal.fix, steps: refusal.steps };
  return foundIn(record, at);
}

/** By the last verification, or else by the plan. */
function foundIn(
  { id, asked, evidence, plan }: RequestRecord,
  at: number,
): AdoptionText | undefined {
  if (!asksSeveral(asked)) return evidence === undefined ? plan?.adoption : evidence.adoption;
  const grantId = grantsAsked({ id, asked })[at]?.id ?? id;
  return evidence === undefined ? plan?.each?.[at]?.adoption : evidence.grants?.[grantId]?.adoption;
}
