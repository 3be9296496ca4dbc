import { z } from "zod";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { ApiAnswer } from "./api-client.ts";

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const Status = z.object({
  reason: z.string().optional(),
  message: z.string().default(""),
  details: z
    .object({
      name: z.string().optional(),
      kind: z.string().optional(),
      causes: z
        .array(z.object({ reason: z.string().optional(), field: z.string().optional() }))
        .optional(),
    })
    .optional(),
});
type Status = z.infer<typeof Status>;

/** An answer that is no success → the taxonomy. `doing` names the call; the API server's own sentence is the cause. */
export function answerError(doing: string, answer: ApiAnswer): RetryableError | FatalError {
  const status = statusOf(answer);
  const cause = new Error(status.message === "" ? `HTTP ${answer.status}` : status.message);
  const retry = {
    cause,
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
  };
  if (answer.status === 409) return conflict(doing, { status, cause });
  if (isOtherObject(answer, status)) return new RetryableError(doing, { cause });
  if (isUndeclaredField(answer, status)) return new FatalError("InvalidObject", doing, { cause });
  // 410: a page token older than the server's history; listing again from the start works.
  if (answer.status === 410 || isKindGoing(answer, status)) return new RetryableError(doing, retry);
  if (answer.status === 429 || answer.status >= 500 || answer.status === 408)
    return new RetryableError(doing, retry);
  return new FatalError(fatalCode(answer.status, status), doing, { cause });
}

/** Whether a 404 says that this very object is absent, and not that its kind or its namespace is. */
export function isAbsent(answer: ApiAnswer, { plural, name }: Named): boolean {
  if (answer.status !== 404) return false;
  const { details } = statusOf(answer);
  return details?.kind === plural && details.name === name;
}

/**
 * Whether a version was asked for that this API server does not have yet.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#unavailable-resource-versions
 */
export function isTooNew(answer: ApiAnswer): boolean {
  if (answer.status !== 504) return false;
  const causes = statusOf(answer).details?.causes ?? [];
  return causes.some(({ reason }) => reason === "ResourceVersionTooLarge");
}

interface Named {
  readonly plural: string;
  readonly name: string;
}

function fatalCode(code: number, { details }: Status): string {
  if (code === 404) {
    // A path that is not served is answered as plain text or without details.
    if (details?.name === undefined) return "KindNotServed";
    return details.kind === "namespaces" ? "NamespaceNotFound" : "NotFound";
  }
  const terminating = details?.causes?.some(({ reason }) => reason === "NamespaceTerminating");
  // https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go
  if (code === 403 && terminating === true) return "NamespaceTerminating";
  return FATAL_CODES[code] ?? "BadAnswer";
}

/** A patch for an object whose name another one has by now: to the API server an attempt to change its uid. */
function isOtherObject({ status: code }: ApiAnswer, { details }: Status): boolean {
  return code === 422 && (details?.causes?.some(({ field }) => field === "metadata.uid") ?? false);
}

/**
 * What is created in a kind whose definition is being deleted: 405, and from 1.34 on 403, which only its text tells from a
 * right that is missing. https://github.com/kubernetes/kubernetes/pull/132467
 */
function isKindGoing({ status: code }: ApiAnswer, { message }: Status): boolean {
  const isSaid = message.endsWith("while custom resource definition is terminating");
  return code === 405 || (code === 403 && isSaid);
}

const FATAL_CODES: Readonly<Record<number, string>> = {
  400: "InvalidObject",
  401: "Forbidden",
  403: "Forbidden",
  422: "InvalidObject",
};

/**
 * A field the schema does not have: server-side apply answers it with 500 and no reason, so only its text tells it from
 * an outage. https://github.com/kubernetes/kubernetes/issues/139253
 */
function isUndeclaredField({ status: code }: ApiAnswer, { reason, message }: Status): boolean {
  return (
    code === 500 &&
    reason === undefined &&
    message.startsWith("failed to create typed patch object")
  );
}

/** A field of somebody else's, a taken name, or an object changed in between. */
function conflict(
  doing: string,
  { status, cause }: { readonly status: Status; readonly cause: Error },
): RetryableError | FatalError {
  if (status.reason === "AlreadyExists") return new FatalError("AlreadyExists", doing, { cause });
  const fields =
    status.details?.causes?.some(({ reason }) => reason === "FieldManagerConflict") ?? false;
  return fields
    ? new FatalError("FieldConflict", doing, { cause })
    : new RetryableError(doing, { cause });
}

function statusOf({ text }: ApiAnswer): Status {
  try {
    return Status.parse(JSON.parse(text));
  } catch {
    return { message: text.slice(0, 300) };
  }
}
