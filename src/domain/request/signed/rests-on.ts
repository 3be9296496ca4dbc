import type { KubernetesObject } from "../../kubernetes-object.ts";
import { Envelope } from "./envelope.ts";
import { EgressGrantSpec } from "../egress-grant/egress-grant.ts";

/** Whether any statement that keeps this EgressGrant open was signed by the key. */
export function restsOn({ spec }: KubernetesObject, keyId: string): boolean {
  const parsed = EgressGrantSpec.safeParse(spec).data;
  if (parsed === undefined) return false;
  const { statements, admission, activation } = parsed;
  return [
    statements.request,
    statements.plan,
    statements.card,
    ...statements.decisions,
    admission,
    activation?.statement,
  ].some((raw) => Envelope.safeParse(raw).data?.signatures[0].keyid === keyId);
}
