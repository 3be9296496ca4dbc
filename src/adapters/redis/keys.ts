/**
 * Every Redis key of one instance, in one place. All share the hash tag `{sallyport:<instance>}`, BullMQ's too, so
 * that in a cluster they live in one slot and a script may touch several of them.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export interface Keys {
  /** BullMQ's `prefix`. */
  readonly bull: string;
  /** One request: a JSON object that says its version first, and holds the signed record. */
  request(id: string): string;
  /** The signed id of the request made from one Slack event. */
  source(sourceId: string): string;
  /** Set of the ids of all requests. Only says where to look. */
  readonly requests: string;
  /** Hash: request id and digest → a signed revoke or end the cluster may not have yet. */
  readonly ends: string;
  /** Hash: id of a freeze or unfreeze decision → the decision, while the cluster may not have it. */
  orders(cluster: string): string;
  /** Hash: audit subject → `sequence:digest` of its last entry. */
  readonly auditHeads: string;
  /** The last global audit number given. */
  readonly auditNumber: string;
  /** List of stored audit entries, in the order of their numbers. */
  readonly auditEntries: string;
  /** What stood in the place of the audit log and was no list. `tag`: so that none replaces another. */
  auditAside(tag: string): string;
  lane(key: string): string;
  /** The newest heartbeat of a bot. */
  readonly heartbeat: string;
  intakeItem(id: string): string;
  /** Sorted set of intake ids not done, by the time they came. */
  readonly intakePending: string;
  /** Hash: surface key → signed surface. */
  surfaces(requestId: string): string;
}

export function keysOf(instance: string): Keys {
  const tag = `{sallyport:${instance}}`;
  return {
    bull: `${tag}:bull`,
    request: (id) => `${tag}:request:${id}`,
    source: (sourceId) => `${tag}:source:${sourceId}`,
    requests: `${tag}:requests`,
    ends: `${tag}:ends`,
    orders: (cluster) => `${tag}:orders:${cluster}`,
    auditHeads: `${tag}:audit:heads`,
    auditNumber: `${tag}:audit:number`,
    auditEntries: `${tag}:audit:entries`,
    auditAside: (of) => `${tag}:audit:aside:${of}`,
    lane: (key) => `${tag}:lane:${key}`,
    heartbeat: `${tag}:heartbeat`,
    intakeItem: (id) => `${tag}:intake:item:${id}`,
    intakePending: `${tag}:intake:pending`,
    surfaces: (requestId) => `${tag}:surfaces:${requestId}`,
  };
}
