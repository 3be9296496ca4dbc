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
  /** Hash: audit subject → `sequence:digest` of its last entry. */
  readonly auditHeads: string;
  /** The last global audit number given. */
  readonly auditNumber: string;
  /** List of stored audit entries, in the order of their numbers. */
  readonly auditEntries: string;
  /** Hash: `request id:digest` → signed revoke or end the clusters may not have yet. */
  readonly ends: string;
  /** List of signed freeze and unfreeze decisions of a cluster, as they were made. */
  orders(cluster: string): string;
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
    auditHeads: `${tag}:audit:heads`,
    auditNumber: `${tag}:audit:number`,
    auditEntries: `${tag}:audit:entries`,
    ends: `${tag}:ends`,
    orders: (cluster) => `${tag}:orders:${cluster}`,
    lane: (key) => `${tag}:lane:${key}`,
    intakeItem: (id) => `${tag}:intake:item:${id}`,
    intakePending: `${tag}:intake:pending`,
    surfaces: (requestId) => `${tag}:surfaces:${requestId}`,
  };
}
