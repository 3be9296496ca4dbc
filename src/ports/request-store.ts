import type { Signed } from "#src/domain/request/signature.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";

/** One line of the audit log. Signed by the process that writes it; chained within its subject. */
export interface AuditEntry {
  /** A request id, or `cluster:NAME`, `config`: the subject whose chain this entry belongs to. */
  readonly subject: string;
  /** 1, 2, 3 … within the subject. */
  readonly sequence: number;
  /** SHA-256 (hex) of the canonical JSON of the previous signed entry of the subject; "" for the first. */
  readonly previous: string;
  readonly at: number;
  /** `user:U123`, `worker`, `bot`. */
  readonly actor: string;
  /** What happened: a lifecycle event or a word like `tampered`, `frozen`, `started`. */
  readonly event: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** An entry as stored: `number` is the gapless global one the store gave it. Statement kind `audit`. */
export interface StoredAuditEntry {
  readonly number: number;
  readonly entry: Signed<AuditEntry>;
}

/** What a writer has to say; chain, time and signature are added by the store. */
export interface AuditDraft {
  readonly actor: string;
  readonly event: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What becomes of a record, and what is written in the same step. */
export interface RecordChange {
  readonly patch: Partial<Omit<RequestRecord, "id" | "version">>;
  readonly audit: AuditDraft;
  /** Decision ids that must not have been spent, and now are. */
  readonly spend?: readonly string[];
}

export type WriteResult =
  | { readonly result: "written"; readonly record: RequestRecord }
  /** Somebody wrote in between: read again and decide again. */
  | { readonly result: "conflict" }
  /** One of the decisions was spent before. */
  | { readonly result: "spent" };

/**
 * Requests and their audit log. Every write is one atomic step: compare the version, write the record and its
 * indexes, append the audit entry under the next global number. Throws `RetryableError` where the store does not
 * answer (within the connection's time-out) and `FatalError("StoreOverwritten")` where a record is not readable.
 */
export interface RequestStore {
  get(id: string): Promise<RequestRecord | undefined>;

  /** Creates, unless a request was already made from the same `sourceId` (the Slack event): then that one is given back. */
  create(
    record: Omit<RequestRecord, "version">,
    sourceId: string,
    audit: AuditDraft,
  ): Promise<{ readonly record: RequestRecord; readonly existed: boolean }>;

  /** The request made from this Slack event, if any. */
  bySource(sourceId: string): Promise<RequestRecord | undefined>;

  /** Replaces a record as it was read; the signed log holds the digest of what was replaced, too. */
  update(read: RequestRecord, change: RecordChange): Promise<WriteResult>;

  /** All requests matching, by id; unreadable ones are left out of the list and given to `onUnreadable`. */
  list(where: RequestFilter): Promise<readonly RequestRecord[]>;

  /** Appends an entry that belongs to no write of a request: `config`, `cluster:NAME`, or tampering seen. */
  audit(subject: string, draft: AuditDraft): Promise<void>;

  /** The number of the newest entry; 0 on an empty store. */
  auditCount(): Promise<number>;

  /** Entries from number `from` on, oldest first, at most `limit`; `undefined` in the place of one that is unreadable. */
  auditTrail(from: number, limit: number): Promise<readonly (StoredAuditEntry | undefined)[]>;

  /** The store's epoch: a random id made once, the same until the data is lost; `undefined` on an empty store. */
  epoch(): Promise<string | undefined>;
  /** Sets the epoch if there is none; gives the one in force. */
  ensureEpoch(candidate: string): Promise<string>;

  freezes(): Promise<readonly Freeze[]>;
  setFreeze(freeze: Freeze, audit: AuditDraft): Promise<void>;
  clearFreeze(cluster: string, audit: AuditDraft): Promise<void>;
}

export interface RequestFilter {
  readonly cluster?: string;
  readonly team?: string;
  readonly states?: readonly RequestState[];
}

/** Only expiry and revoke go on in a frozen cluster. */
export interface Freeze {
  readonly cluster: string;
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}
