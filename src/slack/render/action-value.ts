import { z } from "zod";

/**
 * What a button carries: the request, and the digest of the plan the person had before them; of one that accepts an offer the
 * time that was offered, in milliseconds.
 */
export const ActionValue = z.object({
  id: z.string(),
  digest: z.string(),
  offeredMs: z.exactOptional(z.number().int().positive()),
});
export type ActionValue = z.infer<typeof ActionValue>;

/**
 * What a window carries: that, and the click which opened it. The click is what decides, so the same window sent twice
 * decides once; answers go where the button is, whatever the store knows by then.
 */
const AskedFrom = ActionValue.extend({
  channel: z.string(),
  threadTs: z.string().optional(),
  messageTs: z.string(),
  eventId: z.string(),
  clickedAt: z.number(),
});
export type AskedFrom = ActionValue & {
  readonly channel: string;
  readonly threadTs: string | undefined;
  /** Of the message with the button. */
  readonly messageTs: string;
  readonly eventId: string;
  /** By Slack's clock, epoch ms. */
  readonly clickedAt: number;
};

export const ACTIONS = {
  approve: "request_approve",
  deny: "request_deny",
  plan: "request_plan",
  evidence: "request_evidence",
  revoke: "request_revoke",
  retry: "request_retry",
  renew: "request_renew",
  askAgain: "request_ask_again",
  offer: "request_offer",
  accept: "request_accept",
} as const;

export const VIEWS = {
  deny: "deny_reason",
  revoke: "revoke_reason",
  /** Of a grant, from the Home tab. */
  homeRevoke: "home_revoke_reason",
} as const;

export const OFFER_VIEW = "offer_time";

export function encodeAction(value: ActionValue): string {
  const { id, digest, offeredMs } = value;
  return JSON.stringify({ id, digest, ...(offeredMs === undefined ? {} : { offeredMs }) });
}

export function decodeAction(text: string): ActionValue | undefined {
  return decode(ActionValue, text);
}

export function encodeAskedFrom(from: AskedFrom): string {
  const { id, digest, channel, threadTs, messageTs, eventId, clickedAt } = from;
  return JSON.stringify({ id, digest, channel, threadTs, messageTs, eventId, clickedAt });
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
