import type { ClusterDecision } from "#src/domain/request/request.ts";

/**
 * Tells the approvers something that belongs to no request: a lost store, tampering, a blocked cluster. An alarm is a
 * message of its own that is never edited. Where the store does not answer it is told all the same, and then possibly once
 * more by each process. Throws `RetryableError` where Slack does not answer; what only a person can make possible (the
 * channel is gone, or Sallyport is not in it) is logged.
 */
export interface Announcer {
  /** Each text is told once under its key, until `over(key)`. */
  tell(key: string, text: string): Promise<void>;
  /** Says once that it is over; nothing where nothing was told under this key. */
  over(key: string): Promise<void>;
}

export interface LaneAnnouncer extends Announcer {
  /** A freeze or what lifts it, once the cluster holds it: told once per decision, and mentions who decided. */
  carriedOut(order: ClusterDecision): Promise<void>;
}
