import { type Resource, qualifiedName } from "./resources.ts";
import type { KubernetesObject } from "./stored-object.ts";

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code?: number;
}

/** A refusal of the API server: thrown where it arises, answered as a `Status`. */
export class ApiFailure extends Error {
  readonly code: number;
  readonly status: Status;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: number,
    reason: string,
    message: string,
    more: {
      readonly details?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.headers = more.headers ?? {};
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(more.details === undefined ? {} : { details: more.details }),
      code,
    };
  }
}

export function notFound(resource: Resource, name: string): ApiFailure {
  return new ApiFailure(404, "NotFound", `${qualifiedName(resource)} "${name}" not found`, {
    details: detailsOf(resource, name),
  });
}

/** A path nobody serves, or a CRD that is not installed. */
export function noSuchResource(): ApiFailure {
  return new ApiFailure(404, "NotFound", "the server could not find the requested resource", {
    details: {},
  });
}

export function alreadyExists(
  resource: Resource,
  { metadata: { name, deletionTimestamp } }: KubernetesObject,
): ApiFailure {
  const going = deletionTimestamp === undefined ? "" : "object is being deleted: ";
  const message = `${going}${qualifiedName(resource)} "${name}" already exists`;
  return new ApiFailure(409, "AlreadyExists", message, { details: detailsOf(resource, name) });
}

export function modified(resource: Resource, name: string, why = MODIFIED): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`;
  return new ApiFailure(409, "Conflict", message, { details: detailsOf(resource, name) });
}

const MODIFIED =
  "the object has been modified; please apply your changes to the latest version and try again";

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, "BadRequest", message);
}

export function forbidden(
  resource: Resource,
  name: string,
  why: string,
  causes?: readonly Cause[],
): ApiFailure {
  const message = `${qualifiedName(resource)} "${name}" is forbidden: ${why}`;
  const details = { ...detailsOf(resource, name), ...(causes === undefined ? {} : { causes }) };
  return new ApiFailure(403, "Forbidden", message, { details });
}

export function expired(message: string): ApiFailure {
  return new ApiFailure(410, "Expired", message);
}

export function invalid(resource: Resource, name: string, causes: readonly Cause[]): ApiFailure {
  const { kind, group } = resource;
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const subject = group === "" ? kind : `${kind}.${group}`;
  return new ApiFailure(422, "Invalid", `${subject} "${name}" is invalid: ${text}`, {
    details: { name, group, kind, causes },
  });
}

/** A merge or JSON patch whose result cannot be decoded. */
export function invalidPatch(patched: unknown, problem: string): ApiFailure {
  const message = `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${problem}`;
  return new ApiFailure(422, "Invalid", ` "" is invalid: patch: ${message}`, {
    details: { causes: [{ reason: "FieldValueInvalid", message, field: "patch" }] },
  });
}

export function unsupportedMediaType(accepted: readonly string[]): ApiFailure {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new ApiFailure(415, "UnsupportedMediaType", message);
}

function detailsOf({ group, plural }: Resource, name: string): Readonly<Record<string, unknown>> {
  return { name, ...(group === "" ? {} : { group }), kind: plural };
}
