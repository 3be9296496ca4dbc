import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { egressRequest } from "#src/domain/request/kinds.ts";
import type { Asked, Person, RequestRecord } from "#src/domain/request/request.ts";
import { checkDuration } from "#src/domain/time/duration.ts";
import { decide } from "#src/requests/decision/decide.ts";
import { whyMayNot } from "#src/requests/decision/rights-in.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { paint } from "../../notifier.ts";
import { renderOffer } from "../../render/following/offers.ts";
import { askForEgress, durationLimits } from "../allow.ts";
import type { AskedText } from "../asked-text.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";
import { signedAsked, UNREADABLE } from "./follow.ts";
import { strangerRefusal } from "../stranger.ts";

/** A time that somebody offers for a request, by which click. */
interface Offer {
  readonly id: string;
  readonly by: Person;
  readonly offeredMs: number;
  readonly eventId: string;
}

/**
 * Says in a request's thread that an approver would give it for less long. It is no decision and changes nothing: who asked
 * may accept it.
 */
export async function offerShorter(ports: BotPorts, offer: Offer): Promise<CommandReply> {
  const what = `nothing was offered for ${offer.id}`;
  const record = egressRequest(await ports.store.get(offer.id));
  if (record === undefined) return refusalReply(unknownRequest(offer.id));
  const wrong =
    (await whyMayNot("deny", ports, { request: record, userId: offer.by.userId })) ??
    whyNotOffered(ports, record, offer.offeredMs);
  if (wrong !== undefined) return refusalReply({ ...wrong, what });
  const { channel, threadTs } = record.asked;
  const message = renderOffer(record, { by: offer.by.userId, offeredMs: offer.offeredMs });
  const surface = { key: "offer", channel, threadTs, message, once: true };
  const [failure] = await paint(ports, `offer-${offer.eventId}`, [surface]);
  if (failure !== undefined) throw failure.error;
  return undefined;
}

/** Asks anew, for the time that was offered, and cancels what was asked before; by who asked for that. */
export async function acceptOffer(
  ports: BotPorts,
  written: AskedText,
  offer: Pick<Offer, "id" | "offeredMs">,
): Promise<CommandReply> {
  const { id } = offer;
  // Whichever of several offers: one is accepted.
  const sourceId = `${id}/shorter`;
  const asked = await toAccept(ports, written, { ...offer, sourceId });
  if (isRefusal(asked))
    return refusalReply({ ...asked, what: `the offer for ${id} was not accepted` });
  const { channel, threadTs } = asked;
  const context = { asked: { ...written, channel, threadTs }, threadTs };
  return askForEgress(ports, context, asked, { sourceId, eventId: written.sourceId });
}

async function toAccept(
  ports: BotPorts,
  written: AskedText,
  { id, offeredMs, sourceId }: Pick<Offer, "id" | "offeredMs"> & { readonly sourceId: string },
): Promise<Asked | Refusal> {
  const stranger = await strangerRefusal(ports, written.by.userId, "nothing was accepted");
  if (stranger !== undefined) return stranger;
  const record = egressRequest(await ports.store.get(id));
  if (record === undefined) return unknownRequest(id);
  const before = signedAsked(ports, record);
  if (before === undefined) return UNREADABLE;
  if (written.by.userId !== before.by.userId) return notTheirs(before);
  const made = await ports.store.bySource(sourceId);
  if (made !== undefined)
    return no("AlreadyAsked", `${made.id} asks for it already`, statusOf(made.id));
  // Made first: what cannot be asked for cancels nothing.
  const asked = shorter(ports, before, offeredMs);
  return isRefusal(asked) ? asked : ((await cancelled(ports, written, record)) ?? asked);
}

function shorter({ clock, config }: BotPorts, before: Asked, offeredMs: number): Asked | Refusal {
  const now = clock.now();
  const duration = checkDuration({ kind: "for", ms: offeredMs }, durationLimits(config, now));
  if (isRefusal(duration)) return duration;
  const latestEnd = Math.min(before.latestEnd, duration.latestEnd);
  return { ...before, at: now, durationMs: duration.durationMs, latestEnd };
}

/** One that was cancelled by an earlier click, after which the process ended, is done with. */
async function cancelled(
  ports: BotPorts,
  { by, sourceId, at }: AskedText,
  { id, state, decisions }: RequestRecord,
): Promise<Refusal | undefined> {
  const last = decisions.at(-1)?.payload;
  if (state !== "pending")
    return (state === "closing" || state === "cancelled") && last?.verdict === "cancel"
      ? undefined
      : notWaiting(id, state);
  const act = { by, byApp: false, surface: "button", eventId: sourceId, at } as const;
  const result = await decide(ports, { requestId: id, verdict: "cancel", ...act });
  return result.outcome === "recorded" ? undefined : result.refusal;
}

function whyNotOffered(
  { clock }: BotPorts,
  { id, state, asked }: RequestRecord,
  offeredMs: number,
): Refusal | undefined {
  if (state !== "pending") return notWaiting(id, state);
  const { durationMs, latestEnd } = asked;
  const isShorter =
    durationMs === undefined ? clock.now() + offeredMs < latestEnd : offeredMs < durationMs;
  return isShorter
    ? undefined
    : no("NothingChanges", "that is not shorter than what is asked", "offer less, or approve it");
}

function notWaiting(id: string, state: RequestRecord["state"]): Refusal {
  return no("AlreadyDecided", `it does not wait for a decision: it is ${state}`, statusOf(id));
}

function notTheirs({ by }: Asked): Refusal {
  return {
    ...no("NotRequester", "only who asked for it can accept what is offered", "ask them"),
    ask: { groups: [], users: [by.userId] },
  };
}

function statusOf(id: string): string {
  return `see \`@sallyport status ${id}\``;
}

function no(reason: Refusal["reason"], why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was offered", why, fix });
}
