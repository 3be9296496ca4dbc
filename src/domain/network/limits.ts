import type { Limits } from "../grant.ts";
import { type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";

/** Those an app uses; CONNECT would open a tunnel, and TRACE gives headers back. https://www.rfc-editor.org/rfc/rfc9110#section-9 */
const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/** Ten paths of this length are shown whole on the card: nothing is approved that was not read. */
const PATH_LIMIT = 120;
const LIMIT = 10;

/** What is matched is the path as the app wrote it: https://www.rfc-editor.org/rfc/rfc3986#section-3.3, without `;`. */
const PATH = /^\/(?:[-\w.~!$'()*+,=:@/]|%[0-9A-Fa-f]{2})*$/;

/**
 * Paths and methods as typed → limits. `/v1/*` is every path below `/v1/`, `/v1` itself alone.
 * Refuses what a server may read as another path than the gateway: dot segments, encoded slashes, dots and backslashes.
 */
export function parseLimits(typed: {
  readonly paths?: readonly string[];
  readonly methods?: readonly string[];
}): Limits | Refusal {
  const problem =
    typed.paths?.map(pathProblem).find((each) => each !== undefined) ??
    typed.methods?.map(methodProblem).find((each) => each !== undefined) ??
    numberProblem("paths", typed.paths) ??
    numberProblem("methods", typed.methods);
  if (problem !== undefined) return problem;
  return {
    ...(typed.paths === undefined ? {} : { paths: sorted(typed.paths) }),
    ...(typed.methods === undefined
      ? {}
      : { methods: sorted(typed.methods.map((method) => method.toUpperCase())) }),
  };
}

/** `/v1/*` is every path below `/v1/`, `/v1` not among them. */
export function pathCovers(wide: string, narrow: string): boolean {
  return wide === narrow || (wide.endsWith("/*") && narrow.startsWith(wide.slice(0, -1)));
}

/** Whether every request of HTTP that is within the one limits is within the other ones too. */
export function limitsInclude(wide: Limits, narrow: Limits): boolean {
  return (
    isAsWide(wide.paths, narrow.paths, pathCovers) &&
    isAsWide(wide.methods, narrow.methods, (one, other) => one === other)
  );
}

/** Undefined = all. */
function isAsWide(
  given: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
  lets: (wide: string, narrow: string) => boolean,
): boolean {
  if (given === undefined) return true;
  return wanted?.every((narrow) => given.some((wide) => lets(wide, narrow))) ?? false;
}

/** Whether one request of HTTP is within limits; every one is within none. */
export function isWithin(
  { paths, methods }: Limits,
  { path, method }: { readonly path: string; readonly method: string },
): boolean {
  return (
    (paths === undefined || paths.some((wide) => pathCovers(wide, path))) &&
    (methods === undefined || methods.includes(method))
  );
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}

function pathProblem(path: string): Refusal | undefined {
  const why = whyNoPath(path);
  return why === undefined
    ? undefined
    : no("PathInvalid", `"${path.slice(0, 40)}" ${why}`, "write paths like `/v1/items` or `/v1/*`");
}

function whyNoPath(path: string): string | undefined {
  if (!path.startsWith("/")) return "does not begin with a slash";
  if (path.length > PATH_LIMIT) return `has more than ${PATH_LIMIT} characters`;
  if (/[?#]/.test(path)) return "has a query or a fragment in it, and a limit is on the path";
  if (/%(?:2f|2e|5c)/i.test(path))
    return "has an encoded slash, dot or backslash in it, which servers read in different ways";
  if (!PATH.test(path)) return "has a character in it that a path does not have";
  if (path.split("/").some((segment) => segment === "." || segment === ".."))
    return "has a dot segment in it, which leads to another path";
  if (path.includes("//")) return "has an empty segment in it";
  const stars = path.split("*").length - 1;
  if (stars > 1 || (stars === 1 && !path.endsWith("/*")))
    return "has a star elsewhere than after its last slash";
  return undefined;
}

function methodProblem(method: string): Refusal | undefined {
  return METHODS.includes(method.toUpperCase())
    ? undefined
    : no(
        "MethodUnknown",
        `"${method.slice(0, 20)}" is not among ${METHODS.join(", ")}`,
        "write methods like `methods GET,POST`",
      );
}

function numberProblem(what: string, typed: readonly string[] | undefined): Refusal | undefined {
  if (typed === undefined || (typed.length > 0 && typed.length <= LIMIT)) return undefined;
  return no(
    what === "paths" ? "PathInvalid" : "MethodUnknown",
    typed.length === 0 ? `no ${what} are named` : `more than ${LIMIT} ${what} are named`,
    `name one to ${LIMIT} ${what}; \`/v1/*\` stands for everything below`,
  );
}

function no(reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was requested", why, fix });
}
