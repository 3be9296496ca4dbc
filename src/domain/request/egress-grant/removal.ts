import { z } from "zod";
import { isRecord } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { VerifiedOnce } from "../../remembered.ts";
import { EpochMs } from "../shapes.ts";
import { openStatement, type Trust } from "../signed/signature.ts";

/*
 * `status.removal`: that what ended was seen to be refused. Whoever may write a status could say so; only what the worker
 * signed for this very object counts.
 */

/** The name of the signed record. */
export function removalName(requestId: string, uid: string | undefined): string {
  return `removal:${requestId}:${uid ?? ""}`;
}

export const Removal = z.object({ at: EpochMs, verdict: z.enum(["passed", "unknown"]) });
/** When it was looked at (epoch ms), and whether a refusal was seen. */
export type Removal = z.infer<typeof Removal>;

/** Verified once for what is said, and for which object. */
const REMEMBERED = 20_000;
const verified = new VerifiedOnce<Removal | "nothing">(REMEMBERED);

/** What the worker saw of the removal of an ended EgressGrant, if it looked. `at` (epoch ms): when the object was made. */
export function signedRemoval(
  { metadata, status }: KubernetesObject,
  requestId: string,
  { trust, at }: { readonly trust: Trust; readonly at: number },
): Removal | undefined {
  const removal = status?.["removal"];
  if (!isRecord(removal)) return undefined;
  const { statement } = removal;
  const name = removalName(requestId, metadata.uid);
  const found = verified.get(trust, [name, at, statement], () => {
    const opened = openStatement(trust, statement, { kind: "record", role: "worker", at });
    if (!opened.opened || opened.statement.payload.name !== name) return "nothing";
    return Removal.safeParse(opened.statement.payload.value).data ?? "nothing";
  });
  return found === "nothing" ? undefined : found;
}
