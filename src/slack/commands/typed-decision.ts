import { isRefusal, refuse } from "#src/domain/outcome.ts";
import { shortCode } from "#src/domain/plan/grant-digest.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { decide, EVENTS, recordedBy } from "../actions/decide.ts";
import type { BotPorts } from "../bot-ports.ts";
import { code } from "../render/text.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";
import { requestIdOf } from "./status.ts";

/** `approve 3f9a` and `deny 3f9a because …`, in the thread of the card that shows this code. */
export async function decideTyped(
  ports: BotPorts,
  context: CommandContext,
  typed: { readonly verdict: "approve" | "deny"; readonly code: string; readonly reason?: string },
): Promise<CommandReply> {
  const record = await inThread(ports, context, typed.code);
  if (record?.plan === undefined) {
    return refusalReply(
      refuse("UnknownCode", {
        what: "your decision was not recorded",
        why: `no card in this thread waits for a decision with the code ${typed.code}`,
        fix: "write it in the thread of the card, with the code the card shows now",
      }),
    );
  }
  const result = await decide(ports, {
    requestId: record.id,
    verdict: typed.verdict,
    digest: record.plan.grantDigest,
    by: context.asked.by,
    surface: "typed",
    eventId: context.asked.sourceId,
    ...(typed.reason === undefined ? {} : { reason: typed.reason }),
  });
  if (isRefusal(result)) return refusalReply(result);
  // What is recorded, which is what the message said first, and perhaps no longer says.
  const made = recordedBy(result.record, context.asked.sourceId);
  return {
    text: `Recorded: ${code(record.id)} ${EVENTS[made?.verdict ?? typed.verdict]} by <@${context.asked.by.userId}>.`,
  };
}

async function inThread(
  ports: BotPorts,
  { asked, threadTs }: CommandContext,
  typedCode: string,
): Promise<RequestRecord | undefined> {
  for (const record of await ports.store.list({ states: DECIDABLE })) {
    if (recordedBy(record, asked.sourceId) !== undefined) return record;
    if (record.state !== "pending") continue;
    if (record.plan === undefined || shortCode(record.plan.grantDigest) !== typedCode) continue;
    const card = (await ports.surfaces.surfaces(record.id)).find(({ key }) => key === "card");
    if (card?.channel === asked.channel && (card.threadTs ?? card.ts) === threadTs) return record;
  }
  return undefined;
}

/** Waiting for a decision, or just decided: by this very message, if the answer to it was lost. */
const DECIDABLE = ["pending", "approved", "denied", "applying"] as const;

/** No approval needed: by who asked, the team's group, or an approver. */
export async function revoke(
  ports: BotPorts,
  context: CommandContext,
  typed: { readonly id: string; readonly reason?: string },
): Promise<CommandReply> {
  const id = requestIdOf(typed.id);
  const record = await ports.store.get(id);
  const result = await decide(ports, {
    requestId: id,
    verdict: "revoke",
    digest: record?.admission?.payload.grantDigest ?? "",
    by: context.asked.by,
    surface: "typed",
    eventId: context.asked.sourceId,
    ...(typed.reason === undefined ? {} : { reason: typed.reason }),
  });
  if (isRefusal(result)) return refusalReply(result);
  return { text: revokedText(result.record) };
}

/** Nothing is refused before it is removed, and that may have to wait: only what has ended is called refused. */
export function revokedText({ id, asked, state }: RequestRecord): string {
  const open =
    asked.destination.mode === "http"
      ? "an open response or WebSocket may live on until it closes"
      : "open connections end within 45 s";
  return state === "ended"
    ? `${code(id)} is revoked and has ended; the request's thread shows what was seen of it.`
    : `${code(id)} is revoked and being closed. Once it is removed, new connections are refused at once, where the mesh lets nothing else out; ${open}. What a probe then sees is shown in the request's thread.`;
}
