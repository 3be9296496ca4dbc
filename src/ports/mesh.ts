import type { KubernetesObject, ObjectKind, ObjectRef } from "#src/domain/kubernetes-object.ts";

/**
 * One cluster's Kubernetes API, as far as Sallyport uses it. Every method may throw `RetryableError`
 * (409, 429, 5xx, network, time-out) or `FatalError` (`Forbidden` for 401/403, `InvalidObject` for 400/422,
 * `BadAnswer` for an answer that is not what the API promises). Each call has its own time-out.
 */
export interface Mesh {
  /** All objects, over every page, sorted by namespace and name. A kind whose CRD is not installed gives []. */
  list(kind: ObjectKind, where?: ListFilter): Promise<readonly KubernetesObject[]>;

  get(ref: ObjectRef): Promise<KubernetesObject | undefined>;

  /**
   * Server-side apply with field manager `sallyport` and strict field validation; idempotent.
   * Without `force` a field owned by another manager is a `FatalError("FieldConflict")`, not retried.
   * `dryRun` answers with the merged object and stores nothing.
   */
  apply(
    object: KubernetesObject,
    options?: { readonly dryRun?: boolean; readonly force?: boolean },
  ): Promise<KubernetesObject>;

  /**
   * Makes the `spec` of an existing object exactly that of `object`, also where another manager owns a field: apply
   * leaves those. Only for the very version that was `observed`; throws `RetryableError` where it has changed since.
   */
  restore(
    object: KubernetesObject,
    observed: KubernetesObject,
    options?: { readonly dryRun?: boolean },
  ): Promise<KubernetesObject>;

  /** Creates; throws `FatalError("AlreadyExists")` where the name is taken. For pods, which cannot be applied twice. */
  create(object: KubernetesObject): Promise<KubernetesObject>;

  /** Deletes; absent is fine. With `uid`, only that very object (anything else under the name is left alone). */
  delete(ref: ObjectRef, precondition?: { readonly uid: string }): Promise<void>;

  /** A container's log lines, oldest first, at most the newest 100 000; absent pod or container gives []. */
  podLog(pod: PodContainer, since?: Date): Promise<readonly string[]>;

  /** core/v1 Events about one object, oldest first. The API server forgets them after about an hour. */
  events(about: ObjectRef): Promise<readonly ObjectEvent[]>;

  /** Whether the API server answers and who we are allowed to be there: for `doctor`. */
  may(
    verb: string,
    kind: ObjectKind,
    where?: { readonly namespace?: string; readonly subresource?: string },
  ): Promise<boolean>;
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

export interface ObjectEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly at: string;
}
