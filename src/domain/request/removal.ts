import { isRecord } from "../json.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { VerifiedOnce } from "../remembered.ts";
import { openStatement, type Trust } from "./signature.ts";

/*
 * `status.removal`: that what ended was seen to be refused. Whoever may write a status could say so; only what the worker
 * signed for this very object counts.
 */

/** The name of the signed record. */
export function removalName(requestId: string, uid: string | undefined): string {
  return `removal:${requestId}:${uid ?? ""}`;
}

/** Verified once for what is said, and for which object. */
const REMEMBERED = 20_000;
const verified = new VerifiedOnce<boolean>(REMEMBERED);

/** Whether an ended EgressGrant was seen to be refused. `at` (epoch ms): when the object was made. */
export function isRemovalProven(
  { metadata, status }: KubernetesObject,
  requestId: string,
  { trust, at }: { readonly trust: Trust; readonly at: number },
): boolean {
  const removal = status?.["removal"];
  if (!isRecord(removal)) return false;
  const { statement } = removal;
  const name = removalName(requestId, metadata.uid);
  return verified.get(trust, [name, at, statement], () => {
    const opened = openStatement(trust, statement, { kind: "record", role: "worker", at });
    return opened.opened && opened.statement.payload.name === name;
  });
}
