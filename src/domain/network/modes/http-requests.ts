import type { Destination } from "../../grant.ts";
import type { ProbeRequest } from "./mode-rules.ts";

/** They ask and change nothing: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
const SAFE = ["GET", "HEAD", "OPTIONS"];

/**
 * Safe requests within the limits of a destination: by every safe method, each path, and of one with a star what lies
 * right below it and one more, which other limits may leave out.
 */
export function httpRequests(
  { host, paths = ["/*"], methods = SAFE }: Destination,
  port: number,
): readonly ProbeRequest[] {
  const asked = paths.flatMap((path) =>
    path.endsWith("*") ? [path.slice(0, -1), `${path.slice(0, -1)}sallyport-probe`] : [path],
  );
  return SAFE.filter((method) => methods.includes(method)).flatMap((method) =>
    asked.map((path) => ({ speaks: "http" as const, host, port, method, path })),
  );
}
