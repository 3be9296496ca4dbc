/** A message Sallyport keeps up to date, of one request: which one, and what it last showed. */
export interface Surface {
  /** `card`, `mirror`, `progress`, `prefix`, `result` … one per request. */
  readonly key: string;
  readonly channel: string;
  readonly threadTs: string | undefined;
  /** Slack's message id; undefined while a post was only intended. */
  readonly ts: string | undefined;
  /** Digest of what it shows. */
  readonly shown: string;
}

/** Throws `RetryableError` where the store does not answer. */
export interface SurfaceStore {
  surfaces(requestId: string): Promise<readonly Surface[]>;
  /** Written before a post (without `ts`) and after it (with). */
  put(requestId: string, surface: Surface): Promise<void>;
}
