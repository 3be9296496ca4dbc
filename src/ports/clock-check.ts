/** Compares our clock with Slack's, whose answers carry a time. */
export interface ClockCheck {
  /** Our clock minus Slack's as last measured, in milliseconds; undefined before the first answer. */
  offsetMs(): number | undefined;
}
