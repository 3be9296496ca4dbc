/*
 *                    ┌── refused                     ┌─▶ closing ─ denied / cancelled / lapsed ─▶ (the same)
 *                    │                               │      │ (admitted meanwhile: revoked)
 *  planning ─planned─┴─▶ pending ─approved──▶ approved ─────┼─admitted─▶ applying ─applied─▶ verifying
 *                          ▲  └──────── no ──────────┴──────┘                         │    │
 *                          └──── drifted ────┘                          proven ◀──────┘    └──▶ unproven
 *                                                                       (active)◀──────proven────┘
 *  applying, verifying, active, unproven ─ revoked / expired / gave-up ─▶ ending ─removed─▶ ended
 *
 *  An order goes from applying to ended when it is done.
 *  `closing`: a no is decided, and the worker writes it into the cluster, so that no approval can be used afterwards.
 */

export const REQUEST_STATES = [
  "planning",
  "refused",
  "pending",
  "denied",
  "cancelled",
  "lapsed",
  "approved",
  "closing",
  "applying",
  "verifying",
  "active",
  "unproven",
  "ending",
  "ended",
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export const REQUEST_EVENTS = [
  /** The plan is made, or made again while nobody has decided. */
  "planned",
  /** A rule or the cluster said no. */
  "refused",
  "approved",
  /** Somebody denied, cancelled or withdrew it, or its time is over. */
  "no",
  /** That no is in the cluster, or needs not be. */
  "denied",
  "cancelled",
  "lapsed",
  /** What would be applied is no longer what was approved. */
  "drifted",
  "admitted",
  /** Every object is in place. */
  "applied",
  /** Objects had to be put in place again. */
  "repaired",
  "proven",
  "unproven",
  "revoked",
  "expired",
  /** Unproven for too long. */
  "gave-up",
  /** Of several grants one: somebody revoked it, and the others go on. */
  "revoked-in-part",
  /** Of several grants one: the cluster says that it ended, or it was seen to be refused since. */
  "ended-in-part",
  "removed",
  /** All of an order is carried out. */
  "done",
] as const;
export type RequestEvent = (typeof REQUEST_EVENTS)[number];

type Row = Readonly<Record<RequestEvent, RequestState | undefined>>;

/** Total: every event in every state is either a move or, where undefined, changes nothing. */
const NOTHING: Row = {
  planned: undefined,
  refused: undefined,
  approved: undefined,
  no: undefined,
  denied: undefined,
  cancelled: undefined,
  lapsed: undefined,
  drifted: undefined,
  admitted: undefined,
  applied: undefined,
  repaired: undefined,
  proven: undefined,
  unproven: undefined,
  revoked: undefined,
  expired: undefined,
  "gave-up": undefined,
  "revoked-in-part": undefined,
  "ended-in-part": undefined,
  removed: undefined,
  done: undefined,
};

const ENDING: Pick<Row, "revoked" | "expired" | "gave-up"> = {
  revoked: "ending",
  expired: "ending",
  "gave-up": "ending",
};

/** What ends of several grants leaves the request where it is. */
function inPart(state: RequestState): Pick<Row, "revoked-in-part" | "ended-in-part"> {
  return { "revoked-in-part": state, "ended-in-part": state };
}

export const LIFECYCLE: Readonly<Record<RequestState, Row>> = {
  planning: {
    ...NOTHING,
    planned: "pending",
    refused: "refused",
    cancelled: "cancelled",
    lapsed: "lapsed",
  },
  refused: NOTHING,
  pending: {
    ...NOTHING,
    planned: "pending",
    refused: "refused",
    approved: "approved",
    no: "closing",
  },
  denied: NOTHING,
  cancelled: NOTHING,
  lapsed: NOTHING,
  approved: {
    ...NOTHING,
    drifted: "pending",
    refused: "refused",
    admitted: "applying",
    no: "closing",
  },
  closing: {
    ...NOTHING,
    denied: "denied",
    cancelled: "cancelled",
    lapsed: "lapsed",
    revoked: "ending",
  },
  applying: {
    ...NOTHING,
    ...ENDING,
    ...inPart("applying"),
    applied: "verifying",
    done: "ended",
  },
  verifying: {
    ...NOTHING,
    ...ENDING,
    ...inPart("verifying"),
    proven: "active",
    unproven: "unproven",
    repaired: "verifying",
  },
  active: {
    ...NOTHING,
    ...ENDING,
    ...inPart("active"),
    proven: "active",
    unproven: "unproven",
    repaired: "verifying",
  },
  unproven: {
    ...NOTHING,
    ...ENDING,
    ...inPart("unproven"),
    proven: "active",
    unproven: "unproven",
    repaired: "verifying",
  },
  // Revoked by a person first, and then ended in the cluster: that end is written with it.
  ending: { ...NOTHING, ...ENDING, removed: "ended" },
  ended: NOTHING,
};

/** The state after `event`, or undefined where the event has no place in `state`. */
export function next(state: RequestState, event: RequestEvent): RequestState | undefined {
  return LIFECYCLE[state][event];
}

/** States in which a grant of the request is, or soon is, in force. */
export const LIVE_STATES: readonly RequestState[] = ["applying", "verifying", "active", "unproven"];

/** Nothing more happens to a request in one of these. */
export const FINAL_STATES: readonly RequestState[] = [
  "refused",
  "denied",
  "cancelled",
  "lapsed",
  "ended",
];

export function isLive(state: RequestState): boolean {
  return LIVE_STATES.includes(state);
}

/**
 * Whether a stored request is from before its admission, while the cluster, which says `known`, has admitted it: an
 * older Redis. One that is over can also be stored as approved, and would be asked again.
 */
export function isBehind(stored: RequestState, known: RequestState): boolean {
  if (stored === "approved" || stored === "closing") return known === "ended";
  return !isLive(stored) && stored !== "ending" && stored !== "ended";
}
