import { digest } from "../canonical.ts";
import type { AdminBasis } from "../request/request.ts";

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of what is approved: which cluster, the order and the rule that says who
 * decides. Not in it: the steps, of which fewer may be left by then.
 */
export function orderDigest(basis: AdminBasis): string {
  return digest(basis);
}
