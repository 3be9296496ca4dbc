import type { Envelope } from "#src/domain/request/signed/envelope.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import type {
  AnyRequest,
  ClusterDecision,
  NewRequest,
  RequestPatch,
  RequestRecord,
} from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";

/** One line of the audit log. Signed by the process that writes it; chained within its subject. */
export interface AuditEntry {
  /** A request id, or `cluster:NAME`, `config`: the subject whose chain this entry belongs to. */
  readonly subject: string;
  /** 1, 2, 3 … within the subject. */
  readonly sequence: number;
  /** SHA-256 (hex) of the signed bytes of the subject's previous entry; "" for the first. */
  readonly previous: string;
  readonly at: number;
  /** `user:U123`, `worker`, `bot`. */
  readonly actor: string;
  /** What happened: a lifecycle event or a word like `tampered`, `frozen`, `started`. */
  readonly event: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** An entry as stored: `number` is the gapless global one the store gave it. Signed as a `record`. */
export interface StoredAuditEntry {
  readonly number: number;
  readonly entry: AuditEntry;
  /** Its signed bytes, as stored. */
  readonly envelope: Envelope;
}

/** What the audit log says of one request. */
export interface History {
  /** Oldest first; each is signed by the bot or the worker. */
  readonly entries: readonly AuditEntry[];
  /** Entries before the first of these exist, further back than was looked. */
  readonly isCut: boolean;
  /** Numbers within the request that are missing among these: somebody took them out, or they cannot be read. */
  readonly missing: number;
}

/** What a writer has to say; chain, time and signature are added by the store. */
export interface AuditDraft {
  readonly actor: string;
  readonly event: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What becomes of a record, and what is written in the same step. */
export interface RecordChange {
  readonly patch: RequestPatch;
  readonly audit: AuditDraft;
  /** A signed revoke or end: also kept in the small index lanes read, until the cluster has it. */
  readonly end?: Envelope;
}

export type WriteResult =
  | { readonly result: "written"; readonly record: AnyRequest }
  /** Somebody wrote in between: read again and decide again. */
  | { readonly result: "conflict" };

/**
 * Requests and their audit log. Every record is signed by the process that writes it, and judged alone when it is read:
 * one that does not verify or parse costs that one. Nothing here gives a right. Every write is one atomic step: compare
 * the version, write the record and its indexes, append the audit entry under the next global number. Throws
 * `RetryableError` where the store does not answer (within the connection's time-out) and
 * `FatalError("StoreOverwritten")` where a record is not what one of us wrote under that name.
 */
export interface RequestStore {
  get(id: string): Promise<AnyRequest | undefined>;

  /** Creates, unless a request was already made from the same `sourceId` (the Slack event): then that one is given back. */
  create(
    record: NewRequest,
    sourceId: string,
    audit: AuditDraft,
  ): Promise<{ readonly record: AnyRequest; readonly existed: boolean }>;

  /** The request made from this Slack event, if any. */
  bySource(sourceId: string): Promise<AnyRequest | undefined>;

  /** Replaces a record as it was read. */
  update(read: AnyRequest, change: RecordChange): Promise<WriteResult>;

  /** Writes over whatever is under this id, readable or not: a request the cluster knows, filled in again. */
  restore(record: Omit<RequestRecord, "version">, audit: AuditDraft): Promise<RequestRecord>;

  /** All requests matching, by id; unreadable ones are left out and given to `onUnreadable`. */
  list(where: RequestFilter): Promise<readonly AnyRequest[]>;

  /**
   * Signed revokes and ends of these requests that the clusters may not have yet; not verified. When the signal says that
   * time is over, what was read until then is the answer.
   */
  ends(ids: readonly string[], signal: AbortSignal): Promise<StoredEnds>;
  /** The cluster has it: out of the index. */
  endCopied(id: string): Promise<void>;

  /**
   * Signed freeze and unfreeze decisions the cluster may not have yet, in the order they were made; not verified.
   * @throws FatalError `StoreOverfull` where there are more than people make
   */
  orders(cluster: string): Promise<readonly unknown[]>;
  addOrder(decision: Signed<ClusterDecision>, audit: AuditDraft): Promise<void>;
  /** The cluster has it: out of the index. `id` is the decision's. */
  orderCopied(cluster: string, id: string): Promise<void>;

  /**
   * Appends an entry that belongs to no write of a request: `config`, `cluster:NAME`, or tampering seen. Its number is
   * greater than `after`, so that entries which are gone leave a gap.
   */
  audit(subject: string, draft: AuditDraft, after?: number): Promise<void>;

  /** The newest entry's number and digest (SHA-256 of its signed bytes); number 0 on an empty log. */
  auditHead(): Promise<{ readonly number: number; readonly digest: string }>;

  /** Entries from number `from` on, oldest first, at most `limit`; `undefined` in the place of one that is unreadable. */
  auditTrail(from: number, limit: number): Promise<readonly (StoredAuditEntry | undefined)[]>;
}

export interface StoredEnds {
  /** By request id. */
  readonly ends: ReadonlyMap<string, readonly unknown[]>;
  /** Whether all was read; else the store may know of an end that is not among them. */
  readonly whole: boolean;
}

export interface RequestFilter {
  /** None but these. */
  readonly ids?: readonly string[];
  readonly cluster?: string;
  readonly team?: string;
  readonly states?: readonly RequestState[];
}
