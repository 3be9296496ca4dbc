/** One kind of job for each processor; a job says "look at this again", so running one twice is harmless. */
export type Job =
  | { readonly kind: "intake"; readonly id: string }
  | { readonly kind: "plan" | "admit" | "verify" | "notify"; readonly requestId: string }
  | { readonly kind: "gateways" | "mesh"; readonly cluster: string }
  | { readonly kind: "sweep" };

export type JobKind = Job["kind"];

export interface JobQueue {
  /**
   * Adds a job unless one for the same thing already waits; while one is active, exactly one more is kept for after it.
   * Throws `RetryableError` within the connection's time-out where Redis does not answer. The state that makes the
   * job necessary is always stored first: the sweep adds what was lost in between.
   */
  add(job: Job): Promise<void>;

  /** Adds a job unless one for the same thing waits, is parked or is active: for what may have been lost. */
  ensure(job: Job): Promise<void>;
}
