/** The right to be a lane's single writer, for as long as it lasts. */
export interface Lease {
  /**
   * Milliseconds, by this process's monotonic clock, in which a write may still be sent; 0 once it is over. A renewal
   * makes them more. Nobody else can hold the lane before they are over.
   */
  remainingMs(): number;
  /** Aborted when it is over, or as soon as it is known to be lost; never taken back: who gets it again has another. */
  readonly signal: AbortSignal;
}
