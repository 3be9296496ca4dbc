import { z } from "zod";

/** What a button carries: the request, and the digest of the plan the person had before them. */
export const ActionValue = z.object({ id: z.string(), digest: z.string() });
export type ActionValue = z.infer<typeof ActionValue>;

export const ACTIONS = {
  approve: "request_approve",
  deny: "request_deny",
  plan: "request_plan",
  evidence: "request_evidence",
  revoke: "request_revoke",
  retry: "request_retry",
} as const;

export const VIEWS = { deny: "deny_reason", revoke: "revoke_reason" } as const;

export function encodeAction(value: ActionValue): string {
  return JSON.stringify({ id: value.id, digest: value.digest });
}

export function decodeAction(text: string): ActionValue | undefined {
  try {
    return ActionValue.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
