/** DNS as the gateway's upstreams will see it; the resolver's address is configuration. */
export interface NameResolver {
  /**
   * A and AAAA records, CNAMEs followed. `addresses` is empty for NXDOMAIN and for a name without addresses.
   * Throws `RetryableError` where no resolver answers in time: silence is never "no such name".
   */
  resolve(host: string): Promise<Resolution>;
}

export interface Resolution {
  /** IPv4 and IPv6 in canonical text form, sorted. */
  readonly addresses: readonly string[];
  readonly exists: boolean;
}
