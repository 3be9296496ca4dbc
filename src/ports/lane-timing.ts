/** How long lanes wait for what, and how often they look. Milliseconds. */
export interface LaneTiming {
  readonly laneParkMs: number;
  readonly gatewayBatchMs: number;
  readonly probeRetryMs: number;
  readonly unprovenRetryMs: number;
  readonly unprovenForMs: number;
  readonly reverifyEveryMs: number;
}
