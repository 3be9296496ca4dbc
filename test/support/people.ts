import type { Installation } from "./installation.ts";
import type { Message } from "#test/simulators/slack/model.ts";
import { cardOf, requestIdIn, threadText } from "./reading.ts";

/** Where the example configuration has cards. */
export const SECURITY = "C0SECURITY";

/** A busy machine is slow; nothing takes this long where all is well. */
export const LIMIT_MS = 40_000;

/** A request somebody made: its id and its thread. */
export interface AskedRequest {
  readonly id: string;
  readonly channel: string;
  readonly ts: string;
}

/** What somebody writes where, after `@sallyport `. */
interface Mention {
  readonly user: string;
  readonly channel: string;
  readonly text: string;
}

/** Writes a mention, and waits for the request's card. */
export async function ask(
  { slack }: Installation,
  { user, channel, text }: Mention,
): Promise<AskedRequest> {
  const { ts } = slack.mention(user, channel, `@sallyport ${text}`);
  const id = await slack.until(() => requestIdIn(threadText(slack, channel, ts)), LIMIT_MS);
  await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
  return { id, channel, ts };
}

/** Clicks Approve on the newest card. */
export async function approve({ slack }: Installation, id: string, user = "sam"): Promise<void> {
  const card = cardOf(slack, SECURITY, id);
  if (card === undefined) throw new Error(`no card of ${id}`);
  await slack.click(user, { channel: SECURITY, ts: card.ts }, "Approve");
}

/** Clicks Deny on the newest card, and gives the reason. */
export async function deny(
  { slack }: Installation,
  id: string,
  reason: string,
  user = "sam",
): Promise<void> {
  const card = cardOf(slack, SECURITY, id);
  if (card === undefined) throw new Error(`no card of ${id}`);
  await slack.click(user, { channel: SECURITY, ts: card.ts }, "Deny");
  await slack.until(() => slack.modal(user), LIMIT_MS);
  await slack.submit(user, { text: reason });
}

/** Asks in the request's thread for its grant to be taken back. */
export function revoke(
  { slack }: Installation,
  { id, channel, ts }: AskedRequest,
  { user = "alice", reason }: { readonly user?: string; readonly reason: string },
): void {
  slack.mention(user, channel, `@sallyport revoke ${id} because ${reason}`, { thread: ts });
}

/** Waits until a request's thread says it. */
export async function says(
  { slack }: Installation,
  { channel, ts }: Pick<AskedRequest, "channel" | "ts">,
  pattern: RegExp,
  limitMs = LIMIT_MS,
): Promise<void> {
  await slack.until(() => pattern.test(threadText(slack, channel, ts)), limitMs);
}

/** Asks, has it approved, and waits until it is proven. */
export async function active(installation: Installation, mention: Mention): Promise<AskedRequest> {
  const request = await ask(installation, mention);
  await approve(installation, request.id);
  await says(installation, request, /active and enforced|active, advisory/);
  return request;
}

/** Waits until something in the approvers' channel says it. */
export async function approversRead(
  { slack }: Installation,
  pattern: RegExp,
  limitMs = LIMIT_MS,
): Promise<void> {
  await slack.until(() => slack.messages(SECURITY).some(({ text }) => pattern.test(text)), limitMs);
}

/** What the button Evidence of a request's result shows. */
export async function evidenceOf(
  installation: Installation,
  { channel, ts }: Pick<AskedRequest, "channel" | "ts">,
): Promise<string> {
  const result = installation.slack
    .thread(channel, ts)
    .find(({ blocks }) => JSON.stringify(blocks ?? []).includes('"Evidence"'));
  if (result === undefined) throw new Error("no result");
  return windowBehind(installation, result, { user: "alice", button: "Evidence" });
}

/** What the button Full plan of a request's card shows. */
export async function fullPlanOf(installation: Installation, id: string): Promise<string> {
  const card = cardOf(installation.slack, SECURITY, id);
  if (card === undefined) throw new Error(`no card of ${id}`);
  return windowBehind(installation, card, { user: "sam", button: "Full plan" });
}

async function windowBehind(
  { slack }: Installation,
  { channel, ts }: Message,
  { user, button }: { readonly user: string; readonly button: string },
): Promise<string> {
  await slack.click(user, { channel, ts }, button);
  const lines = await slack.until(() => slack.modal(user) && slack.modalLines(user), LIMIT_MS);
  await slack.closeView(user);
  return lines.join("\n");
}
