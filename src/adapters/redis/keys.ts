/**
 * Every Redis key of one instance, in one place. All share the hash tag `{sallyport:<instance>}`, BullMQ's too, so
 * that in a cluster they live in one slot and a script may touch several of them.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export interface Keys {
  /** BullMQ's `prefix`. */
  readonly bull: string;
  /** The JSON of one request. */
  request(id: string): string;
  /** Id of the request made from one Slack event. */
  source(sourceId: string): string;
  /** Set of the ids of all requests; `:cluster:…`, `:team:…` or `:state:…` appended, of those of one. */
  readonly requests: string;
  /** Set of ids of decisions that were spent. */
  readonly spent: string;
  /** Hash: audit subject → `sequence:hash` of its last entry. */
  readonly auditHeads: string;
  /** The last global audit number given. */
  readonly auditNumber: string;
  /** List of stored audit entries, in the order of their numbers. */
  readonly auditEntries: string;
  readonly epoch: string;
  /** Hash: cluster → freeze. */
  readonly freezes: string;
  lane(key: string): string;
  intakeItem(id: string): string;
  /** Sorted set of intake ids not done, by the time they came. */
  readonly intakePending: string;
  /** Hash: surface key → surface. */
  surfaces(requestId: string): string;
}

export function keysOf(instance: string): Keys {
  const tag = `{sallyport:${instance}}`;
  return {
    bull: `${tag}:bull`,
    request: (id) => `${tag}:request:${id}`,
    source: (sourceId) => `${tag}:source:${sourceId}`,
    requests: `${tag}:requests`,
    spent: `${tag}:spent`,
    auditHeads: `${tag}:audit:heads`,
    auditNumber: `${tag}:audit:number`,
    auditEntries: `${tag}:audit:entries`,
    epoch: `${tag}:epoch`,
    freezes: `${tag}:freezes`,
    lane: (key) => `${tag}:lane:${key}`,
    intakeItem: (id) => `${tag}:intake:item:${id}`,
    intakePending: `${tag}:intake:pending`,
    surfaces: (requestId) => `${tag}:surfaces:${requestId}`,
  };
}
