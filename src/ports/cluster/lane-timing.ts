/** How long lanes wait for what, and how often they look. Milliseconds. */
export interface LaneTiming {
  readonly laneParkMs: number;
  readonly gatewayBatchMs: number;
  readonly probeRetryMs: number;
  readonly unprovenRetryMs: number;
  readonly unprovenForMs: number;
  readonly reverifyEveryMs: number;
  /** Before what somebody else undid is put back for the second time; other such times are multiples of it. */
  readonly contestPauseMs: number;
}
