import { AzureRefusal } from "#src/ports/cluster/clusters.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { ErrorBody, saidIn } from "./schema.ts";

export interface ArmAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling and 409, 412 of AKS. */
const RETRYABLE = [408, 409, 412, 425, 429];

/** What an answer that is no success means for the caller. */
export function refused(doing: string, answer: ArmAnswer, notFound = "ClusterNotFound"): Error {
  const { status, headers, body } = answer;
  const cause = new AzureRefusal({ status, ...saidBy(body) });
  if (RETRYABLE.includes(status) || status >= 500) {
    const retryAfterMs = retryAfter(headers["retry-after"]);
    return new RetryableError(doing, {
      cause,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  return new FatalError(codeOf(status, notFound), doing, { cause });
}

function codeOf(status: number, notFound: string): string {
  if (status === 401 || status === 403) return "Forbidden";
  if (status === 404) return notFound;
  return status >= 400 ? "BadRequest" : "BadAnswer";
}

function saidBy(body: unknown): { readonly code: string; readonly message: string } {
  const parsed = ErrorBody.safeParse(body).data;
  if (parsed === undefined) return { code: "", message: "" };
  return saidIn("error" in parsed ? parsed.error : parsed);
}

/** Seconds or a date, to milliseconds. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** What was thrown instead of an answer: no token, no connection, no time left. */
export function unanswered(doing: string, error: unknown): Error {
  const status = signInStatus(error);
  return status !== undefined && status < 500 && !RETRYABLE.includes(status)
    ? new FatalError("Forbidden", doing, { cause: error })
    : new RetryableError(doing, { cause: error });
}

const SIGN_IN_ERRORS = ["AuthenticationError", "AuthenticationRequiredError"];

/**
 * The HTTP status the authority refused a token with; undefined where it gave none, as when it cannot be reached.
 * Errors of `@azure/identity` have it themselves or, where MSAL signed in, in their causes.
 */
function signInStatus(error: unknown): number | undefined {
  if (!Error.isError(error) || !SIGN_IN_ERRORS.includes(error.name)) return undefined;
  let at: unknown = error;
  while (Error.isError(at)) {
    if ("statusCode" in at && typeof at.statusCode === "number") return at.statusCode;
    if ("status" in at && typeof at.status === "number") return at.status;
    at = at.cause;
  }
  return undefined;
}
