import type { Destination } from "../../grant.ts";
import type { ProbeRequest } from "./mode-rules.ts";

/** They ask and change nothing: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
const SAFE = ["GET", "HEAD", "OPTIONS"];

/** Every safe request within the limits of a destination; of a path with a star what lies right below it. */
export function httpRequests(
  { host, paths = ["/"], methods = ["GET"] }: Destination,
  port: number,
): readonly ProbeRequest[] {
  return SAFE.filter((method) => methods.includes(method)).flatMap((method) =>
    paths.map((path) => ({
      speaks: "http" as const,
      host,
      port,
      method,
      path: path.replace(/\*$/, ""),
    })),
  );
}
