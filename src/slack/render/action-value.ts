import { z } from "zod";

/** What a button carries: the request, and the digest of the plan the person had before them. */
export const ActionValue = z.object({ id: z.string(), digest: z.string() });
export type ActionValue = z.infer<typeof ActionValue>;

/** What a window carries: that, and where its button is. Answers go there, whatever the store knows by then. */
const AskedFrom = ActionValue.extend({ channel: z.string(), threadTs: z.string().optional() });
export type AskedFrom = ActionValue & {
  readonly channel: string;
  readonly threadTs: string | undefined;
};

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
  return decode(ActionValue, text);
}

export function encodeAskedFrom({ id, digest, channel, threadTs }: AskedFrom): string {
  return JSON.stringify({ id, digest, channel, threadTs });
}

export function decodeAskedFrom(text: string): AskedFrom | undefined {
  const from = decode(AskedFrom, text);
  return from && { ...from, threadTs: from.threadTs };
}

function decode<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
