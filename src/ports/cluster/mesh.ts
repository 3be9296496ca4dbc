import type { KubernetesObject, ObjectKind, ObjectRef } from "#src/domain/kubernetes-object.ts";
import type { Listed, WatchEvent, WatchFrom } from "./watch.ts";

/**
 * One cluster's Kubernetes API, as far as Sallyport uses it. Every method may throw `RetryableError`
 * (409, 429, 5xx, network, time-out, abort) or `FatalError` (`Forbidden` for 401/403, `InvalidObject` for 400/422,
 * `KindNotServed`, `NamespaceNotFound`, `NamespaceTerminating`, `BadAnswer` for an answer that is not what the API
 * promises). Each call has its own time-out.
 */
export interface Mesh {
  /**
   * The same API server; every call of the result is also given up as soon as `signal` is aborted. `beforeSending` is
   * called right before each request leaves: what it throws keeps the request back, and is the cause of a RetryableError.
   */
  until(signal: AbortSignal, beforeSending?: () => void): Mesh;

  /**
   * The API server's time in epoch milliseconds: what the last answer said, advanced by this process's monotonic clock.
   * Answers give whole seconds, so it is up to a second late, and as much as the answer took. Undefined before the first.
   */
  serverTime(): number | undefined;

  /**
   * All objects, over every page, sorted by namespace and name. A kind whose CRD is not installed gives [], but for our
   * own kinds `FatalError("KindNotServed")`: there, nothing must mean nothing.
   */
  list(kind: ObjectKind, where?: ListFilter): Promise<readonly KubernetesObject[]>;

  /** As `list`, with the version to watch from; a kind that is not served is always `FatalError("KindNotServed")`. */
  listVersioned(kind: ObjectKind, where?: ListFilter): Promise<Listed>;

  /**
   * What happens to a kind's objects. Ends when the API server ends it (after about five minutes): watch again from the
   * last version heard. Throws as every call does, also in the middle; breaking out of the loop ends the request.
   */
  watch(kind: ObjectKind, from: WatchFrom): AsyncIterable<WatchEvent>;

  /** Undefined where it is absent; `FatalError("KindNotServed")` as for `list`. */
  get(ref: ObjectRef): Promise<KubernetesObject | undefined>;

  /**
   * Server-side apply with field manager `sallyport` and strict field validation; idempotent.
   * Without `force` a field owned by another manager is a `FatalError("FieldConflict")`, not retried.
   * `dryRun` answers with the merged object and stores nothing.
   * Without `precondition` it makes the object where it is absent, also long after somebody deleted it; with one it is
   * for that very version, and throws `RetryableError` where that is no more.
   */
  apply(
    object: KubernetesObject,
    options?: {
      readonly dryRun?: boolean;
      readonly force?: boolean;
      readonly precondition?: Precondition;
    },
  ): Promise<KubernetesObject>;

  /**
   * Merge patch (RFC 7386: null takes a field out, a list is replaced whole) of that very version, with strict field
   * validation; `subresource: "status"` changes the status alone. Throws `RetryableError` where the object has changed
   * since or another one has its name, `FatalError("Gone")` where there is none.
   */
  patch(
    ref: ObjectRef,
    mergePatch: Readonly<Record<string, unknown>>,
    precondition: Precondition,
    options?: { readonly subresource?: "status" },
  ): Promise<KubernetesObject>;

  /**
   * PUT of the whole object, for the version its metadata name (`uid` and `resourceVersion`; `FatalError("Bug")`
   * without). Errors as for `patch`.
   */
  replace(object: KubernetesObject): Promise<KubernetesObject>;

  /**
   * Makes the `spec` of an existing object exactly that of `object`, also where another manager owns a field, and takes
   * out annotations of ours that `object` lacks: apply leaves those that it did not write itself. Only for the very version that was `observed`; throws `RetryableError` where it has changed since.
   */
  restore(
    object: KubernetesObject,
    observed: KubernetesObject,
    options?: { readonly dryRun?: boolean },
  ): Promise<KubernetesObject>;

  /**
   * Creates; throws `FatalError("AlreadyExists")` where the name is taken, `NamespaceNotFound` or `NamespaceTerminating`
   * where it cannot be made. For what must not come back by itself, and for pods, which cannot be applied twice.
   * `dryRun` goes through admission and stores nothing.
   */
  create(
    object: KubernetesObject,
    options?: { readonly dryRun?: boolean },
  ): Promise<KubernetesObject>;

  /**
   * Deletes; absent is fine. With `uid`, only that very object (anything else under the name is left alone). With
   * `resourceVersion` too, only that version: `RetryableError` where another is there.
   */
  delete(
    ref: ObjectRef,
    precondition?: { readonly uid: string; readonly resourceVersion?: string },
  ): Promise<void>;

  /**
   * A container's log lines, oldest first, of at most the newest 100 000; an absent pod or container has none. Read as it
   * comes: its time-out is only for the beginning, and where the whole takes too long, what came by then is answered.
   */
  podLog(pod: PodContainer, wish?: LogWish): Promise<PodLog>;

  /** core/v1 Events about one object, oldest first. The API server forgets them after about an hour. */
  events(about: ObjectRef): Promise<readonly ObjectEvent[]>;

  /** Whether the API server answers and who we are allowed to be there: for `doctor`. */
  may(
    verb: string,
    kind: ObjectKind,
    where?: { readonly namespace?: string; readonly subresource?: string },
  ): Promise<boolean>;
}

/** One version of one object, as read. */
export interface Precondition {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface ListFilter {
  readonly namespace?: string;
  /** Equality of each label. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PodContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface LogWish {
  /** By the clock of the pod's node, to the second. */
  readonly since?: Date;
  /** Asked for each line in order; after a `last` one nothing more is read. Without it all are kept. */
  readonly take?: (line: string) => "no" | "yes" | "last";
  /** So many of the newest lines at most. */
  readonly newest?: number;
  /** How long reading may take; a minute. */
  readonly longestMs?: number;
}

export interface PodLog {
  /** Those that were taken. */
  readonly lines: readonly string[];
  /** False where time ran out before the end, or the last line that was looked for: what came after is not known. */
  readonly isWhole: boolean;
}

export interface ObjectEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly at: string;
}
