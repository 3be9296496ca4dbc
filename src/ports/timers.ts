/** This process's monotonic clock, and what waits by it. */
export interface Timers {
  /** Milliseconds since some moment: runs forward only, whatever happens to the time of day. */
  now(): number;
  /** Calls once, after so many milliseconds or later; the returned function takes it back. */
  after(ms: number, call: () => void): () => void;
  /** Resolves after so many milliseconds or later, or as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
