import fc from "fast-check";
import type { Seen } from "#src/domain/request/board.ts";
import { HOUR, NINE } from "#test/support/signed-request.ts";

/** What is known of a cluster, just seen or long ago. */
export const seen: fc.Arbitrary<Seen> = fc.nat(10 * HOUR).map((age) => ({
  board: { cluster: "prod-1", at: NINE, configDigest: "", frozen: false, grants: {} },
  now: NINE + age,
  sweepMs: 60_000,
}));
